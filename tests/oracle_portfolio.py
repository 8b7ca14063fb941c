"""Portfolio, tenure and one-timers in the slowest and most obvious way: one outlet at a time, over plain rows."""

from collections import Counter
from datetime import date, timedelta

from tests.oracle import Feed
from tests.oracle_months import AMOUNT, Cells, add_months, month_end, month_of
from tests.oracle_retention import months

BANDS = ((0, 6, "0-6 months"), (6, 12, "6-12 months"), (12, 24, "12-24 months"), (24, 9999, "over 24 months"))
ATTENTION_DAYS = 90


def year_before(day: date) -> date:
    """The last day that no longer belongs to the twelve months that end on a day."""
    if day == add_months(month_of(day), 1) - timedelta(days=1):
        return add_months(month_of(day), -11) - timedelta(days=1)
    return day.replace(year=day.year - 1)


def portfolio(lake: dict[str, list[dict]], first: date, as_of: date, cells: Cells, states: dict[str, Cells]) -> dict:
    """Numbers of kpi_portfolio_composition by (as_of_date, rule set, state, rep); the state on a day is given."""
    found: dict[tuple, Counter] = {}
    for row in lake["feeds"]:
        feed = Feed(lake, row)
        for outlet in feed.outlets:
            key = f"{row['feed']}:{outlet}"
            orders = [d for d in feed.days.get(outlet, []) if d <= as_of]
            for day in (month_end(month, as_of) for month in months(first, as_of)):
                bought = AMOUNT * len([d for d in orders if year_before(day) < d <= day])
                (rep,) = cells.on(key, day)
                for ladder, stated in states.items():
                    for (state,) in stated.found_on(key, day):
                        counter = found.setdefault((day, ladder, state, rep), Counter())
                        counter["outlets"] += 1
                        counter["net_amount_last_year"] += bought
    totals: dict[tuple, Counter] = {}
    for (day, ladder, state, rep), counter in found.items():
        if state != "closed":
            totals.setdefault((day, ladder, rep), Counter()).update(counter)
    for (day, ladder, state, rep), counter in found.items():
        total = totals.get((day, ladder, rep), Counter())
        counter["rep_outlets"] = total["outlets"]
        if state != "closed":
            counter["percent_of_outlets"] = percent(counter["outlets"], total["outlets"])
            counter["percent_of_net_amount"] = percent(counter["net_amount_last_year"], total["net_amount_last_year"])
    return plain(found)


def full_months(first: date, last: date) -> int:
    """A month is full on the same day of the next, or on its last day where it has no such day."""
    count = 0
    while True:
        month = add_months(month_of(first), count + 1)
        if min(month + timedelta(days=first.day - 1), month_end(month, date.max)) > last:
            return count
        count += 1


def tenure(lake: dict[str, list[dict]], windows: tuple[int, ...], as_of: date, cells: Cells) -> dict:
    """Numbers of kpi_tenure_bands by (window, channel, band)."""
    found: dict[tuple, Counter] = {}
    for row in lake["feeds"]:
        feed = Feed(lake, row)
        visits = [v for v in lake.get("visits", []) if v["_feed"] == row["feed"]]
        for outlet in feed.outlets:
            done = [
                v
                for v in visits
                if v["outlet_id"] == outlet
                and v["visited_on"]
                and as_of - timedelta(days=ATTENTION_DAYS) < v["visited_on"] <= as_of
            ]
            (channel,) = cells.on(f"{row['feed']}:{outlet}", as_of)
            for window in windows:
                status = feed.status(outlet, window, as_of, as_of)
                if status == "out":
                    continue
                age = full_months(feed.opened(outlet, as_of), as_of)
                (band,) = [name for low, high, name in BANDS if low <= age < high]
                counter = found.setdefault((window, channel, band), Counter())
                counter["outlets"] += 1
                counter[{"never": "never_ordered"}.get(status, status) + "_outlets"] += 1
                counter["visits"] += len(done)
                counter["visited_outlets"] += bool(done)
    totals: dict[tuple, Counter] = {}
    for (window, channel, _), counter in found.items():
        totals.setdefault((window, channel), Counter()).update(counter)
    for (window, channel, _), counter in found.items():
        counter["percent_of_outlets"] = percent(counter["outlets"], totals[window, channel]["outlets"])
        counter["percent_of_visits"] = percent(counter["visits"], totals[window, channel]["visits"])
    return plain(found)


def one_timers(lake: dict[str, list[dict]], windows: tuple[int, ...], as_of: date, cells: Cells) -> dict:
    """Numbers of kpi_one_timers by (cohort month, channel, window)."""
    found: dict[tuple, Counter] = {}
    for row in lake["feeds"]:
        feed = Feed(lake, row)
        for outlet in feed.outlets:
            orders = sorted({d for d in feed.days.get(outlet, []) if d <= as_of})
            if not orders or not feed.is_first(outlet, orders[0], as_of):
                continue
            (channel,) = cells.on(f"{row['feed']}:{outlet}", month_end(month_of(orders[0]), as_of))
            for window in windows:
                counter = found.setdefault((month_of(orders[0]), channel, window), Counter())
                observed = orders[0] + timedelta(days=window) <= min(feed.watermark or as_of, as_of)
                counter["first_time_outlets"] += 1
                counter["observed_outlets"] += observed
                counter["ordered_again_outlets"] += (
                    observed and len(orders) > 1 and (orders[1] - orders[0]).days <= window
                )
                counter["one_timer_outlets"] += len(orders) == 1
    for counter in found.values():
        if counter["observed_outlets"]:
            counter["ordered_again_share"] = round(counter["ordered_again_outlets"] / counter["observed_outlets"], 4)
    return plain(found)


def percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def plain(found: dict[tuple, Counter]) -> dict:
    return {key: {n: float(v) for n, v in sorted(counter.items()) if v} for key, counter in found.items()}
