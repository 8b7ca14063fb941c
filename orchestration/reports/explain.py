"""`pulse explain`: why an outlet had a state on a day. Reads the published marts of one generation and nothing else."""

from datetime import date, timedelta
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from orchestration.publishing.generations import current
from orchestration.publishing.readers import reader
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import literal

SHOWN_BEFORE, SHOWN_AFTER, SHOWN_NAMES = 5, 3, 5
OUTLET = "outlet_id, feed, source_outlet_id, outlet_name, opened_on, replaced_by_outlet_id, distributor_id"


def explain(workspace: Workspace, wanted: str, day: date, rule_set: str = "") -> dict:
    """Everything behind the state of an outlet on a day, for scripts; `rule_set` empty: by each of them."""
    manifest = current(workspace) or {}
    with reader(workspace) as marts:
        asked = _find(marts, wanted)
        as_of = date.fromisoformat(manifest["as_of_date"])
        if day > as_of:
            raise PulseError(f"{day} is after {as_of}, the business date of the published marts")
        counted = asked
        if asked["replaced_by_outlet_id"]:
            (counted,) = _rows(
                marts, f"select {OUTLET} from dim_outlets where outlet_id = {literal(asked['replaced_by_outlet_id'])}"
            )
        key = literal(counted["outlet_id"])
        links = _rows(
            marts,
            "select outlet_id, replaced_by_outlet_id, kind, linked_on from dim_outlet_links "
            f"where counted_outlet_id = {key} order by linked_on, outlet_id",
        )
        orders = _orders(marts, [counted["outlet_id"], *(link["outlet_id"] for link in links)])
        before = [order for order in orders if order["business_date"] <= day]
        after = [order for order in orders if order["business_date"] > day]
        last = before[-1]["business_date"] if before else None
        silent = (day - last).days if last else None
        holes = _holes(marts, counted["feed"], last, day)
        outside = None if silent is None else silent - sum(hole["days_in_silence"] for hole in holes)
        states = _states(marts, key, day, last, rule_set)
        # before its first order or its feed it may have been open, and may have ordered
        is_opening_later = counted["opened_on"] is not None and counted["opened_on"] > day
        for state in states:
            state["is_known"] = state["state"] is not None or is_opening_later
            state["only_by_hole"] = (
                state["state"] in ("inactive", "lost")
                and outside is not None
                and outside < state["inactive_after_days"]
            )
        vouching = _watermarks(marts, counted, day)
        vouching["vouched_for"] &= all(state["is_known"] for state in states)
        return {
            "outlet_id": counted["outlet_id"],
            "asked_outlet_id": asked["outlet_id"],
            "outlet_name": counted["outlet_name"],
            "feed": counted["feed"],
            "date": day,
            "as_of_date": as_of,
            "states": states,
            "windows": _windows(marts, states, silent, outside),
            "days_silent": silent,
            "days_silent_outside_holes": outside,
            "last_orders": before[-SHOWN_BEFORE:],
            "next_orders": after[:SHOWN_AFTER],
            "currency": _currency(marts),
            "served_by": _served_by(marts, key, day),
            **vouching,
            "holes": holes,
            "other_numbers": links,
            "generation": manifest["generation"],
            "published_at": manifest["published_at"],
            "checks": manifest.get("checks"),
        }


def _rows(marts: duckdb.DuckDBPyConnection, sql: str) -> list[dict]:
    cursor = marts.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _find(marts: duckdb.DuckDBPyConnection, wanted: str) -> dict:
    """The one outlet that is meant: by its id, the source's id, its name, or a part of its name."""
    text = literal(wanted.strip())
    for condition in (
        f"outlet_id = {text}",
        f"source_outlet_id = {text}",
        f"lower(outlet_name) = lower({text})",
        f"contains(lower(outlet_name), lower({text}))",
    ):
        found = _rows(
            marts,
            f"select {OUTLET}, count(*) over () as matches from dim_outlets where {condition} "
            f"order by last_order_date desc nulls last, outlet_id limit {SHOWN_NAMES}",
        )
        if len(found) == 1:
            return found[0]
        if found:
            raise PulseError(f"{wanted!r} names {found[0]['matches']:,} outlets: {_named(found)}; give one outlet_id")
    near = _rows(
        marts,
        f"select {OUTLET} from dim_outlets order by greatest("
        f"jaro_winkler_similarity(lower(outlet_name), lower({text})), "
        f"jaro_winkler_similarity(source_outlet_id, {text}), "
        f"jaro_winkler_similarity(outlet_id, {text})) desc, outlet_id limit 3",
    )
    raise PulseError(f"no published outlet is {wanted!r}" + (f"; the nearest are {_named(near)}" if near else ""))


def _named(found: list[dict]) -> str:
    return ", ".join(f"{row['outlet_id']} ({row['outlet_name']})" for row in found)


def _orders(marts: duckdb.DuckDBPyConnection, numbers: list[str]) -> list[dict]:
    """Order days under any of its numbers; literals, so that Parquet is read by its row groups' bounds."""
    listed = ", ".join(literal(number) for number in numbers)
    return _rows(
        marts,
        "select business_date, sum(orders)::bigint as orders, sum(net_amount) as net_amount "
        f"from fct_outlet_order_days where outlet_id in ({listed}) group by business_date order by business_date",
    )


def _states(marts: duckdb.DuckDBPyConnection, key: str, day: date, last: date | None, rule_set: str) -> list[dict]:
    """One row a rule set; limits of this spell where a row of it is published, else as the state began."""
    rows = _rows(
        marts,
        "select rule_set, state, valid_from, valid_to, rule_version, last_order_date, inactive_after_days, "
        f"lost_after_days, reason from fct_outlet_states where outlet_id = {key} order by rule_set, valid_from",
    )
    known = list(dict.fromkeys(row["rule_set"] for row in rows))
    if rule_set and rows and rule_set not in known:
        raise PulseError(f"there is no rule set {rule_set!r}; the published ones are {', '.join(known)}")
    found = []
    for name in sorted(known, key=lambda name: (name != "standard", name)):
        if rule_set and name != rule_set:
            continue
        mine = [row for row in rows if row["rule_set"] == name]
        held = [row for row in mine if row["valid_from"] <= day < row["valid_to"]]
        if not held:
            found.append({"rule_set": name, "state": None, "told_from": mine[0]["valid_from"]})
            continue
        state = dict(held[0])
        # of several rows that began in this spell, the one that holds now or else the next to come
        spell = [row for row in mine if last and row["last_order_date"] == last and row["valid_to"] > day]
        limits = spell[0] if spell else state
        state["inactive_after_days"], state["lost_after_days"] = (
            limits["inactive_after_days"],
            limits["lost_after_days"],
        )
        state["crosses_on"] = (
            last + timedelta(days=limits["inactive_after_days"]) if last and limits["inactive_after_days"] else None
        )
        state["last_order_date"] = last
        found.append(state)
    return found


def _windows(marts: duckdb.DuckDBPyConnection, states: list[dict], silent: int | None, outside: int | None) -> list:
    """How the KPI counts the outlet on that day, window by window."""
    state = states[0]["state"] if states else None
    windows = _rows(marts, "select window_days from rpt_beat_silence group by window_days order by window_days")
    found = []
    for row in windows:
        window = row["window_days"]
        if state in (None, "closed"):
            counted = "not counted"
        elif state in ("unknown", "never_ordered"):
            counted = state
        elif silent is None:
            counted = "never_ordered"
        else:
            counted = "lapsed" if silent >= window else "active"
        only_by_hole = counted == "lapsed" and outside is not None and outside < window
        found.append({"window_days": window, "counted_as": counted, "only_by_hole": only_by_hole})
    return found


def _holes(marts: duckdb.DuckDBPyConnection, feed: str, last: date | None, day: date) -> list[dict]:
    """Holes of the feed that the day lies in or the silence crosses, with the days of silence in them."""
    since = (last + timedelta(days=1)) if last else day
    return _rows(
        marts,
        "select hole_from, hole_to, working_days, orders, expected_orders, percent_missing, "
        f"hole_from <= date '{day}' and hole_to >= date '{day}' as holds_the_day, "
        f"greatest(0, least(hole_to, date '{day}') - greatest(hole_from, date '{since}') + 1) as days_in_silence "
        f"from fct_feed_holes where feed = {literal(feed)} and hole_from <= date '{day}' "
        f"and hole_to >= least(date '{since}', date '{day}') order by hole_from",
    )


def _watermarks(marts: duckdb.DuckDBPyConnection, outlet: dict, day: date) -> dict:
    """Up to which day its feed and its distributor are believed; the earlier one decides, as in the states."""
    (feed,) = _rows(marts, f"select watermark_date from dim_feeds where feed = {literal(outlet['feed'])}")
    distributors = _rows(
        marts,
        "select distributor_id, distributor_name, watermark_date from dim_distributors "
        f"where distributor_id = {literal(outlet['distributor_id'])} and distributor_id <> 'unknown'",
    )
    distributor = distributors[0] if distributors else None
    deciding = (distributor or feed)["watermark_date"] or feed["watermark_date"]
    return {
        "feed_watermark": feed["watermark_date"],
        "distributor": distributor,
        "vouched_for": deciding is None or day <= deciding,
    }


def _served_by(marts: duckdb.DuckDBPyConnection, key: str, day: date) -> dict | None:
    """The assignment of that day, with names."""
    found = _rows(
        marts,
        "select assigned.valid_from, assigned.valid_to, assigned.beat_id, dim_beats.beat_name, assigned.rep_id, "
        "dim_reps.rep_name, assigned.distributor_id, dim_distributors.distributor_name, assigned.territory, "
        "assigned.channel, assigned.on_hold from dim_outlet_assignments as assigned "
        "left join dim_beats on assigned.beat_id = dim_beats.beat_id "
        "left join dim_reps on assigned.rep_id = dim_reps.rep_id "
        "left join dim_distributors on assigned.distributor_id = dim_distributors.distributor_id "
        f"where assigned.outlet_id = {key} and assigned.valid_from <= date '{day}' "
        f"and coalesce(assigned.valid_to, date '9999-12-31') > date '{day}'",
    )
    return found[0] if found else None


def _currency(marts: duckdb.DuckDBPyConnection) -> str | None:
    found = _rows(marts, "select any_value(reporting_currency) as currency from rpt_beat_silence")
    return found[0]["currency"]


def show_explanation(console: Console, facts: dict) -> None:
    """Print the explanation, most important first."""

    def say(text: str, style: str = "") -> None:
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    say(f"{facts['outlet_name']}  ({facts['outlet_id']})  on {facts['date']}", "bold")
    if facts["asked_outlet_id"] != facts["outlet_id"]:
        say(f"{facts['asked_outlet_id']} goes on as {facts['outlet_id']}, which counts for both.", "yellow")
    say("")
    console.print(_state_table(facts["states"]))
    say("")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, lines in _facts(facts):
        for number, line in enumerate(lines):
            grid.add_row(label if number == 0 else "", line)
    console.print(grid, markup=False, highlight=False)


def _state_table(states: list[dict]) -> Table:
    # as wide as a plain terminal of 80 columns, whatever the state: a date cut short says nothing
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    for heading, side in (
        ("rule set", "left"),
        ("state", "left"),
        ("from", "left"),
        ("to", "left"),
        ("rule", "left"),
        ("days to\ninactive", "right"),
        ("days to\nlost", "right"),
        ("inactive\non", "left"),
    ):
        table.add_column(heading, justify=side, no_wrap=True)  # type: ignore[arg-type]
    for row in states:
        if row["state"] is None:
            table.add_row(
                row["rule_set"], "not open yet" if row["is_known"] else "not known yet", str(row["told_from"])
            )
            continue
        table.add_row(
            row["rule_set"],
            row["state"].replace("_", " "),
            str(row["valid_from"]),
            str(row["valid_to"] - timedelta(days=1)),
            f"v{row['rule_version']}",
            *("" if row[limit] is None else f"{row[limit]:,}" for limit in ("inactive_after_days", "lost_after_days")),
            str(row["crosses_on"] or ""),
        )
    return table


def _why(row: dict) -> str:
    if row["state"]:
        said = row["reason"]
    else:
        said = ("opens on" if row["is_known"] else "nothing is known of it before") + f" {row['told_from']}"
    return f"{row['rule_set']}: {said}" + ("; only the hole makes it so" if row["only_by_hole"] else "")


def _days(number: int | None) -> str:
    return "" if number is None else "1 day" if number == 1 else f"{number:,} days"


def _facts(facts: dict) -> list[tuple[str, list[str]]]:
    silent, outside = facts["days_silent"], facts["days_silent_outside_holes"]
    if silent is None:
        silence = "no order is known up to this day"
    elif silent == 0:
        silence = "it ordered on that day"
    else:
        silence = _days(silent) + (f", {_days(outside)} of them outside of holes" if outside != silent else "")
    return [
        ("Why", [_why(row) for row in facts["states"]]),
        ("Silent", [silence]),
        ("In the KPI", ["; ".join(_counted(row) for row in facts["windows"])]),
        ("Last orders", _order_lines(list(reversed(facts["last_orders"])), facts["currency"])),
        ("Next orders", _order_lines(facts["next_orders"], facts["currency"])),
        ("Served by", [_service(facts["served_by"])]),
        ("Vouched for", _vouched(facts)),
        ("Holes", [_hole(hole) for hole in facts["holes"]] or ["none in the silence or on the day"]),
        ("Other numbers", [_link(link) for link in facts["other_numbers"]] or ["none"]),
        ("Failed checks", _checks(facts["checks"])),
        ("Published", [f"{facts['generation']}, business date {facts['as_of_date']}"]),
    ]


def _counted(row: dict) -> str:
    doubt = ", only by the hole" if row["only_by_hole"] else ""
    return f"{row['window_days']} days: {row['counted_as'].replace('_', ' ')}{doubt}"


def _order_lines(orders: list[dict], currency: str | None) -> list[str]:
    lines = []
    for order in orders:
        amount = "value not known" if order["net_amount"] is None else f"{order['net_amount']:,.2f} {currency or ''}"
        several = f" in {order['orders']} orders" if order["orders"] > 1 else ""
        lines.append(f"{order['business_date']}  {amount.strip()}{several}")
    return lines or ["none"]


def _service(found: dict | None) -> str:
    if found is None:
        return "nobody is known"
    named: list[Any] = [
        f"beat {found['beat_name'] or found['beat_id']}",
        f"rep {found['rep_name'] or found['rep_id']}",
        f"distributor {found['distributor_name'] or found['distributor_id']}",
    ]
    return ", ".join(named) + (", on hold" if found["on_hold"] else "")


def _vouched(facts: dict) -> list[str]:
    distributor = facts["distributor"]
    said = f"feed {facts['feed']} up to {facts['feed_watermark'] or 'no day'}"
    if distributor:
        said += f", distributor {distributor['distributor_name']} up to {distributor['watermark_date']}"
    return [("yes: " if facts["vouched_for"] else "no, nobody vouches for this day: ") + said]


def _hole(hole: dict) -> str:
    place = "the day lies in it" if hole["holds_the_day"] else f"{_days(hole['days_in_silence'])} of the silence"
    return (
        f"{hole['hole_from']} to {hole['hole_to']}: {hole['orders']:,} of {hole['expected_orders']:,} usual orders "
        f"arrived, {hole['percent_missing']}% are missing; {place}"
    )


def _link(link: dict) -> str:
    return f"{link['outlet_id']} goes on as {link['replaced_by_outlet_id']} from {link['linked_on']} ({link['kind']})"


def _checks(checks: dict | None) -> list[str]:
    if checks is None:
        return ["not kept with this generation"]
    lines = []
    for check in checks["failed"]:
        counted = f"{check['unexpected']:,} of {check['checked']:,} rows; " if check["checked"] else ""
        word = "could not run" if check["could_not_run"] else check["severity"]
        lines.append(f"{word} {check['asset']} {check['name']}: {counted}{check['means']}")
    return lines or [f"none of {checks['passed']:,}"]
