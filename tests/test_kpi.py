"""kpi_inactivity_daily against the oracle, on random histories and on the sources' own example (R4)."""

from datetime import date, timedelta

import pytest
from hypothesis import given

from tests.conftest import FEED, order, outlet
from tests.histories import lakes
from tests.models import Models
from tests.oracle import COUNTS, counts
from tests.tiers import histories

WINDOWS = (30, 60, 90)
KPI = {"kpi_inactivity_daily_filled"}


def differences(models: Models, lake: dict, **changed) -> list[str]:
    """Cells and days on which the models and the oracle disagree."""
    with models.build(lake, KPI, **changed) as built:
        as_of, first = built.execute("select as_of_date, first_business_date from intermediate.int_as_of").fetchall()[0]
        sums = ", ".join(f"sum({name})::bigint" for name in COUNTS)
        found = {
            row[:4]: row[4:]
            for row in built.execute(
                f"select as_of_date, window_days, feed, beat_id, {sums} from kpi_inactivity_daily_filled "
                "group by all having sum(universe_outlets + newly_inactive_outlets + reactivated_outlets) > 0"
            ).fetchall()
        }
    days = [first + timedelta(days=n) for n in range((as_of - first).days + 1)] if as_of else []
    expected = counts(lake, WINDOWS, days, as_of)
    return [
        f"{cell}: expected {expected.get(cell)}, found {found.get(cell)}"
        for cell in sorted(set(expected) | set(found), key=str)
        if expected.get(cell) != found.get(cell)
    ]


@pytest.mark.fault("I6", "I7", "T1")
@histories(60)
@given(lake=lakes())
def test_every_day_and_cell_equals_the_oracle(models, lake):
    assert differences(models, lake)[:5] == []


def test_r4_two_thousand_outlets_six_hundred_silent(pulse):
    """R4: 2,000 outlets, 600 of them silent for 60 days; both ratios are named."""
    end = date(2026, 3, 31)
    orders = [order(n, n, end - timedelta(days=(60 if n < 600 else n % 60))) for n in range(2000)]
    pulse.feed("r4", FEED.format(name="r4"))
    pulse.deliver("r4", "outlets.csv", [outlet(n) for n in range(2000)])
    pulse.deliver("r4", "orders.csv", orders)
    facts = pulse.json("run")
    sixty = next(row for row in facts["windows"] if row["window_days"] == 60)
    assert sixty["inactive_outlets"] == 600
    assert (sixty["percent_of_universe"], sixty["percent_of_active"]) == (30.0, 42.9)
    assert pulse.ask(
        "select sum(inactive_outlets), round(100 * sum(inactive_outlets) / sum(universe_outlets), 1), "
        "round(100 * sum(inactive_outlets) / sum(active_outlets), 1) "
        "from kpi_inactivity_daily_filled where as_of_date = ? and window_days = 60",
        end,
    ) == [(600, 30.0, 42.9)]
