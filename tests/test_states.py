"""fct_outlet_states against the oracle: each outlet, ladder and day has exactly the state that plain Python finds."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings

from tests.histories import lakes
from tests.models import Models
from tests.oracle import LADDERS, States

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
        for number in range((valid_to - max(valid_from, first)).days):
            found.setdefault((outlet, ladder, max(valid_from, first) + timedelta(days=number)), []).append(state)
    truth = States(lake, as_of)
    wrong = []
    for name, feed in truth.feeds.items():
        for outlet in feed.outlets:
            for ladder in LADDERS:
                for number in range((as_of - first).days + 1):
                    day: date = first + timedelta(days=number)
                    expected = truth.state(name, outlet, ladder, day)
                    states = found.get((f"{name}:{outlet}", ladder, day), [])
                    if states != ([expected] if expected else []):
                        wrong.append(f"{name}:{outlet} {ladder} {day}: expected {expected}, found {states}")
    return wrong


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(lake=lakes())
def test_every_outlet_and_day_has_the_state_of_the_oracle(models, lake):
    assert differences(models, lake)[:5] == []
