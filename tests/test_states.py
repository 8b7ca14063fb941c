"""fct_outlet_states against the oracle: each outlet, ladder and day has exactly the state that plain Python finds."""

from datetime import date, timedelta

import pytest
from hypothesis import given

from tests.histories import LOADED, day, lakes
from tests.models import Models
from tests.oracle import LADDERS, States
from tests.tiers import histories

STATES = {"fct_outlet_states", "fct_outlet_state_changes"}


def differences(models: Models, lake: dict, **changed) -> list[str]:
    """Outlets, ladders and days on which the models and the oracle disagree."""
    with models.build(lake, STATES, **changed) as built:
        as_of, first = built.execute("select as_of_date, first_business_date from intermediate.int_as_of").fetchall()[0]
        rows = built.execute(
            "select outlet_id, rule_set, state, valid_from, valid_to from fct_outlet_states"
        ).fetchall()
    if not as_of:
        return []
    found: dict[tuple, list[str]] = {}
    for outlet, ladder, state, valid_from, valid_to in rows:
        for number in range((valid_to - valid_from).days):
            found.setdefault((outlet, ladder, valid_from + timedelta(days=number)), []).append(state)
    truth = States(lake, as_of)
    wrong = [f"{outlet} {ladder} {on}: before any feed" for outlet, ladder, on in found if on < first]
    for name, feed in truth.feeds.items():
        for outlet in feed.outlets:
            for ladder in LADDERS:
                for number in range((as_of - first).days + 1):
                    on: date = first + timedelta(days=number)
                    expected = truth.state(name, outlet, ladder, on)
                    states = found.get((f"{name}:{outlet}", ladder, on), [])
                    if states != ([expected] if expected else []):
                        wrong.append(f"{name}:{outlet} {ladder} {on}: expected {expected}, found {states}")
    return wrong


@histories(60)
@given(lake=lakes())
def test_every_outlet_and_day_has_the_state_of_the_oracle(models, lake):
    assert differences(models, lake)[:5] == []


@pytest.mark.parametrize(
    ("opened", "ordered", "expected"),
    [
        (None, 89, [(89, "active")]),  # it may have ordered before its feed began
        (None, 90, [(90, "new")]),
        (None, 91, [(91, "new")]),
        (-1, 5, [(0, "never_ordered"), (5, "active")]),
        (0, 5, [(0, "never_ordered"), (5, "new")]),
        (1, 5, [(1, "never_ordered"), (5, "new")]),
        (-3000, 90, [(0, "never_ordered"), (90, "new")]),  # so long without an order is as good as a first one
    ],
)
def test_an_outlet_older_than_its_feed_is_not_new(models, opened, ordered, expected):
    plain = {"_feed": "punctual", "_loaded_at": LOADED}
    lake = {
        "feeds": [{"feed": "punctual", "time_zone": "UTC", "currency": "USD", "orders_from_lines": False}],
        "outlets": [{**plain, "outlet_id": "shop", "_row_number": 1}],
        "orders": [
            {
                **plain,
                "order_id": f"{name} {at}",
                "outlet_id": name,
                "ordered_on": day(at),
                "net_amount": 10,
                "_row_number": at,
            }
            for name, at in (("crowd", 0), ("shop", ordered), ("crowd", ordered + 10))
        ],
    }
    if opened is not None:
        lake["outlets"][0]["opened_on"] = day(opened)
    assert differences(models, lake) == []
    with models.build(lake, STATES) as built:
        states = built.execute(
            "select valid_from, state from fct_outlet_states "
            "where outlet_id = 'punctual:shop' and rule_set = 'standard' order by all"
        ).fetchall()
    assert states == [(day(on), state) for on, state in expected]


def test_a_number_of_an_older_feed_was_there_before_the_newer_one(models):
    """The orders of a linked number count from its own feed's beginning on."""

    def row(feed: str, number: int, **facts) -> dict:
        return {"_feed": feed, "_loaded_at": LOADED, "_row_number": number, **facts}

    lake = {
        "feeds": [
            {"feed": feed, "time_zone": "UTC", "currency": "USD", "orders_from_lines": False} for feed in ("a", "b")
        ],
        "orders": [
            row("a", 1, order_id="n1", outlet_id="old", ordered_on=day(0), net_amount=10),
            row("b", 2, order_id="n2", outlet_id="shop", ordered_on=day(30), net_amount=10),
        ],
        "outlet_links": [
            row("b", 3, outlet_id="a:old", replaced_by_outlet_id="b:shop", kind="moved_distributor"),
        ],
    }
    with models.build(lake, STATES) as built:
        first = built.execute("select outlet_id, min(valid_from) from fct_outlet_states group by all").fetchall()
    assert first == [("b:shop", day(0))]
