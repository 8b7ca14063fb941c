"""Retention and cohorts in the slowest and most obvious way: one outlet and one month at a time, over plain rows."""

from collections import Counter
from datetime import date, timedelta

from tests.oracle import Feed
from tests.oracle_months import AMOUNT, Cells, add_months, month_end, month_of


def standing(orders: list[date], is_first: bool, month: date, watermark: date, as_of: date) -> tuple[str, ...]:
    """The columns in which an outlet counts in a month; none before its first order here."""
    ordered = {month_of(d) for d in orders}
    if not any(m <= month for m in ordered):
        return ()
    before = add_months(month, -1) in ordered
    counted = ("active_before_outlets",) if before else ()
    if month in ordered:
        begun = "new" if is_first else "first_seen"
        kind = "retained" if before else "resurrected" if any(m < month for m in ordered) else begun
        return (*counted, "active_outlets", f"{kind}_outlets")
    if month_end(month, as_of) > watermark:
        return (*counted, "unknown_outlets")
    return (*counted, "lost_outlets" if before else "dormant_outlets")


def months(first: date, as_of: date) -> list[date]:
    found = [month_of(first)]
    while add_months(found[-1], 1) <= as_of:
        found.append(add_months(found[-1], 1))
    return found


def outlets(lake: dict[str, list[dict]], as_of: date) -> list[tuple[str, list[date], bool, date]]:
    """(outlet, its order days, whether the first is known to be its first ever, the last day its feed vouches for)."""
    found = []
    for row in lake["feeds"]:
        feed = Feed(lake, row)
        for outlet in feed.outlets:
            orders = sorted(d for d in feed.days.get(outlet, []) if d <= as_of)
            is_first = bool(orders) and feed.is_first(outlet, orders[0], as_of)
            found.append((f"{row['feed']}:{outlet}", orders, is_first, feed.watermark or as_of))
    return found


def retention(lake: dict[str, list[dict]], first: date, as_of: date, cells: Cells) -> dict:
    """Counts of kpi_retention_monthly by (month, cell)."""
    found: dict[tuple, Counter] = {}
    for outlet, orders, is_first, watermark in outlets(lake, as_of):
        for month in months(first, as_of):
            cell = cells.on(outlet, month_end(month, as_of))
            for column in standing(orders, is_first, month, watermark, as_of):
                found.setdefault((month, *cell), Counter())[column] += 1
    for counter in found.values():
        kept, lost = counter["retained_outlets"], counter["lost_outlets"]
        back, dormant = counter["resurrected_outlets"], counter["dormant_outlets"]
        counter["is_full_month"] = True
        if kept:
            counter["retention_rate"] = round(kept / (kept + lost), 4)
        if back:
            counter["reactivation_rate"] = round(back / (back + dormant), 4)
        if lost and counter["new_outlets"] + back:
            counter["quick_ratio"] = round((counter["new_outlets"] + back) / lost, 4)
    for (month, *_), counter in found.items():
        counter["is_full_month"] = add_months(month, 1) - timedelta(days=1) <= as_of
    return {key: {n: v for n, v in sorted(counter.items()) if v} for key, counter in found.items()}


def cohorts(lake: dict[str, list[dict]], as_of: date, cells: Cells) -> dict:
    """Numbers of kpi_retention_cohorts by (feed, channel, cohort month, whether it is known, months since)."""
    found: dict[tuple, Counter] = {}
    for outlet, orders, is_first, watermark in outlets(lake, as_of):
        if not orders:
            continue
        joined = month_of(orders[0])
        feed, *_, channel, _ = cells.on(outlet, month_end(joined, as_of))
        for since, month in enumerate(months(joined, as_of)):
            counter = found.setdefault((feed, channel, joined, is_first, since), Counter())
            now = [d for d in orders if month_of(d) == month]
            counter["cohort_outlets"] += 1
            counter["active_outlets"] += bool(now)
            counter["unknown_outlets"] += not now and month_end(month, as_of) > watermark
            counter["net_amount"] += AMOUNT * len(now)
    for counter in found.values():
        counter["active_share"] = round(counter["active_outlets"] / counter["cohort_outlets"], 4)
    return {key: {n: v for n, v in sorted(counter.items()) if v} for key, counter in found.items()}
