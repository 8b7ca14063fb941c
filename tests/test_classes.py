"""The ABC class of each month against plain Python: by the sales of the twelve full months before, known then."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.histories import LOADED, START
from tests.models import Models
from tests.oracle_months import add_months, month_of
from tests.tiers import histories

MONTHS, A_PERCENT, B_PERCENT = 12, 80, 95
# of a hundred: a unit below, at and above what makes a cut, so that some cut falls right between two outlets
AMOUNTS = (1, 4, 5, 6, 14, 15, 16, 20, 79, 80, 81)
CUTS = ((80, 15, 5), (79, 16, 5), (81, 14, 5), (80, 14, 6), (80, 16, 4))
BY_RANK = ("int_outlet_class_months", "rules.abc_mode = 'rank'", "true")
DAYS = 500


@st.composite
def sales(draw) -> dict[str, list[tuple[date, int]]]:
    """Orders of a few outlets over more than a year; some are right at a month's edge."""
    days = st.sampled_from((0, 30, 31, 58, 59, 364, 365, 366, 395, 396, 425, DAYS))
    if (cut := draw(st.sampled_from((None, None, *CUTS)))) is not None:
        on = START + timedelta(days=draw(days))
        return {f"o{number}": [(on, amount)] for number, amount in enumerate(cut)}
    orders = st.lists(st.tuples(days, st.sampled_from(AMOUNTS)), max_size=4)
    return {
        f"o{number}": [(START + timedelta(days=day), amount) for day, amount in draw(orders)]
        for number in range(draw(st.integers(1, 7)))
    }


def lake_of(sold: dict[str, list[tuple[date, int]]]) -> dict[str, list[dict]]:
    signed = {"_feed": "shop", "_loaded_at": LOADED}
    orders = [
        {"order_id": f"{outlet}-{place}", "outlet_id": outlet, "ordered_on": on, "net_amount": amount, **signed}
        for outlet, days in sold.items()
        for place, (on, amount) in enumerate(days)
    ]
    return {
        "feeds": [{"feed": "shop", "time_zone": "UTC", "currency": "USD", "orders_from_lines": False}],
        "outlets": [{"outlet_id": outlet, **signed} for outlet in sold],
        "orders": [{**order, "_row_number": place + 1} for place, order in enumerate(orders)],
    }


def classes_in(sold: dict[str, list[tuple[date, int]]], month: date, by_rank: bool) -> dict[str, str]:
    """The class of each outlet that sold something in the months before; the one that crosses a cut is above it."""
    totals = {}
    for outlet, days in sold.items():
        counted = [amount for on, amount in days if add_months(month, -MONTHS) <= on < month]
        if counted:
            totals[outlet] = sum(counted)
    found, larger = {}, 0
    for place, outlet in enumerate(sorted(totals, key=lambda o: (-totals[o], o))):
        above = Fraction(100 * place, len(totals)) if by_rank else Fraction(100 * larger, sum(totals.values()))
        found[outlet] = "A" if above < A_PERCENT else "B" if above < B_PERCENT else "C"
        larger += totals[outlet]
    return found


def differences(models: Models, sold: dict, *, by_rank: bool = False, replaced: tuple | None = None) -> list[str]:
    """Days on which an outlet's class is not that of its month."""
    with models.build(lake_of(sold), {"int_outlet_classes"}, replaced=BY_RANK if by_rank else replaced) as built:
        rows = built.execute(
            "select outlet_id, valid_from, valid_to, abc_class from intermediate.int_outlet_classes"
        ).fetchall()
    newest = max((on for days in sold.values() for on, _ in days), default=None)
    wrong, month = [], month_of(START)
    while newest and month <= newest:
        expected = classes_in(sold, month, by_rank)
        for outlet in sold:
            for day in (month, add_months(month, 1) - timedelta(days=1)):
                told = [
                    c for o, since, until, c in rows if o == f"shop:{outlet}" and since <= day < (until or date.max)
                ]
                if told != [expected.get(outlet, "none")]:
                    wrong.append(f"{outlet} on {day}: expected {expected.get(outlet, 'none')}, found {told}")
        month = add_months(month, 1)
    return wrong


@pytest.mark.parametrize("by_rank", [False, True], ids=["by_value", "by_rank"])
@histories(60)
@given(sold=sales())
def test_the_class_of_every_month_equals_the_oracle(models, by_rank, sold):
    assert differences(models, sold, by_rank=by_rank)[:3] == []
