"""What looks like churn and is none, and silence in missed chances, against the oracle on random histories."""

from collections import Counter

import duckdb
import pytest
from hypothesis import given

from tests.histories import LOADED, churning_lakes, day
from tests.models import Models
from tests.oracle_churn import WINDOWS, Market
from tests.tiers import histories

MANY = histories(40)
MARTS = {"rpt_false_churn", "rpt_link_proposals", "fct_outlet_silence", "kpi_inactivity_daily"}


def likeness(one: str, two: str) -> float:
    """The engine's own measure: what is judged is the rule on it."""
    words = [duckdb.execute("select lower(strip_accents(?))", [name]).fetchall()[0][0] for name in (one, two)]
    return duckdb.execute("select round(jaro_winkler_similarity(?, ?), 2)", words).fetchall()[0][0]


def compare(what: str, expected: dict, found: dict) -> list[str]:
    return [
        f"{what} {key}: expected {expected.get(key)}, found {found.get(key)}"
        for key in sorted(set(expected) | set(found), key=str)
        if expected.get(key) != found.get(key)
    ]


def differences(models: Models, lake: dict, **changed) -> list[str]:
    """Where the models and the oracle disagree."""
    truth = Market(lake)
    with models.build(lake, MARTS, **changed) as built:

        def ask(sql: str) -> list[tuple]:
            return built.execute(sql).fetchall()

        proposals = {
            row[0]: row[1:]
            for row in ask("select outlet_id, goes_on_as_outlet_id, kind, score from rpt_link_proposals")
        }
        churn = Counter({row[:2]: row[2] for row in ask("select kind, window_days, outlets from rpt_false_churn")})
        silence = {
            row[0]: row[1:]
            for row in ask(
                "select outlet_id, days_silent, working_days_silent, planned_visits_passed, visits_without_order, "
                "usual_order_days_passed from fct_outlet_silence"
            )
        }
        seasonal = dict(ask("select outlet_id, expected_back_on from fct_outlet_silence where is_seasonal"))
        tied = ask("select window_days, sum(outlets)::int from rpt_false_churn where is_counted_as_lapsed group by all")
        kpi = dict(
            ask(
                "select window_days, sum(lapsed_outlets)::int from kpi_inactivity_daily "
                "where holds_until = (select as_of_date from intermediate.int_as_of) group by all"
            )
        )
    return [
        *compare("proposal", truth.proposals(likeness), proposals),
        *compare("seasonal", truth.seasonal(), seasonal),
        *compare("false churn", +truth.false_churn(), +churn),
        *compare("silence", truth.silence(), silence),
        *compare("lapses of the KPI", {window: kpi.get(window, 0) for window in WINDOWS}, dict(tied)),
    ]


@pytest.mark.fault("I11")
@MANY
@given(lake=churning_lakes())
def test_equals_the_oracle(models, lake):
    assert differences(models, lake)[:5] == []


@pytest.mark.real_data
def test_kinds_make_the_lapses_on_iowa(iowa):
    counted = dict(
        iowa.ask("select window_days, sum(outlets)::int from rpt_false_churn where is_counted_as_lapsed group by all")
    )
    assert counted == {30: 279, 60: 172, 90: 145}


@pytest.mark.real_data
def test_proposals_on_iowa_are_at_one_address(iowa):
    """Read one by one on 2026-11-25: each pair is one shop, or another owner in the same rooms."""
    assert iowa.ask(
        "select count(*), count(*) filter (is_same_address or metres_apart <= 50), count(*) filter (kind = 'recoded') "
        "from rpt_link_proposals"
    ) == [(46, 46, 36)]


def test_a_number_of_the_first_days_of_a_feed_has_not_begun(models):
    """Same name, same place, and it went on where the other stopped: but it had been there before the feed was."""
    lake = market([("old", range(0, 1)), ("new", range(0, 430, 9))])
    assert differences(models, lake) == []
    with models.build(lake, MARTS) as built:
        assert built.execute("select count(*) from rpt_link_proposals").fetchall() == [(0,)]
    later = market([("old", range(0, 31)), ("new", range(40, 430, 9))])
    assert differences(models, later) == []
    with models.build(later, MARTS) as built:
        assert built.execute("select outlet_id, goes_on_as_outlet_id from rpt_link_proposals").fetchall() == [
            ("punctual:old", "punctual:new")
        ]


def market(outlets: list[tuple[str, range]]) -> dict[str, list[dict]]:
    """Outlets under one name at one address, each with its days of orders, beside one that is always there."""
    plain = {"_feed": "punctual", "_loaded_at": LOADED}
    lake: dict[str, list[dict]] = {"feeds": [{"feed": "punctual", "time_zone": "UTC", "currency": "USD"}]}
    lake |= {name: [] for name in ("outlets", "orders", "visits", "holidays", "outlet_links")}
    for name, days in [*outlets, ("crowd", range(431))]:
        place = {} if name == "crowd" else {"outlet_name": "Toko Maju", "address": "1 Main St", "city": "Ames"}
        lake["outlets"].append({**plain, "outlet_id": name, **place, "_row_number": len(lake["outlets"]) + 1})
        for at in days:
            number = len(lake["orders"]) + 1
            order = {"order_id": f"n{number}", "outlet_id": name, "ordered_on": day(at), "net_amount": 10}
            lake["orders"].append({**plain, **order, "_row_number": number})
    return lake
