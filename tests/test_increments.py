"""G6: whatever arrives in whatever order, a warehouse that goes on from the last build equals one that is built anew.

Real landing and real dbt, in this process. PULSE_DELIVERIES=201 and PULSE_CHANGES=50 for the long run
(`make deliveries`): two hundred deliveries, and a hundred changes, two a history.
"""

import json
import os
import random
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.landing.land import land
from orchestration.project.marts import append_only, mart_names
from orchestration.publishing import history
from orchestration.warehouse.build_state import BuildState
from orchestration.warehouse.dbt_runner import dbt_arguments, invoke, parsed_project
from orchestration.warehouse.inputs import Inputs
from orchestration.workspace.layout import Workspace
from orchestration.workspace.settings import reporting_currency
from tests.conftest import END, order

# rows of earlier publishes are not made again
MARTS = sorted(set(mart_names()) - append_only())
DELIVERIES = int(os.environ.get("PULSE_DELIVERIES", "3"))
DELIVERIES_A_HISTORY = 3
CHANGED = ("setting", "feed", "master", "link", "model", "as_of", "known_at")
CHANGES = int(os.environ.get("PULSE_CHANGES", "1"))
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


@dataclass
class Asked:
    """What a run is asked for, and the code that it has."""

    as_of: str = ""
    known_at: str = ""
    limit: int = 0  # a rule that is edited into a model: orders of more than this do not count; 0 for none

    def project(self, workspace: Workspace) -> Any:
        """The parsed project, with the edited model."""
        project = parsed_project(workspace).deepcopy()
        if self.limit:
            model = project.nodes["model.outlet_pulse.int_orders_qualified"]
            assert "select * from final" in model.raw_code
            edited = f"select * from final where coalesce(net_amount, 0) <= {self.limit}"
            model.raw_code = model.raw_code.replace("select * from final", edited)
        return project


def marts(workspace: Workspace, asked: Asked, *, full: bool) -> tuple[bool, dict[str, tuple]]:
    """Build as a run does; whether it continued from the build before, and the content of each mart."""
    inputs = Inputs.now(workspace, asked.as_of, asked.known_at)
    if asked.limit:
        inputs = replace(inputs, code=f"{inputs.code}, at most {asked.limit}")
    build = BuildState.begin(workspace, inputs, full=full)
    build.start(workspace, "staging")
    select = [f"+{mart}" for mart in MARTS]
    variables = {
        "as_of_date": asked.as_of,
        "known_at": asked.known_at,
        "reporting_currency": reporting_currency(workspace),
        "compare_contracts": False,
    }
    arguments = dbt_arguments("run", select, variables, [] if build.incremental else ["--full-refresh"])
    outcome = invoke(workspace, arguments, asked.project(workspace))
    assert outcome.success, [r.message for r in outcome.result.results if r.status == "error"]
    build.end(workspace, "marts")
    build.end_published(workspace, "generation")
    with duckdb.connect(str(workspace.warehouse), read_only=True) as warehouse:
        return build.incremental, {
            mart: warehouse.execute(
                f"select count(*), coalesce(sum(hash(mart)::hugeint), 0) from marts.{mart} as mart"
            ).fetchall()[0]
            for mart in MARTS
        }


class Deliveries:
    """A workspace to which random files are delivered."""

    def __init__(self, home: Path, dice: random.Random) -> None:
        self.dice, self.workspace = dice, Workspace(home)
        self.workspace.prepare()
        history.prepare(self.workspace)
        assert invoke(self.workspace, dbt_arguments("seed", [], {}), parsed_project(self.workspace)).success
        self.settle("USD")
        for name, text in FEEDS.items():
            (self.workspace.feeds / f"{name}.yml").write_text(text)
        self._delivered: list[tuple[str, str, str]] = []
        self._number = 0

    def settle(self, currency: str) -> None:
        (self.workspace.home / "pulse.yml").write_text(f"reporting_currency: {currency}\n")

    def land(self, files: dict[tuple[str, str], list[dict]]) -> None:
        """Deliver files, perhaps one that came before under another name, and land them."""
        self._number += 1
        for (feed, file), rows in files.items():
            text = "".join(json.dumps(row) + "\n" for row in rows)
            self._delivered.append((feed, f"{file}-{self._number}", text))
        if self._delivered and self.dice.random() < 0.5:
            feed, file, text = self.dice.choice(self._delivered)
            self._delivered.append((feed, f"{file}-again", text))
        for feed, file, text in self._delivered:
            (self.workspace.landing / feed).mkdir(exist_ok=True)
            (self.workspace.landing / feed / f"{file}.jsonl").write_text(text)
        report = land(self.workspace)
        assert not [f.reason for f in report.files if f.status == "refused"]
        assert sum(f.quarantined for f in report.files) == 0


@pytest.mark.long
@pytest.mark.parametrize("seed", range(DELIVERIES // DELIVERIES_A_HISTORY))
def test_going_on_equals_building_anew(tmp_path, seed):
    dice = random.Random(seed)
    shop, asked = Deliveries(tmp_path / "workspace", dice), Asked()
    for number in range(DELIVERIES_A_HISTORY):
        shop.land(delivery(dice))
        continued, went_on = marts(shop.workspace, asked, full=False)
        assert continued == (number > 0) and went_on["kpi_inactivity_daily"][0] > 0
    assert went_on == marts(shop.workspace, asked, full=True)[1]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(CHANGES))
def test_a_change_between_two_runs_equals_building_anew(tmp_path, seed):
    """With or without new files: a setting, a feed file, a master row, a link, a model, a date or a moment changes."""
    dice = random.Random(1000 + seed)
    shop, asked = Deliveries(tmp_path / "workspace", dice), Asked()
    shop.land(delivery(dice))
    marts(shop.workspace, asked, full=False)
    moment = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    for change in (CHANGED[seed % len(CHANGED)], dice.choice(CHANGED)):
        asked.as_of = asked.known_at = ""
        if change == "setting":
            shop.settle(dice.choice(["EUR", "IDR", "USD"]))
        elif change == "feed":
            feed = shop.workspace.feeds / "headers.yml"
            zone = dice.choice(["Asia/Tokyo", "America/Sao_Paulo", "UTC"])
            feed.write_text(re.sub("time_zone: .*", f"time_zone: {zone}", feed.read_text(), count=1))
        elif change == "master":
            row = {"outlet_id": f"o{dice.randrange(8)}", "beat_id": "b9", "distributor_id": "d1"}
            shop.land({("headers", "outlets"): [row]})
        elif change == "link":
            row = {"outlet_id": f"o{dice.randrange(4)}", "replaces_outlet_id": f"o{4 + dice.randrange(4)}"}
            shop.land({("headers", "outlets"): [row]})
        elif change == "model":
            asked.limit = dice.choice([5, 15, 1000])
        elif change == "as_of":
            asked.as_of = a_day(dice).isoformat()
        else:
            asked.known_at = moment
        if dice.random() < 0.5:
            shop.land(delivery(dice))
        _, found = marts(shop.workspace, asked, full=False)
        note = (shop.workspace.dbt / "build.json").read_text()
        assert found == marts(shop.workspace, asked, full=True)[1], (change, note)


@pytest.mark.long
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
