"""`pulse explain`: why an outlet had a state on a day. Reads the published marts of one generation and nothing else."""

from datetime import date, timedelta

import duckdb

from orchestration.publishing.generations import current
from orchestration.publishing.readers import reader
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import literal, rows

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
            (counted,) = rows(
                marts, f"select {OUTLET} from dim_outlets where outlet_id = {literal(asked['replaced_by_outlet_id'])}"
            )
        key = literal(counted["outlet_id"])
        links = rows(
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


def _find(marts: duckdb.DuckDBPyConnection, wanted: str) -> dict:
    """The one outlet that is meant: by its id, the source's id, its name, or a part of its name."""
    text = literal(wanted.strip())
    for condition in (
        f"outlet_id = {text}",
        f"source_outlet_id = {text}",
        f"lower(outlet_name) = lower({text})",
        f"contains(lower(outlet_name), lower({text}))",
    ):
        found = rows(
            marts,
            f"select {OUTLET}, count(*) over () as matches from dim_outlets where {condition} "
            f"order by last_order_date desc nulls last, outlet_id limit {SHOWN_NAMES}",
        )
        if len(found) == 1:
            return found[0]
        if found:
            raise PulseError(f"{wanted!r} names {found[0]['matches']:,} outlets: {_named(found)}; give one outlet_id")
    near = rows(
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
    return rows(
        marts,
        "select business_date, sum(orders)::bigint as orders, sum(net_amount) as net_amount "
        f"from fct_outlet_order_days where outlet_id in ({listed}) group by business_date order by business_date",
    )


def _states(marts: duckdb.DuckDBPyConnection, key: str, day: date, last: date | None, rule_set: str) -> list[dict]:
    """One row a rule set; limits of this spell where a row of it is published, else as the state began."""
    told = rows(
        marts,
        "select rule_set, state, valid_from, valid_to, rule_version, last_order_date, inactive_after_days, "
        f"lost_after_days, reason from fct_outlet_states where outlet_id = {key} order by rule_set, valid_from",
    )
    known = list(dict.fromkeys(row["rule_set"] for row in told))
    if rule_set and told and rule_set not in known:
        raise PulseError(f"there is no rule set {rule_set!r}; the published ones are {', '.join(known)}")
    found = []
    for name in sorted(known, key=lambda name: (name != "standard", name)):
        if rule_set and name != rule_set:
            continue
        mine = [row for row in told if row["rule_set"] == name]
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
    windows = rows(marts, "select window_days from rpt_beat_silence group by window_days order by window_days")
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
    return rows(
        marts,
        "select hole_from, hole_to, working_days, orders, expected_orders, percent_missing, "
        f"hole_from <= date '{day}' and hole_to >= date '{day}' as holds_the_day, "
        f"greatest(0, least(hole_to, date '{day}') - greatest(hole_from, date '{since}') + 1) as days_in_silence "
        f"from fct_feed_holes where feed = {literal(feed)} and hole_from <= date '{day}' "
        f"and hole_to >= least(date '{since}', date '{day}') order by hole_from",
    )


def _watermarks(marts: duckdb.DuckDBPyConnection, outlet: dict, day: date) -> dict:
    """Up to which day its feed and its distributor are believed; the earlier one decides, as in the states."""
    (feed,) = rows(marts, f"select watermark_date from dim_feeds where feed = {literal(outlet['feed'])}")
    distributors = rows(
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
    found = rows(
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
    found = rows(marts, "select any_value(reporting_currency) as currency from rpt_beat_silence")
    return found[0]["currency"]
