"""The KPI in the slowest and most obvious way: one outlet, one day, one rule at a time, over plain rows."""

from collections import Counter
from datetime import date, timedelta

COUNTS = (
    "universe_outlets",
    "active_outlets",
    "inactive_outlets",
    "lapsed_outlets",
    "never_ordered_outlets",
    "unknown_outlets",
    "newly_inactive_outlets",
    "reactivated_outlets",
)


def day_state(outlet: dict, order_days: list[date], feed_start: date, watermark: date, window: int, day: date) -> str:
    """'out', 'unknown', 'never', 'active' or 'lapsed' for one outlet on one day."""
    opened = [d for d in (outlet["opened_on"], order_days[0] if order_days else None) if d]
    start = min(opened) if opened else feed_start
    closed = outlet["closed_on"]
    if closed and any(d >= closed for d in order_days):
        closed = None  # it ordered after the date on which it was said to close
    if day < start or (closed and day >= closed):
        return "out"
    if day > watermark:
        return "unknown"
    before = [d for d in order_days if d <= day]
    if not before:
        return "never"
    return "lapsed" if (day - before[-1]).days >= window else "active"


def counts(outlets: list[dict], orders: dict[str, list[date]], watermark: date, window: int, day: date) -> Counter:
    """All counts of one window on one day, over all outlets of one feed."""
    feed_start = min((d for days in orders.values() for d in days), default=watermark)
    found: Counter = Counter()
    for outlet in outlets:
        days = sorted(orders.get(outlet["outlet_id"], []))
        today = day_state(outlet, days, feed_start, watermark, window, day)
        yesterday = day_state(outlet, days, feed_start, watermark, window, day - timedelta(days=1))
        found["universe_outlets"] += today != "out"
        found["active_outlets"] += today == "active"
        found["lapsed_outlets"] += today == "lapsed"
        found["never_ordered_outlets"] += today == "never"
        found["inactive_outlets"] += today in ("lapsed", "never")
        found["unknown_outlets"] += today == "unknown"
        found["newly_inactive_outlets"] += (yesterday, today) == ("active", "lapsed")
        found["reactivated_outlets"] += (yesterday, today) == ("lapsed", "active")
    return found
