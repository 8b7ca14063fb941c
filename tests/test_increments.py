"""G6: whatever arrives in whatever order, a warehouse that goes on from the last build equals one that is built anew.

Real landing and real dbt, in this process. PULSE_DELIVERIES=200 for the long run (`make deliveries`).
"""

import json
import os
import random
from datetime import date, datetime, timedelta

import duckdb
import pytest

from orchestration import history
from orchestration.code import mart_names
from orchestration.dbt_runner import dbt_arguments, invoke, parsed_project
from orchestration.landing import land
from orchestration.workspace import Workspace
from tests.conftest import END, order

# rows of earlier publishes are not made again
MARTS = sorted(set(mart_names()) - history.append_only())
DELIVERIES = int(os.environ.get("PULSE_DELIVERIES", "3"))
DELIVERIES_A_HISTORY = 3
START = date(2025, 1, 1)
FEEDS = {
    "headers": """\
feed: headers
time_zone: UTC
currency: USD
format: {type: jsonl, timestamp: "%Y-%m-%d %H:%M:%S"}
entities:
  outlets:
    files: "outlets*"
    columns: {outlet_id: outlet_id, beat_id: beat_id, time_zone: time_zone, distributor_id: distributor_id,
      opened_on: opened_on, closed_on: closed_on, replaces_outlet_id: replaces_outlet_id}
  distributors: {files: "distributors*", columns: {distributor_id: distributor_id, currency: currency}}
  exchange_rates: {files: "rates*", columns: {from_currency: from_currency, to_currency: {value: USD}, rate_on: rate_on,
    rate: rate}}
  orders:
    files: "orders*"
    columns: {order_id: order_id, outlet_id: outlet_id, ordered_on: ordered_on, ordered_at: ordered_at,
      distributor_id: distributor_id, net_amount: net_amount, order_status: order_status, order_type: order_type,
      updated_at: updated_at}
  order_lines:
    files: "lines*"
    columns: {order_id: order_id, line_number: line_number, product_id: product_id, net_amount: net_amount}
""",
    "lines": """\
feed: lines
time_zone: Asia/Jakarta
currency: IDR
format: {type: jsonl, timestamp: "%Y-%m-%d %H:%M:%S"}
entities:
  outlets: {files: "outlets*", columns: {outlet_id: outlet_id, beat_id: beat_id, time_zone: time_zone}}
  order_lines:
    files: "lines*"
    columns: {order_id: order_id, line_number: line_number, outlet_id: outlet_id, ordered_on: ordered_on,
      ordered_at: ordered_at, product_id: product_id, net_amount: net_amount, order_type: order_type}
""",
}


def a_day(dice: random.Random) -> date:
    return START + timedelta(days=dice.randrange(420))


def dated(dice: random.Random) -> dict:
    """A stated day, or an instant whose day depends on the zone."""
    day = a_day(dice)
    if dice.random() < 0.5:
        return {"ordered_on": day.isoformat()}  # and a key that is not there is null
    return {"ordered_at": str(datetime(day.year, day.month, day.day, dice.randrange(24)))}


def delivery(dice: random.Random) -> dict[tuple[str, str], list[dict]]:
    """Rows by feed and file: new, late, corrected, cancelled, moved and repeated; masters that change; new rates."""
    files: dict[tuple[str, str], list[dict]] = {}

    def add(feed: str, file: str, **row) -> None:
        files.setdefault((feed, file), []).append(row)

    for _ in range(dice.randrange(3, 30)):
        number = dice.randrange(40)  # few numbers: the same order comes again and again
        outlet = f"o{dice.randrange(8)}"
        add(
            "headers",
            "orders",
            order_id=f"n{number}",
            outlet_id=outlet,
            **dated(dice),
            distributor_id=dice.choice(["d1", "d2", None]),
            net_amount=dice.choice([10, 20.5, 0, None]),
            order_status=dice.choice([None, None, None, "cancelled"]),
            order_type=dice.choice([None, None, None, "return"]),
            updated_at=dice.choice([None, str(datetime(2026, 1, dice.randrange(1, 28)))]),
        )
        add(
            "headers",
            "lines",
            order_id=f"n{dice.randrange(40)}",
            line_number=dice.choice([1, 2, 33]),
            product_id=f"p{dice.randrange(3)}",
            net_amount=5,
        )
        line = {"order_id": f"m{dice.randrange(40)}", "line_number": dice.choice([1, 2, 33, 70]), **dated(dice)}
        line |= {"outlet_id": f"o{dice.randrange(8)}", "product_id": dice.choice(["p1", "p2", None])}
        add("lines", "lines", **line, net_amount=dice.choice([100, 0, -50]), order_type=None)
    for number in range(8):
        if dice.random() < 0.4:
            zone = dice.choice([None, "Asia/Kolkata", "America/Sao_Paulo"])
            row = {"outlet_id": f"o{number}", "beat_id": f"b{dice.randrange(3)}", "time_zone": zone}
            add("lines", "outlets", **row)
            closed = a_day(dice).isoformat() if dice.random() < 0.2 else None
            replaced = f"o{dice.randrange(8)}" if dice.random() < 0.2 else None
            opened = a_day(dice).isoformat() if dice.random() < 0.3 else None
            row |= {"distributor_id": "d1", "opened_on": opened, "closed_on": closed, "replaces_outlet_id": replaced}
            add("headers", "outlets", **row)
    if dice.random() < 0.5:
        for currency in ("IDR", "RON"):
            add("headers", "rates", from_currency=currency, rate_on=a_day(dice).isoformat(), rate=dice.random())
    if dice.random() < 0.5:
        add("headers", "distributors", distributor_id="d1", currency=dice.choice(["RON", "USD", None]))
    return files


def marts(workspace: Workspace, *, full: bool) -> dict[str, tuple]:
    """Build, and the content of each mart as rows and a sum of hashes."""
    select = [f"+{mart}" for mart in MARTS]
    variables = {"reporting_currency": "USD"}
    arguments = dbt_arguments("run", select, variables, ["--full-refresh"] if full else [])
    outcome = invoke(workspace, arguments, parsed_project(workspace))
    assert outcome.success, [r.message for r in outcome.result.results if r.status == "error"]
    with duckdb.connect(str(workspace.warehouse), read_only=True) as warehouse:
        return {
            mart: warehouse.execute(
                f"select count(*), coalesce(sum(hash(mart)::hugeint), 0) from marts.{mart} as mart"
            ).fetchall()[0]
            for mart in MARTS
        }


@pytest.mark.parametrize("seed", range(DELIVERIES // DELIVERIES_A_HISTORY))
def test_going_on_equals_building_anew(tmp_path, seed):
    dice = random.Random(seed)
    workspace = Workspace(tmp_path / "workspace")
    workspace.prepare()
    history.prepare(workspace)
    assert invoke(workspace, dbt_arguments("seed", [], {})).success
    for name, text in FEEDS.items():
        (workspace.feeds / f"{name}.yml").write_text(text)
    delivered: list[tuple[str, str, str]] = []
    for number in range(DELIVERIES_A_HISTORY):
        for (feed, file), rows in delivery(dice).items():
            delivered.append((feed, f"{file}-{number}", "".join(json.dumps(row) + "\n" for row in rows)))
        if dice.random() < 0.5:  # a file that came before comes again under another name
            feed, file, text = dice.choice(delivered)
            delivered.append((feed, f"{file}-again", text))
        for feed, file, text in delivered:
            (workspace.landing / feed).mkdir(exist_ok=True)
            (workspace.landing / feed / f"{file}.jsonl").write_text(text)
        report = land(workspace)
        assert not [f.reason for f in report.files if f.status == "refused"]
        assert sum(f.quarantined for f in report.files) == 0
        went_on = marts(workspace, full=False)
        assert went_on["kpi_inactivity_daily"][0] > 0
    assert went_on == marts(workspace, full=True)


def test_pulse_run_goes_on_and_publishes_what_full_would(shop):
    def contents() -> dict[str, str]:
        manifest = json.loads((shop.home / "published" / "current" / "manifest.json").read_text())
        return {name: mart["content"] for name, mart in manifest["marts"].items() if name not in manifest["history"]}

    late = [order(500, 3, END - timedelta(days=70)), order(501, 4, END + timedelta(days=1))]
    shop.deliver("shop", "orders_late.csv", [*late, order(19, 1, END, order_status="cancelled")])
    shop("run")
    with duckdb.connect(str(shop.home / "warehouse.duckdb"), read_only=True) as warehouse:
        builds = warehouse.execute("select max(build_number) from intermediate.int_files_numbered").fetchall()
    assert builds == [(2,)], "the second run built everything anew"
    went_on = contents()
    shop("run", "--full")
    assert contents() == went_on
