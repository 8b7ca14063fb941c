"""The KPI in the slowest and most obvious way: one outlet, one day, one rule at a time, over the rows of the lake."""

import itertools
from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from math import floor
from statistics import median
from zoneinfo import ZoneInfo

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
LONG_AGO, NEVER = date.min, datetime.min


def latest(rows: list[dict], key: tuple[str, ...]) -> list[dict]:
    """Of each key the version that was updated last, then delivered last."""
    found: dict[tuple, dict] = {}
    for row in sorted(rows, key=lambda r: (r.get("updated_at") or NEVER, r["_loaded_at"], r["_row_number"])):
        found[tuple(row.get(name) for name in key)] = row
    return list(found.values())


def business_date(order: dict, outlets: list[dict], feed: dict) -> date:
    """The calendar day in the outlet's zone, else the feed's."""
    if order.get("ordered_on"):
        return order["ordered_on"]
    zones = [o["time_zone"] for o in outlets if o["outlet_id"] == order["outlet_id"] and o.get("time_zone")]
    instant = order["ordered_at"].replace(tzinfo=ZoneInfo("UTC"))
    return instant.astimezone(ZoneInfo(zones[0] if zones else feed["time_zone"])).date()


def qualifies(order: dict) -> bool:
    """What counts as an order."""
    kind, status = order.get("order_type") or "sale", order.get("order_status") or "open"
    return kind != "return" and status != "cancelled" and (order.get("net_amount") or 0) > 0


NEW_DAYS = 90


class Feed:
    """What one feed delivered, and what is true of its outlets on any day."""

    def __init__(self, lake: dict[str, list[dict]], feed: dict) -> None:
        mine = {name: [r for r in rows if r.get("_feed") == feed["feed"]] for name, rows in lake.items()}
        self.rows = latest(mine.get("outlets", []), ("outlet_id", "valid_from"))
        orders = latest(mine.get("orders", []), ("order_id",))
        dated = [(o["outlet_id"], business_date(o, self.rows, feed), qualifies(o)) for o in orders]
        self.watermark = max((on for _, on, _ in dated), default=None)
        self.days: dict[str, list[date]] = {}
        for outlet, on, counts in dated:
            if counts:
                self.days.setdefault(outlet, []).append(on)
        self.start = min((on for _, on, _ in dated), default=None)
        self.outlets = sorted({o["outlet_id"] for o in self.rows} | {outlet for outlet, _, _ in dated})

    def row_on(self, outlet: str, day: date) -> dict:
        """The master row that holds on a day: the first one reaches back to the beginning."""
        rows = sorted((r for r in self.rows if r["outlet_id"] == outlet), key=lambda r: r.get("valid_from") or LONG_AGO)
        held = [r for number, r in enumerate(rows) if number == 0 or r["valid_from"] <= day]
        return held[-1] if held else {}

    def is_closed(self, outlet: str, day: date, orders: list[date]) -> bool:
        """From the day on which a master row says so, until the next row holds or the outlet orders again."""
        rows = sorted((r for r in self.rows if r["outlet_id"] == outlet), key=lambda r: r.get("valid_from") or LONG_AGO)
        for number, row in enumerate(rows):
            closed_on = row.get("closed_on")
            stated_to = rows[number + 1]["valid_from"] if number + 1 < len(rows) else date.max
            if closed_on and closed_on < stated_to:
                reopened_on = min([d for d in orders if d >= closed_on], default=date.max)
                if closed_on <= day < min(stated_to, reopened_on):
                    return True
        return False

    def opened(self, outlet: str, as_of: date) -> date:
        """The earlier of its opening date and its first order; without both the feed's first day."""
        orders = [d for d in self.days.get(outlet, []) if d <= as_of]
        stated = self.row_on(outlet, as_of).get("opened_on")
        return min([stated] * bool(stated) + orders, default=self.start or as_of)

    def told_from(self, outlet: str, as_of: date) -> date:
        """Nothing is told of an outlet before its feed began."""
        return max(self.opened(outlet, as_of), self.start or as_of)

    def is_first(self, outlet: str, order: date, as_of: date) -> bool:
        """Whether the feed would show an earlier one: it saw the outlet open, or was there long before."""
        stated = self.row_on(outlet, as_of).get("opened_on")
        return bool(stated and stated >= self.start) or (order - self.start).days >= NEW_DAYS

    def status(self, outlet: str, window: int, day: date, as_of: date) -> str:
        """'out', 'unknown', 'never', 'active' or 'lapsed'."""
        orders = sorted(self.days.get(outlet, []))
        orders = [d for d in orders if d <= as_of]
        if day < self.told_from(outlet, as_of) or self.is_closed(outlet, day, orders):
            return "out"
        if self.watermark and day > self.watermark:
            return "unknown"
        before = [d for d in orders if d <= day]
        if not before:
            return "never"
        return "lapsed" if (day - before[-1]).days >= window else "active"


def counts(lake: dict[str, list[dict]], windows: tuple[int, ...], days: list[date], as_of: date) -> dict:
    """All counts by (day, window, feed, beat) that are not zero."""
    found: dict[tuple, Counter] = {}
    for feed_row in lake["feeds"]:
        feed = Feed(lake, feed_row)
        for outlet in feed.outlets:
            for window in windows:
                for day in days:
                    today = feed.status(outlet, window, day, as_of)
                    if today == "out":
                        continue
                    yesterday = feed.status(outlet, window, day - timedelta(days=1), as_of)
                    beat = feed.row_on(outlet, day).get("beat_id")
                    cell = (day, window, feed_row["feed"], f"{feed_row['feed']}:{beat}" if beat else "unknown")
                    count = found.setdefault(cell, Counter())
                    count["universe_outlets"] += 1
                    count["active_outlets"] += today == "active"
                    count["lapsed_outlets"] += today == "lapsed"
                    count["never_ordered_outlets"] += today == "never"
                    count["inactive_outlets"] += today in ("lapsed", "never")
                    count["unknown_outlets"] += today == "unknown"
                    count["newly_inactive_outlets"] += (yesterday, today) == ("active", "lapsed")
                    count["reactivated_outlets"] += (yesterday, today) == ("lapsed", "active")
    return {cell: tuple(count[name] for name in COUNTS) for cell, count in found.items()}


LADDERS = {  # almost inactive, inactive and lost after so many days (standard, lookahead) or more than so many cycles
    "standard": (46, 60, 180),
    "lookahead": (60, 90, 135),
    "cycle": (1, 1.5, 2),
}
RECOVERED_DAYS = 30


class States:
    """The state of any outlet on any day by each ladder."""

    def __init__(self, lake: dict[str, list[dict]], as_of: date) -> None:
        self.feeds = {row["feed"]: Feed(lake, row) for row in lake["feeds"]}
        self.as_of = as_of
        self.gaps_by_month: dict[tuple[int, int], list[int]] = {}
        for feed in self.feeds.values():
            for days in feed.days.values():
                days = sorted({d for d in days if d <= as_of})
                for before, after in itertools.pairwise(days):
                    self.gaps_by_month.setdefault((after.year, after.month), []).append((after - before).days)

    def cycle(self, days: list[date]) -> float:
        """Median of the last ten gaps; with fewer than three the channel's of the month before; else 30 days."""
        gaps = [(b - a).days for a, b in itertools.pairwise(days)][-10:]
        if len(gaps) >= 3:
            return median(gaps)
        month_before = days[-1].replace(day=1) - timedelta(days=1)
        others = self.gaps_by_month.get((month_before.year, month_before.month))
        return median(others) if others else 30

    @cache  # noqa: B019
    def is_ever_open(self, feed_name: str, outlet: str) -> bool:
        """An outlet that closed before it opened has no state."""
        feed = self.feeds[feed_name]
        orders = [d for d in feed.days.get(outlet, []) if d <= self.as_of]
        opened = feed.opened(outlet, self.as_of)
        days = (opened + timedelta(days=number) for number in range((self.as_of - opened).days + 1))
        return any(not feed.is_closed(outlet, day, orders) for day in days)

    def state(self, feed_name: str, outlet: str, ladder: str, day: date) -> str | None:
        """None before the opening, or the feed."""
        if not self.is_ever_open(feed_name, outlet):
            return None
        feed = self.feeds[feed_name]
        status = feed.status(outlet, 1, day, self.as_of)
        days = sorted({d for d in feed.days.get(outlet, []) if d <= self.as_of})
        if day < feed.told_from(outlet, self.as_of):
            return None
        if status == "out":
            return "closed"
        if feed.row_on(outlet, day).get("on_hold"):
            return "on_hold"
        if status == "unknown":
            return "unknown"
        before = [d for d in days if d <= day]
        if not before:
            return "never_ordered"
        limits = LADDERS[ladder]
        if ladder == "cycle":
            limits = tuple(floor(cycles * self.cycle(before)) + 1 for cycles in limits)
        almost, inactive, lost = limits
        silent = (day - before[-1]).days
        if silent >= lost:
            return "lost"
        if silent >= inactive:
            return "inactive"
        if silent >= almost:
            return "almost_inactive"
        if (day - before[0]).days < NEW_DAYS and feed.is_first(outlet, before[0], self.as_of):
            return "new"
        if len(before) > 1 and (before[-1] - before[-2]).days >= inactive and silent < RECOVERED_DAYS:
            return "recovered"
        return "active"
