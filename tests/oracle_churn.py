"""False churn, proposals for links, seasonal silence and missed chances in the slowest and most obvious way."""

import itertools
from collections import Counter
from datetime import date, timedelta
from math import cos, radians, sqrt
from statistics import median

WINDOWS = (30, 60, 90)
LINKS = ("merged", "recoded", "reregistered", "moved_distributor")
KINDS = (*LINKS, "closed", "late_feed", "on_hold", "hole_only", "seasonal", "plain")


def a_year_before(day: date) -> date:
    """The same day of the year before; 28 February for 29 February."""
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


def months_before(day: date, months: int) -> date:
    month = day.year * 12 + day.month - 1 - months
    first = date(month // 12, month % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return min(first.replace(day=day.day) if day.day <= last.day else last, last)


class Market:
    """All that a lake of plain dated orders says on its business date."""

    def __init__(self, lake: dict[str, list[dict]]) -> None:
        self.lake = lake
        self.master = {f"{row['_feed']}:{row['outlet_id']}": row for row in lake["outlets"]}
        self.orders: dict[str, list[date]] = {name: [] for name in self.master}
        self.amounts: dict[str, list[float]] = {name: [] for name in self.master}
        newest: dict[str, date] = {}
        self.feed_start: dict[str, date] = {}
        for row in lake["orders"]:
            name, on = f"{row['_feed']}:{row['outlet_id']}", row["ordered_on"]
            self.orders[name].append(on)
            self.amounts[name].append(float(row["net_amount"]))
            newest[row["_feed"]] = max(on, newest.get(row["_feed"], on))
            self.feed_start[row["_feed"]] = min(on, self.feed_start.get(row["_feed"], on))
        self.watermarks = newest
        self.as_of = max(newest.values())
        self.links = self._links()

    def _links(self) -> dict[str, tuple[str, str]]:
        """Of each former number the next one and the kind: a person's word first, then the feed's."""
        stated: dict[str, list[str]] = {}
        for name, row in self.master.items():
            if row.get("replaces_outlet_id"):
                stated.setdefault(f"{row['_feed']}:{row['replaces_outlet_id']}", []).append(name)
        links = {old: (min(new), "recoded") for old, new in stated.items()}
        for row in self.lake["outlet_links"]:
            if row["kind"] == "different":
                links.pop(row["outlet_id"], None)
            else:
                links[row["outlet_id"]] = (row["replaced_by_outlet_id"], row["kind"])
        return links

    def counted(self, name: str) -> str:
        while name in self.links:
            name = self.links[name][0]
        return name

    def families(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self.master:
            found.setdefault(self.counted(name), []).append(name)
        return found

    def days(self, counted: str) -> list[date]:
        return sorted({day for name in self.families()[counted] for day in self.orders[name]})

    def is_known(self, name: str) -> bool:
        return self.watermarks.get(self.master[name]["_feed"], self.as_of) >= self.as_of

    def seasonal(self) -> dict[str, date]:
        """Silent for 45 days or more, as a year before for 45 days or more on three quarters of the same days."""
        found = {}
        for name in self.families():
            days = self.days(name)
            if not days or (self.as_of - days[-1]).days < 45 or days[0] > months_before(self.as_of, 13):
                continue
            last, silent = days[-1], (self.as_of - days[-1]).days
            middle = a_year_before(last + timedelta(days=silent // 2))
            before = [day for day in days if day <= middle]
            after = [day for day in days if day > middle]
            if not before or not after or (after[0] - before[-1]).days < 45:
                continue
            first, end = a_year_before(last), a_year_before(self.as_of)
            same_days = [first + timedelta(days=n + 1) for n in range((end - first).days)]
            quiet = [day for day in same_days if before[-1] < day < after[0]]
            if len(quiet) / len(same_days) >= 0.75:
                leap = (after[0].month, after[0].day) == (2, 29)
                found[name] = after[0].replace(year=after[0].year + 1, day=28 if leap else after[0].day)
        return found

    def false_churn(self) -> Counter:
        """Counts by kind and window."""
        found: Counter = Counter()
        seasonal = self.seasonal()
        for (counted, names), window in itertools.product(self.families().items(), WINDOWS):
            days = self.days(counted)
            if not days:
                continue
            if (self.as_of - days[-1]).days >= window:
                row = self.master[counted]
                closed_on = row.get("closed_on")
                if closed_on and closed_on <= self.as_of and not any(day >= closed_on for day in days):
                    kind = "closed"
                elif not self.is_known(counted):
                    kind = "late_feed"
                elif row.get("on_hold"):
                    kind = "on_hold"
                else:
                    kind = "seasonal" if counted in seasonal else "plain"
                found[kind, window] += 1
            ordered = [name for name in names if self.orders[name]]
            stands = min(ordered, key=lambda n: (-max(self.orders[n]).toordinal(), self.links.get(n, ("", ""))[1], n))
            for name in ordered:
                if name == stands or name not in self.links:
                    continue
                last, closed_on = max(self.orders[name]), self.master[name].get("closed_on")
                was_closed = closed_on and last < closed_on <= self.as_of
                if (self.as_of - last).days >= window and self.is_known(name) and not was_closed:
                    found[self.links[name][1], window] += 1
        return found

    def proposals(self, likeness) -> dict[str, tuple]:
        """Of each number that stopped the best other number, its kind and score; `likeness` compares two names."""
        different = {(r["outlet_id"], r["replaced_by_outlet_id"]) for r in self.lake["outlet_links"]}
        free = [name for name in self.master if self.orders[name] and name not in self.links]
        found = {}
        for old in free:
            candidates = []
            for new in free:
                if new != old and (old, new) not in different:
                    weighed = self._weigh(old, new, likeness)
                    if weighed and weighed[2] >= 45:
                        candidates.append(weighed)
            if candidates:
                _, name, score, kind = min(candidates, key=lambda c: (-c[2], abs(c[0]), c[1]))
                found[old] = (name, kind, score)
        return found

    def _weigh(self, old: str, new: str, likeness) -> tuple | None:
        one, two = self.master[old], self.master[new]
        last, first = max(self.orders[old]), min(self.orders[new])
        gap = (first - last).days
        town = one.get("city") and one["city"] == two.get("city")
        same_name = bool(one.get("outlet_name")) and one["outlet_name"] == two.get("outlet_name")
        has_address = all(row.get("address") and row.get("city") for row in (one, two))
        same_address = bool(has_address and one["address"] == two["address"] and town)
        metres = None
        if one.get("latitude") is not None and two.get("latitude") is not None:
            north, east = one["latitude"] - two["latitude"], one["longitude"] - two["longitude"]
            metres = round(111320 * sqrt(north**2 + (east * cos(radians(one["latitude"]))) ** 2))
        if (self.as_of - last).days < 28:
            return None
        overlap = gap < -14
        if overlap:
            goes_on = (max(self.orders[new]) - last).days >= 28
            if not (goes_on and same_address and same_name):
                return None
        else:
            begun = (first - self.feed_start[two["_feed"]]).days >= 28
            near = metres is not None and metres <= 50
            if gap > 60 or not begun or not (same_address or (same_name and town) or near):
                return None
        alike = 0.0
        if one.get("outlet_name") and two.get("outlet_name"):
            alike = likeness(one["outlet_name"], two["outlet_name"])
        score = 25 if same_name else 15 if alike >= 0.85 else 0
        near = metres is not None and metres <= 50
        if same_address:
            score += 35
        elif has_address and not near:
            score -= 15
        if near:
            score += int(15 - 10 * metres / 50 + 0.5)
        elif metres is not None and metres > 500:
            score -= 15
        score += 0 if overlap else int(15 * (1 - abs(gap) / 60) + 0.5)
        sizes = [sum(self.amounts[n]) / len(self.amounts[n]) for n in (old, new)]
        score += 10 if 0.5 <= sizes[1] / sizes[0] <= 2 else 0
        suppliers = (one.get("distributor_id"), two.get("distributor_id"))
        moved = one["_feed"] != two["_feed"] or (all(suppliers) and suppliers[0] != suppliers[1])
        kind = (
            "merged"
            if overlap
            else "moved_distributor"
            if moved
            else "recoded"
            if same_name or alike >= 0.85
            else "reregistered"
        )
        return gap, new, score, kind

    def working_days(self, feed: str) -> set[int]:
        """Weekdays on which the feed usually trades; Monday to Friday where it has no rhythm."""
        held = Counter(row["ordered_on"] for row in self.lake["orders"] if row["_feed"] == feed)
        if not held:
            return {1, 2, 3, 4, 5}
        first, newest = self.feed_start[feed], self.watermarks[feed]
        days = [first + timedelta(days=n) for n in range((newest - first).days + 1)]
        expected = {}
        for day in days:
            around = [day + timedelta(weeks=n) for n in range(-8, 9)]
            expected[day] = median(held[other] for other in around if first <= other <= newest)
        least = 0.1 * max(expected.values())
        usual = set()
        for weekday in range(1, 8):
            mine = [expected[day] > least for day in days if day.isoweekday() == weekday]
            if mine and sum(mine) / len(mine) > 0.5:
                usual.add(weekday)
        return usual or {1, 2, 3, 4, 5}

    def silence(self) -> dict[str, tuple]:
        """Of each outlet that ordered: working days, planned visits, visits done and usual order days since."""
        found = {}
        for name, members in self.families().items():
            days = self.days(name)
            if not days:
                continue
            last, row = days[-1], self.master[name]
            since = [last + timedelta(days=n + 1) for n in range((self.as_of - last).days)]
            holidays = {h["holiday_on"] for h in self.lake["holidays"] if h["country"] == row.get("country")}
            working = self.working_days(row["_feed"])
            mine = [v for v in self.lake["visits"] if f"{v['_feed']}:{v['outlet_id']}" in members]
            recent = [day.isoweekday() for day in days if (last - day).days < 180]
            usual = {weekday for weekday in recent if recent.count(weekday) / len(recent) >= 0.3}
            found[name] = (
                (self.as_of - last).days,
                sum(day.isoweekday() in working and day not in holidays for day in since),
                sum(last < v["planned_on"] <= self.as_of for v in mine if v.get("planned_on")),
                sum(last < v["visited_on"] <= self.as_of for v in mine if v.get("visited_on")),
                sum(day.isoweekday() in usual for day in since) if usual else None,
            )
        return found
