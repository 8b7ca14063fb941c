"""What is counted by month in the slowest and most obvious way: one outlet and one day at a time, over plain rows.

The status of an outlet on a day is the daily oracle's; in which cell it stands, who served it and which class it had is
tested by itself and taken as given here.
"""

from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from tests.oracle import Feed

RUN_RATE_DAYS = 180
AMOUNT = 10  # of each qualifying order of the random histories


class Cells:
    """Where each outlet stands on each day; rows are (outlet, valid_from, valid_to, cell)."""

    def __init__(self, rows: list[tuple]) -> None:
        self.rows: dict[str, list[tuple]] = {}
        for outlet, valid_from, valid_to, *cell in rows:
            self.rows.setdefault(outlet, []).append((valid_from, valid_to or date.max, tuple(cell)))

    def found_on(self, outlet: str, day: date) -> list[tuple]:
        return [cell for valid_from, valid_to, cell in self.rows.get(outlet, []) if valid_from <= day < valid_to]

    def on(self, outlet: str, day: date) -> tuple:
        (found,) = self.found_on(outlet, day)
        return found


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def month_of(day: date) -> date:
    return day.replace(day=1)


def add_months(month: date, months: int) -> date:
    number = month.year * 12 + month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def month_end(month: date, as_of: date) -> date:
    return min(add_months(month, 1) - timedelta(days=1), as_of)


def daily_rate(orders: list[date], last_order: date) -> Decimal:
    """What an outlet bought a day in the run-rate days that end with its last order."""
    counted = [d for d in orders if 0 <= (last_order - d).days < RUN_RATE_DAYS]
    return (Decimal(AMOUNT * len(counted)) / RUN_RATE_DAYS).quantize(Decimal("0.0001"), ROUND_HALF_UP)


# how a lapsed outlet of today came to be one since yesterday, and how one of yesterday ceased to be one
CAME = {
    "active": "newly_inactive_outlets",
    "out": "entered_universe_outlets",
    "unknown": "became_known_outlets",
    "lapsed": "moved_in_outlets",
}
WENT = {
    "active": "reactivated_outlets",
    "out": "left_universe_outlets",
    "unknown": "became_unknown_outlets",
    "lapsed": "moved_out_outlets",
}
STATUS_COLUMNS = {
    "active": ("universe_outlets", "active_outlets", "known_outlets"),
    "lapsed": ("universe_outlets", "lapsed_outlets", "inactive_outlets", "closing_lapsed_outlets", "known_outlets"),
    "never": ("universe_outlets", "never_ordered_outlets", "inactive_outlets", "known_outlets"),
    "unknown": ("universe_outlets", "unknown_outlets"),
}


def inactivity(lake: dict[str, list[dict]], windows: tuple[int, ...], first: date, as_of: date, cells: Cells) -> dict:
    """All numbers of kpi_inactivity_monthly by (month, window, cell), without those that are 0."""
    found: dict[tuple, Counter] = {}
    for feed_row in lake["feeds"]:
        feed = Feed(lake, feed_row)
        for outlet in feed.outlets:
            key = f"{feed_row['feed']}:{outlet}"
            orders = sorted(d for d in feed.days.get(outlet, []) if d <= as_of)
            for window in windows:
                yesterday, cell_before = "out", None
                for day in days(first, as_of):
                    today, cell, month = feed.status(outlet, window, day, as_of), cells.on(key, day), month_of(day)
                    now = found.setdefault((month, window, *cell), Counter())
                    if today == "lapsed":
                        before = [d for d in orders if d <= day]
                        rate = daily_rate(before, before[-1])
                        now["net_amount_lost"] += rate
                        if day == month_end(month, as_of):
                            now["net_amount_lost_to_date"] += rate * (day - before[-1]).days
                        if yesterday != "lapsed" or cell != cell_before:
                            now[CAME[yesterday]] += 1
                    if yesterday == "lapsed" and (today != "lapsed" or cell != cell_before):
                        found.setdefault((month, window, *cell_before), Counter())[WENT[today]] += 1
                    if day == month and yesterday == "lapsed":
                        found.setdefault((month, window, *cell_before), Counter())["opening_lapsed_outlets"] += 1
                    if day == month_end(month, as_of):
                        for column in STATUS_COLUMNS.get(today, ()):
                            now[column] += 1
                    yesterday, cell_before = today, cell
    for counter in found.values():  # nothing was published before
        counter["published_opening_lapsed_outlets"] = counter["opening_lapsed_outlets"]
    return {
        key: {name: number for name, number in sorted(counter.items()) if number}
        for key, counter in found.items()
        if any(counter.values())
    }


def inactivity_as_is(
    lake: dict[str, list[dict]], windows: tuple[int, ...], first: date, as_of: date, cells: Cells
) -> dict:
    """Counts at the end of each month by (month, window, cell of the outlet on the business date)."""
    found: dict[tuple, Counter] = {}
    for feed_row in lake["feeds"]:
        feed = Feed(lake, feed_row)
        for outlet in feed.outlets:
            cell = cells.on(f"{feed_row['feed']}:{outlet}", as_of)
            for day in days(first, as_of):
                if day == month_end(month_of(day), as_of):
                    for window in windows:
                        for column in STATUS_COLUMNS.get(feed.status(outlet, window, day, as_of), ()):
                            found.setdefault((month_of(day), window, *cell), Counter())[column] += 1
    return {key: dict(sorted(counter.items())) for key, counter in found.items()}
