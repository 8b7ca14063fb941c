"""The lists, causes, money and work in the slowest and most obvious way: one outlet at a time, over plain rows.

The state of an outlet, its class and its own order cycle have oracles of their own and are taken as given.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import md5
from itertools import pairwise
from math import sqrt
from statistics import median

from tests.oracle import NEW_DAYS
from tests.oracle_churn import a_year_before
from tests.oracle_months import add_months, month_of

CHURN, PERIOD, LAPSE, CAUSE, BASKET = 30, 30, 60, 60, 180
TRADING = ("new", "active", "almost_inactive", "recovered")
SILENT = ("never_ordered", "inactive", "lost")
ORDER_OF_CAUSES = (
    "coverage",
    "rep_follow_up",
    "fill_rate",
    "stock_out",
    "promotion_gap",
    "ordering_effort",
    "young",
    "competitor",
    "price",
    "gone",
)


@dataclass
class Order:
    """An order with its lines as (product, quantity, amount)."""

    key: str
    on: date
    through: str | None
    lines: list[tuple[str, float, float]]

    @property
    def amount(self) -> float:
        return sum(line[2] for line in self.lines)


@dataclass
class Shop:
    """An outlet and all that happened to it."""

    rows: list[dict]
    state: str
    since: date
    abc: str
    orders: list[Order] = field(default_factory=list)
    visits: list[dict] = field(default_factory=list)
    coupons: list[date] = field(default_factory=list)
    deliveries: list[tuple[date, float, float]] = field(default_factory=list)
    reports: list[tuple[date, str]] = field(default_factory=list)

    @property
    def row(self) -> dict:
        """What holds on the business date."""
        return self.rows[-1]

    def beat_on(self, day: date) -> str | None:
        """The beat that served it on a day."""
        return [row for row in self.rows if (row.get("valid_from") or date.min) <= day][-1]["beat_id"]

    @property
    def days(self) -> list[date]:
        return sorted({order.on for order in self.orders})

    @property
    def last(self) -> date | None:
        return max(self.days, default=None)

    @property
    def is_listed(self) -> bool:
        return self.state in TRADING + SILENT

    def bought(self, after: date, to: date) -> tuple[int, float]:
        """Orders and amount of the days after one day up to another."""
        found = [order for order in self.orders if after < order.on <= to]
        return len(found), sum(order.amount for order in found)


class Field:
    """One feed on its business date; `stated` are (state, since, class) by outlet."""

    def __init__(self, lake: dict[str, list[dict]], as_of: date, stated: dict[str, tuple[str, date, str]]) -> None:
        self.lake, self.as_of = lake, as_of
        rows: dict[str, list[dict]] = {}
        for row in lake["outlets"]:
            rows.setdefault(row["outlet_id"], []).append(row)
        self.shops = {name: Shop(found, *stated[name]) for name, found in rows.items()}
        lines: dict[str, list] = {}
        for row in lake["order_lines"]:
            lines.setdefault(row["order_id"], []).append((row["product_id"], row["quantity"], row["net_amount"]))
        placed: dict[str, Order] = {}
        for row in lake["orders"]:
            order = Order(row["order_id"], row["ordered_on"], row["ordered_through"], lines[row["order_id"]])
            placed[order.key] = order
            self.shops[row["outlet_id"]].orders.append(order)
        names_orders = any(visit["order_id"] for visit in lake["visits"])
        for row in lake["visits"]:
            shop = self.shops[row["outlet_id"]]
            same_day = row["visited_on"] in shop.days
            strikes = row["order_id"] in placed if names_orders else same_day
            shop.visits.append({**row, "strikes": bool(row["visited_on"]) and strikes})
        for row in lake["coupons"]:
            self.shops[row["outlet_id"]].coupons.append(row["issued_on"])
        for row in lake["deliveries"]:
            came = min(row["delivered_quantity"], row["ordered_quantity"])
            fact = (placed[row["order_id"]].on, row["ordered_quantity"], came)
            self.shops[row["outlet_id"]].deliveries.append(fact)
        for row in lake["lapse_reasons"]:
            self.shops[row["outlet_id"]].reports.append((row["reported_on"], row["reason_code"]))
        held = [order.on for shop in self.shops.values() for order in shop.orders]
        held += [visit["visited_on"] for visit in lake["visits"] if visit["visited_on"]]
        self.begins = min(held)
        self.first_order = min((order.on for shop in self.shops.values() for order in shop.orders), default=None)

    def silent_days(self, shop: Shop) -> int | None:
        return (self.as_of - shop.last).days if shop.last else None

    def is_churning(self, shop: Shop) -> bool:
        return shop.state in TRADING and shop.last is not None and (self.as_of - shop.last).days >= CHURN

    def is_due(self, shop: Shop) -> bool:
        return shop.state in SILENT or shop.state == "almost_inactive" or self.is_churning(shop)

    # lists

    def about_to_churn(self) -> dict[str, tuple]:
        found = {}
        for name, shop in self.shops.items():
            if self.is_churning(shop):
                visited = max((v["visited_on"] for v in shop.visits if v["visited_on"]), default=None)
                _, before = shop.bought(self.as_of - timedelta(days=2 * PERIOD), self.as_of - timedelta(days=PERIOD))
                unvisited = (self.as_of - visited).days if visited else None
                late = self.as_of - timedelta(days=90)
                visits = len([v for v in shop.visits if v["visited_on"] and v["visited_on"] > late])
                coupons = len([on for on in shop.coupons if on > late])
                given = max(shop.coupons, default=None)
                found[name] = (self.silent_days(shop), before, unvisited, visits, given, coupons)
        return found

    def _periods(self, shop: Shop, end: date) -> tuple[tuple[int, float], tuple[int, float]]:
        middle, start = end - timedelta(days=PERIOD), end - timedelta(days=2 * PERIOD)
        return shop.bought(middle, end), shop.bought(start, middle)

    def drops(self) -> tuple[dict[str, float], dict[str, int]]:
        """Of sales the change in percent, of orders their number."""
        sales, orders = {}, {}
        for name, shop in self.shops.items():
            this, before = self._periods(shop, self.as_of)
            this_then, before_then = self._periods(shop, a_year_before(self.as_of))
            if shop.state not in TRADING or not this[0]:
                continue
            if before[1] and this[1] <= before[1] / 2 and not (before_then[1] and this_then[1] <= before_then[1] / 2):
                sales[name] = 100 * (this[1] - before[1]) / before[1]
            if before[0] - this[0] >= 3 and before_then[0] - this_then[0] < 3:
                orders[name] = this[0] - before[0]
        return sales, orders

    def slow_goodbyes(self) -> dict[str, float]:
        found = {}
        end = month_of(self.as_of + timedelta(days=1))
        for name, shop in self.shops.items():
            if shop.state not in TRADING or not shop.days:
                continue
            start = add_months(month_of(shop.days[0]), 1)
            if add_months(month_of(shop.days[0]), 9) > self.as_of:
                continue
            first = [add_months(start, n) for n in range(3)]
            recent = [add_months(end, -n) for n in (3, 2, 1)]
            by_month = Counter()
            for order in shop.orders:
                by_month[month_of(order.on)] += order.amount
            before, now = sum(by_month[m] for m in first), sum(by_month[m] for m in recent)
            if before and all(by_month[m] for m in recent) and now <= before / 2:
                found[name] = 100 * (now - before) / before
        return found

    def is_first_known(self, shop: Shop) -> bool:
        """It opened when its feed was there, or the feed had been there for long: an earlier order would show."""
        opened = shop.row.get("opened_on")
        return bool(opened and opened >= self.first_order) or (shop.days[0] - self.first_order).days >= NEW_DAYS

    def second_orders(self) -> dict[str, tuple[int, float]]:
        found = {}
        for name, shop in self.shops.items():
            if len(shop.days) != 1 or not self.is_first_known(shop) or not shop.is_listed or shop.state == "lost":
                continue
            waited = self.silent_days(shop)
            peers = [
                other
                for other in self.shops.values()
                if other.days
                and self.is_first_known(other)
                and other.row["channel"] == shop.row["channel"]
                and (self.as_of - other.days[0]).days >= waited
            ]
            again = [p for p in peers if len(p.days) > 1 and (p.days[1] - p.days[0]).days <= waited]
            found[name] = (len(peers), 100 * len(again) / len(peers))
        return found

    # causes

    def causes(self) -> dict[str, list[tuple[str, float | None, float | None]]]:
        """Of each outlet the evident causes, likeliest first, with its measure and its peers'."""
        found = {}
        ever_short = {row["distributor_id"] for row in self.lake["stock_outs"]}
        for name, shop in self.shops.items():
            if not shop.last or not shop.is_listed or not self.is_due(shop):
                continue
            first = shop.last - timedelta(days=CAUSE - 1)
            others, peers = self._peers(shop, lambda other, on=shop.last: other.days[0] <= on <= other.last)
            own, group = self._service(shop, first, shop.last), Counter()
            for other in others:
                group.update(self._service(other, first, shop.last))
            told: list[tuple[str, float, float | None, float]] = []
            for cause, measure, of_peers, gap, is_enough in (
                ("coverage", share(own, "kept", "planned"), share(group, "kept", "planned"), -30, own["planned"] >= 2),
                (
                    "rep_follow_up",
                    share(own, "strikes", "visits"),
                    share(group, "strikes", "visits"),
                    -50,
                    own["visits"] >= 2,
                ),
                ("fill_rate", share(own, "came", "ordered"), share(group, "came", "ordered"), -15, True),
                (
                    "stock_out",
                    100 * own["short"] / CAUSE,
                    100 * group["short"] / (CAUSE * peers) if peers else None,
                    15,
                    shop.row["distributor_id"] in ever_short,
                ),
                (
                    "promotion_gap",
                    own["coupons"],
                    group["coupons"] / peers if peers else None,
                    -1,
                    group["coupons"] > 0,
                ),
                ("ordering_effort", share(own, "helped", "told"), share(group, "helped", "told"), 40, own["told"] >= 3),
            ):
                if is_enough and measure is not None and of_peers is not None:
                    told.append((cause, measure, of_peers, (measure - of_peers) / gap))
            tenure = (shop.last - min(d for d in (shop.row["opened_on"], shop.days[0]) if d)).days
            if shop.row["opened_on"] or (shop.days[0] - self.first_order).days >= 180:
                told.append(("young", tenure, None, 1.0 if tenure < 180 else 0.0))
            for on, code in shop.reports:
                if first <= on and code in ("competitor", "gone"):
                    told.append((code, None, None, 2.0))
            evident = sorted((t for t in told if t[3] >= 1), key=lambda t: (-t[3], ORDER_OF_CAUSES.index(t[0])))
            known = len([t for t in told if t[0] != "young"])
            found[name] = [t[:3] for t in evident] or [("unexplained", known, None)]
        return found

    def _peers(self, shop: Shop, counts: Callable[[Shop], bool]) -> tuple[list[Shop], int]:
        """The narrowest group of outlets like it in which eight others count, else that with most; how many do."""
        listed = [other for other in self.shops.values() if other.is_listed and other.days and other is not shop]
        alike = [other for other in listed if other.row["channel"] == shop.row["channel"]]
        near = [other for other in alike if territory_of(other.row) == territory_of(shop.row)]
        groups = [[other for other in near if other.abc == shop.abc], near, alike]
        sizes = [len([other for other in group if counts(other)]) for group in groups]
        best = next((n for n, size in enumerate(sizes) if size >= 8), sizes.index(max(sizes)))
        return groups[best], sizes[best]

    def _service(self, shop: Shop, first: date, last: date) -> Counter:
        found: Counter = Counter()
        for visit in shop.visits:
            if visit["planned_on"] and first <= visit["planned_on"] <= last:
                found["planned"] += 1
                found["kept"] += visit["visited_on"] is not None
            if visit["visited_on"] and first <= visit["visited_on"] <= last:
                found["visits"] += 1
                found["strikes"] += visit["strikes"]
        for on, ordered, came in shop.deliveries:
            if first <= on <= last:
                found["ordered"] += ordered
                found["came"] += came
        found["coupons"] = len([on for on in shop.coupons if first <= on <= last])
        for order in shop.orders:
            if first <= order.on <= last and order.through:
                found["told"] += 1
                found["helped"] += order.through != "self_service"
        basket = self._basket(shop)
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
            out = {
                row["product_id"]
                for row in self.lake["stock_outs"]
                if row["distributor_id"] == shop.row["distributor_id"]
                and row["starts_on"] <= day <= min(row["ends_on"] or self.as_of, self.as_of)
                and shop.days[0] <= day <= shop.last
            }
            found["short"] += sum(basket[product] for product in out)
        return found

    def _basket(self, shop: Shop) -> Counter:
        """Of each product the share of its lines in the half year before its last order."""
        lines = [
            product
            for order in shop.orders
            if shop.last and (shop.last - order.on).days < BASKET
            for product, _, _ in order.lines
        ]
        return Counter({product: count / len(lines) for product, count in Counter(lines).items()})

    # money

    def lapses(self) -> dict[tuple[str, date], dict]:
        found = {}
        for name, shop in self.shops.items():
            for number, last in enumerate(shop.days):
                returned = shop.days[number + 1] if number + 1 < len(shop.days) else None
                silent = ((returned or self.as_of) - last).days
                if silent < LAPSE or (returned and silent == LAPSE):
                    continue
                rate = shop.bought(last - timedelta(days=180), last)[1] / 180
                lapse = {"returned_on": returned, "days_silent": silent, "monthly": rate * 30, "lost": rate * silent}
                lapse["at_risk"] = None if returned else rate * 90
                revived = shop.bought(returned - timedelta(days=1), returned + timedelta(days=89)) if returned else None
                lapse["revived"] = revived[1] if revived else None
                lapse |= self._effects(shop, last)
                found[name, last] = lapse
        return found

    def _effects(self, shop: Shop, last: date) -> dict[str, float]:
        """A month's loss, told apart by letting one factor after the other become what it was at the end."""
        middle, start = last - timedelta(days=90), last - timedelta(days=180)
        spans = []
        for after, to in ((start, middle), (middle, last)):
            orders = [order for order in shop.orders if after < order.on <= to]
            lines = [line for order in orders for line in order.lines]
            spans.append((len(orders), len(lines), sum(q for _, q, _ in lines), sum(a for _, _, a in lines)))
        (o0, l0, q0, a0), (o1, l1, q1, a1) = spans
        if not o0:
            return {"change": -a1 / 3, "frequency": 0, "range": 0, "drop_size": 0, "price": 0, "stop": -a1 / 3}
        steps = [
            o0 * (l0 / o0) * (q0 / l0) * (a0 / q0),
            o1 * (l0 / o0) * (q0 / l0) * (a0 / q0),
            o1 * (l1 / o1) * (q0 / l0) * (a0 / q0),
            o1 * (l1 / o1) * (q1 / l1) * (a0 / q0),
            a1,
        ]
        frequency, wide, drop_size, price = ((after - before) / 3 for before, after in pairwise(steps))
        return {
            "change": -a0 / 3,
            "frequency": frequency,
            "range": wide,
            "drop_size": drop_size,
            "price": price,
            "stop": -a1 / 3,
        }

    def poor_deliveries(self) -> set[str]:
        """Outlets that got far less of what they ordered in the last days than their peers."""
        found = set()
        since = self.as_of - timedelta(days=PERIOD)
        fills = {
            id(shop): (sum(f[1] for f in recent), sum(f[2] for f in recent))
            for shop in self.shops.values()
            if shop.is_listed and (recent := [f for f in shop.deliveries if f[0] > since and f[1] > 0])
        }
        for name, shop in self.shops.items():
            if id(shop) not in fills:
                continue
            others, _ = self._peers(shop, lambda other: id(other) in fills)
            ordered = sum(fills[id(other)][0] for other in others if id(other) in fills)
            came = sum(fills[id(other)][1] for other in others if id(other) in fills)
            own = 100 * fills[id(shop)][1] / fills[id(shop)][0]
            if ordered and 100 * came / ordered - own >= 15:
                found.add(name)
        return found

    # work

    def owner(self, shop: Shop) -> str:
        reps = {row["rep_id"]: row for row in self.lake["reps"]}
        beats = {row["beat_id"]: row["rep_id"] for row in self.lake["beats"]}
        rep = reps.get(beats.get(shop.row["beat_id"], ""))
        if rep and (rep.get("active_to") or date.max) >= self.as_of:
            return rep["rep_name"]
        of_territory = [r["manager_name"] for r in reps.values() if r["territory"] == territory_of(shop.row)]
        managers = [rep["manager_name"]] if rep and rep["manager_name"] else [m for m in of_territory if m]
        if managers:
            return managers[0]
        names = {row["distributor_id"]: row["distributor_name"] for row in self.lake["distributors"]}
        return names.get(shop.row["distributor_id"], "sales office")

    def chance(self, shop: Shop) -> float | None:
        """How many of the channel's silences that were as long ended within the next 60 days."""
        silent = self.silent_days(shop)
        bands = [b for b in (14, 30, 60, 90, 180) if silent is not None and b <= silent]
        if not bands:
            return None
        # a band in which nobody of the channel was is none
        reached: dict[int, list[bool]] = {}
        for other in self.shops.values():
            if other.row["channel"] != shop.row["channel"]:
                continue
            for number, last in enumerate(other.days):
                after = other.days[number + 1] if number + 1 < len(other.days) else None
                for band in (14, 30, 60, 90, 180):
                    lasts = after is None or (after - last).days > band
                    if lasts and last + timedelta(days=band + 60) <= self.as_of:
                        reached.setdefault(band, []).append(after is not None and (after - last).days <= band + 60)
        usable = [band for band in bands if band in reached]
        return round(sum(reached[usable[-1]]) / len(reached[usable[-1]]), 4) if usable else None

    def pruned(self, seasonal: set[str]) -> set[str]:
        usual: dict[str, list[float]] = {}
        for shop in self.shops.values():
            if shop.state in TRADING:
                usual.setdefault(shop.row["channel"], []).append(self.monthly(shop) or 0)
        found = set()
        for name, shop in self.shops.items():
            if shop.state not in SILENT or name in seasonal:
                continue
            days = self.silent_days(shop)
            first = shop.last - timedelta(days=CAUSE - 1) if shop.last else None
            gone = first and any(code == "gone" and on >= first for on, code in shop.reports)
            opened = shop.row["opened_on"] or self.begins
            never = shop.state == "never_ordered" and (self.as_of - opened).days >= 180
            worthless = usual.get(shop.row["channel"]) and (self.monthly(shop) or 0) * 10 < median(
                usual[shop.row["channel"]]
            )
            if gone or never or (shop.state == "lost" and (days >= 365 or worthless)):
                found.add(name)
        return found

    def monthly(self, shop: Shop) -> float | None:
        """What it bought in 30 days, in the half year up to its last order."""
        return round(shop.bought(shop.last - timedelta(days=180), shop.last)[1] / 180, 4) * 30 if shop.last else None

    def actions(self) -> list[tuple]:
        """(outlet, last order, kind, day, number within the lapse, outcome)."""
        found = []
        for (name, last), lapse in self.lapses().items():
            shop = self.shops[name]
            lapsed, until = last + timedelta(days=LAPSE), lapse["returned_on"] or self.as_of
            done = {(v["visited_on"], "visit") for v in shop.visits if v["visited_on"]}
            done |= {(on, "coupon") for on in shop.coupons}
            for number, (on, kind) in enumerate(sorted(d for d in done if lapsed <= d[0] <= until), 1):
                due = on + timedelta(days=30)
                saved = lapse["returned_on"] is not None and lapse["returned_on"] <= due
                outcome = "saved" if saved else "not saved" if due <= self.as_of else "open"
                found.append((name, last, kind, on, number, outcome))
        return sorted(found)

    def outcomes(self) -> dict[str, tuple[int, int]]:
        """By kind how many lapses, and how many of them were saved."""
        found: dict[str, list[bool]] = {}
        actions = [a for a in self.actions() if a[4] == 1]
        closed = [a for a in actions if a[5] != "open"]
        for _, _, kind, _, _, outcome in closed:
            for group in (kind, "any"):
                found.setdefault(group, []).append(outcome == "saved")
        # where nobody acts, the day of the lapse
        usual = half_up(median([(on - last).days for _, last, _, on, _, _ in closed])) if closed else LAPSE
        for (name, last), lapse in self.lapses().items():
            looked, due = last + timedelta(days=usual), last + timedelta(days=usual + 30)
            if (lapse["returned_on"] and lapse["returned_on"] <= looked) or due > self.as_of:
                continue
            saved = lapse["returned_on"] is not None and lapse["returned_on"] <= due
            if not any(a[:2] == (name, last) and a[3] <= due for a in actions):
                found.setdefault("none", []).append(saved)
            number = int(md5(f"shop:{name} {last}".encode()).hexdigest()[:12], 16) % 100
            found.setdefault("held out" if number < 10 else "not held out", []).append(saved)
        return {kind: (len(results), sum(results)) for kind, results in found.items()}

    def scorecards(self) -> dict[tuple[date, str], dict[str, float]]:
        """By month and rep: visits, deliveries, targets, and lapses that nobody did anything about."""
        found: dict[tuple[date, str], Counter] = {}
        beats = {row["beat_id"]: row["rep_id"] for row in self.lake["beats"]}

        def count(on: date, rep: str | None, **facts) -> None:
            found.setdefault((month_of(on), rep or "unknown"), Counter()).update(facts)

        for shop in self.shops.values():
            for visit in shop.visits:
                if visit["planned_on"] and visit["planned_on"] <= self.as_of:
                    kept = visit["visited_on"] is not None
                    count(visit["planned_on"], visit["rep_id"], planned_visits=1, planned_visits_done=int(kept))
                if visit["visited_on"]:
                    count(visit["visited_on"], visit["rep_id"], visits=1, visits_with_order=int(visit["strikes"]))
            for on, ordered, came in shop.deliveries:
                count(on, beats.get(shop.beat_on(on)), ordered_quantity=ordered, delivered_quantity=came)
        for (name, last), _ in self.lapses().items():
            shop, lapsed = self.shops[name], last + timedelta(days=LAPSE)
            contacts = [v["visited_on"] for v in shop.visits if v["visited_on"]] + shop.coupons
            if not any(last + timedelta(days=CHURN) <= on <= lapsed for on in contacts):
                count(lapsed, beats.get(shop.beat_on(lapsed)), missed_signals=1)
        for row in self.lake["targets"]:
            if row["rep_id"]:
                count(row["month_start"], row["rep_id"], target_outlets=row["revived_outlets"])
        return {
            key: {n: float(v) for n, v in facts.items() if v} for key, facts in found.items() if any(facts.values())
        }


def share(counts: Counter, part: str, whole: str) -> float | None:
    """Percent; None of nothing."""
    return 100 * counts[part] / counts[whole] if counts[whole] else None


def territory_of(row: dict) -> str:
    return row.get("territory") or "unknown"


def half_up(number: float) -> int:
    return int(number + 0.5)


def newcombe(saved: int, of: int, saved_alone: int, of_alone: int) -> tuple[float, float]:
    """The interval of a difference of two shares, from Wilson's interval of each."""

    def wilson(k: int, n: int) -> tuple[float, float]:
        z = 1.959964
        middle, half = (k + z * z / 2) / (n + z * z), z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
        return middle - half, middle + half

    one, two = saved / of, saved_alone / of_alone
    (low_one, high_one), (low_two, high_two) = wilson(saved, of), wilson(saved_alone, of_alone)
    return (
        one - two - sqrt((one - low_one) ** 2 + (high_two - two) ** 2),
        one - two + sqrt((high_one - one) ** 2 + (two - low_two) ** 2),
    )
