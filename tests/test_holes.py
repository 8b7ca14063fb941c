"""Holes in a feed's past, and the lapses that only a hole makes, against plain Python on random rhythms."""

import random
from collections import Counter
from datetime import date, timedelta
from math import floor, sqrt
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from tests.histories import LOADED, START
from tests.models import Models
from tests.oracle_months import days
from tests.test_kpi import WINDOWS
from tests.test_monthly import compared
from tests.tiers import histories

MAX_PERCENT, MIN_DAYS, MIN_SIGMAS, WEEKS_AROUND, WORKING_SHARE = 70, 5, 5, 8, 0.1
DAYS = 210
# (days, percent of the usual that still comes): about the least of days, of what is missing, and of what chance takes
HOLES = ((4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 20), (6, 30), (7, 30), (20, 60), (35, 69), (35, 70), (35, 71))
WEEKS = ((10, 10, 10, 10, 10, 10, 0), (20, 10, 20, 10, 20, 1, 0), (10, 10, 10, 10, 10, 2, 1), (30, 0, 0, 30, 0, 0, 0))


@st.composite
def rhythms(draw) -> list[tuple[str, date]]:
    """(outlet, day) of each order of a feed with a weekly rhythm, in which some days are thin or empty."""
    week, dice = draw(st.sampled_from(WEEKS)), random.Random(draw(st.integers(0, 9999)))
    hole_from, (hole_days, percent) = draw(st.integers(60, 150)), draw(st.sampled_from(HOLES))
    noise = draw(st.sampled_from((0, 0, 0.05)))
    outlets = [f"o{number}" for number in range(draw(st.sampled_from((3, 40))))]
    orders = []
    for number in range(DAYS):
        day = START + timedelta(days=number)
        usual = week[day.weekday()]
        count = usual * percent // 100 if hole_from <= number < hole_from + hole_days else usual
        count = max(0, count - 1) if dice.random() < noise else count
        orders += [(dice.choice(outlets), day) for _ in range(count)]
    return orders


def lake_of(orders: list[tuple[str, date]]) -> dict[str, list[dict]]:
    signed = {"_feed": "shop", "_loaded_at": LOADED, "net_amount": 10}
    return {
        "feeds": [{"feed": "shop", "time_zone": "UTC", "currency": "USD", "orders_from_lines": False}],
        "orders": [
            {"order_id": f"n{place}", "outlet_id": outlet, "ordered_on": on, "_row_number": place + 1, **signed}
            for place, (outlet, on) in enumerate(orders)
        ],
    }


def holes_in(orders: list[tuple[str, date]]) -> list[tuple]:
    """(first day, last day, working days, orders, expected orders): what each weekday's own neighbours let expect."""
    counted = Counter(on for _, on in orders)
    all_days = days(min(counted), max(counted))
    expected = {}
    for day in all_days:
        around = (day + timedelta(weeks=week) for week in range(-WEEKS_AROUND, WEEKS_AROUND + 1))
        expected[day] = median(counted[d] for d in around if all_days[0] <= d <= all_days[-1])
    working = [day for day in all_days if expected[day] > WORKING_SHARE * max(expected.values())]
    runs: list[list[date]] = [[]]
    for day in working:
        if counted[day] * 100 < expected[day] * MAX_PERCENT:
            runs[-1].append(day)
        elif runs[-1]:
            runs.append([])
    found = []
    for run in runs:
        came, usual = sum(counted[day] for day in run), sum(expected[day] for day in run)
        if len(run) >= MIN_DAYS and usual - came > MIN_SIGMAS * sqrt(usual):
            found.append((run[0], run[-1], len(run), came, floor(usual + 0.5)))  # half an order counts as one
    return found


def lapses_in(orders: list[tuple[str, date]], holes: list[tuple]) -> dict[tuple, tuple[int, int]]:
    """Lapsed outlets by day and window, and those of them that are only so because days of a hole count as silence."""
    all_days = days(min(on for _, on in orders), max(on for _, on in orders))
    missing = {day for hole in holes for day in days(hole[0], hole[1])}
    found: dict[tuple, list[int]] = {}
    for outlet in {outlet for outlet, _ in orders}:
        ordered = {on for name, on in orders if name == outlet}
        last, silent, counted_silent = None, 0, 0
        for day in all_days:
            if day in ordered:
                last, silent, counted_silent = day, 0, 0
            elif last:
                silent, counted_silent = silent + 1, counted_silent + (day not in missing)
            for window in WINDOWS:
                if last and silent >= window:
                    count = found.setdefault((day, window), [0, 0])
                    count[0] += 1
                    count[1] += counted_silent < window
    return {key: tuple(count) for key, count in found.items()}


def differences(models: Models, orders: list[tuple[str, date]], **changed) -> list[str]:
    """Holes, and counts of lapses in doubt, on which the models and plain Python disagree."""
    if not orders:
        return []
    wanted = {"fct_feed_holes", "kpi_inactivity_daily_filled"}
    with models.build(lake_of(orders), wanted, **changed) as built:
        holes = built.execute(
            "select hole_from, hole_to, working_days, orders, expected_orders from fct_feed_holes order by hole_from"
        ).fetchall()
        lapses = built.execute(
            "select as_of_date, window_days, sum(lapsed_outlets)::int, sum(doubtful_outlets)::int "
            "from kpi_inactivity_daily_filled group by all having sum(lapsed_outlets) > 0"
        ).fetchall()
    expected_holes = holes_in(orders)
    wrong = [f"holes: expected {expected_holes}, found {holes}"] if holes != expected_holes else []
    expected, found = lapses_in(orders, expected_holes), {tuple(row[:2]): tuple(row[2:]) for row in lapses}
    return wrong + compared("lapses", expected, found)


@histories(30)
@given(orders=rhythms())
def test_every_hole_and_every_lapse_in_doubt_equals_the_oracle(models, orders):
    assert differences(models, orders)[:3] == []
