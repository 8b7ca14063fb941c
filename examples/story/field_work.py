"""What happens at an outlet: orders, visits, coupons, reports. Here the causes of silence leave their traces."""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from examples.story.market import COMMON, FAR, PRODUCTS, Beat, Coupon, Market, Order, Outlet, Times, Visit
from examples.story.stories import vacancy

ROUND_GOES_ON = 28  # days that the round still comes by after a last order
PLAN_AHEAD = 14  # days after the end for which visits are planned
CAMPAIGN_EVERY, CAMPAIGN_LASTS = 28, 21
EFFORT_FOR = 100  # days before silence on which ordering was laborious
SHORT_FOR = 70  # days before silence on which deliveries were short
SAID = {
    "rep_left": ("no_visits", "nobody came by any more"),
    "stock_out": ("not_available", "what we sell was not to be had"),
    "poor_fill": ("short_deliveries", "half of the order was missing"),
    "no_promotion": ("price", "others get offers"),
    "ordering_effort": ("hard_to_order", "ordering takes too long"),
    "competitor": ("competitor", "another brand took the shelf"),
}


@dataclass(frozen=True)
class Rep:
    """A sales rep; `until` is empty while at work."""

    code: str
    name: str
    town: int
    since: date
    until: date | None = None


@dataclass
class Team:
    """The reps of a market and the beats that they walk."""

    market: Market
    times: Times
    beats: list[Beat]
    _reps: dict[tuple[int, int], list[Rep]] = field(default_factory=dict)
    _rounds: dict[Beat, list[date]] = field(default_factory=dict)

    def reps_of(self, beat: Beat) -> list[Rep]:
        """Who walks the beat, in turn. Two beats share a rep; every third pair gets a new one during the story."""
        pair = FAR if beat.index == FAR else beat.index // 2
        place = (beat.town, pair)
        if place not in self._reps:
            self._reps[place] = list(self._succession(*place))
        return self._reps[place]

    def _succession(self, town: int, pair: int) -> Iterator[Rep]:
        code, people, times = f"R{town}{pair:02d}", self.market.people, self.times
        names = [people[(3 * town + pair + step) % len(people)] for step in (0, 1)]
        hired = times.start - timedelta(days=200 + 90 * (pair % 7))
        leaves = starts = None
        if pair == FAR:
            leaves, starts = vacancy(self.market, times)
        elif pair % 3 == 1:
            leaves = starts = times.share(0.35 + 0.15 * town)
        yield Rep(code, names[0], town, hired, leaves - timedelta(days=1) if leaves else None)
        if starts and starts <= times.end:
            yield Rep(f"{code}n", names[1], town, starts)

    def rep_on(self, beat: Beat, day: date) -> Rep:
        """Whose name is on the beat; one who left stays on paper until the next one starts."""
        return [rep for rep in self.reps_of(beat) if rep.since <= day][-1]

    def nobody(self, beat: Beat, day: date) -> bool:
        """Whether the beat has no rep at work."""
        until = self.rep_on(beat, day).until
        return until is not None and day > until

    def rounds(self, beat: Beat, first: date, last: date) -> list[date]:
        """The beat's days from a day to a day."""
        if beat not in self._rounds:
            plan_end = self.times.end + timedelta(days=PLAN_AHEAD)
            self._rounds[beat] = list(beat.rounds(self.times.start, plan_end))
        days = self._rounds[beat]
        return days[bisect_left(days, first) : bisect_right(days, last)]


def happen(shop: Outlet, team: Team, seed: int) -> None:
    """Turn the outlet's planned days into orders, and lead its visits, coupons and reports."""
    chance = random.Random(f"{seed}-{shop.number}-field")
    times = team.times
    _sell(shop, chance, times)
    _visit(shop, team, chance)
    _say_how_ordered(shop, team, chance)
    _give_coupons(shop, chance, times)
    _report(shop, chance, times)


def _sell(shop: Outlet, chance: random.Random, times: Times) -> None:
    """An order on each planned day, and now and then a cancelled one, a return, a late or a corrected one."""
    horizon = times.horizon(shop.distributor)
    for day, size in shop.plan:
        number = f"{shop.number}-{len(shop.orders) + 1:04d}"
        order = Order(number, day, chance.randrange(7 * 60, 23 * 60 + 55), _lines(shop, chance, times, day, size))
        shop.orders.append(order)
        drawn = chance.random()
        if drawn < 0.02:
            shop.orders.append(Order(f"{number}x", day, order.minute, order.lines, status="cancelled"))
        elif drawn < 0.03:
            back = min(day + timedelta(days=chance.randrange(1, 6)), horizon)
            if back >= day:
                shop.orders.append(Order(f"{number}r", back, order.minute, order.lines[:1], kind="return"))
        elif drawn < 0.05:
            order.corrected = True
        elif drawn < 0.08:
            order.late_days = min(chance.randrange(1, 40), max(0, (horizon - day).days))


def _lines(shop: Outlet, chance: random.Random, times: Times, day: date, size: float) -> list[tuple[str, int, float]]:
    basket, much = shop.basket, shop.size * size
    if shop.short_stock and shop.short_stock[0] <= day <= shop.short_stock[1]:
        basket = [place for place in basket if place < COMMON]
    elif shop.cause == "ordering_effort" and shop.before_silence(day, times.scaled(EFFORT_FOR)):
        # the same money in many small lines
        much *= len(basket) / 11
        basket = [(basket[0] + place) % COMMON for place in range(11)]
    chosen = [place for place in basket if chance.random() < 0.96] or basket[:1]
    lines = []
    for place in chosen:
        product = PRODUCTS[place]
        units = max(1, round(much * chance.uniform(0.88, 1.12)))
        lines.append((product.sku, units, round(units * round(product.price * shop.market.rate, 2), 2)))
    return lines


def _on_the_round(shop: Outlet, times: Times) -> Iterator[tuple[date, date]]:
    """Days on which the outlet's beat has it on the plan: while it trades, and some weeks after."""
    horizon = times.horizon(shop.distributor)
    planned_to = times.end + timedelta(days=PLAN_AHEAD) if horizon == times.end else horizon
    if shop.story == "never_ordered":
        yield max(shop.opened, times.start), planned_to
        return
    free = times.start
    for spell in shop.spells:
        first = max(free, shop.opened, spell.first - timedelta(days=0 if spell.first == shop.returned_on else 21))
        last = spell.last + timedelta(days=times.scaled(ROUND_GOES_ON))
        if spell.open_end:
            last = planned_to
        elif shop.closed_on and shop.closed_on > spell.last:
            last = shop.closed_on + timedelta(days=14)
        elif shop.replaced_by or shop.hold_from:
            last = spell.last
        yield first, min(last, planned_to)
        free = last + timedelta(days=1)


def _visit(shop: Outlet, team: Team, chance: random.Random) -> None:
    times = team.times
    horizon = times.horizon(shop.distributor)
    sold = {order.on: order for order in shop.orders if order.counts}
    for first, last in _on_the_round(shop, times):
        for beat in filter(None, (shop.beat, shop.next_beat)):
            for planned in team.rounds(beat, first, last):
                if shop.beat_on(planned) != beat:
                    continue
                visited = _done(chance, planned, team.nobody(beat, planned))
                _add_visit(shop, team, beat, planned, visited if visited and visited <= horizon else None, sold)
    if shop.action == "visit" and shop.acted_on:
        _add_visit(shop, team, shop.beat_on(shop.acted_on), shop.acted_on, shop.acted_on, sold)
    for visit in shop.visits:
        if visit.visited and not visit.order:
            shut = shop.closed_on and visit.visited >= shop.closed_on and not _open_again(shop, visit.visited)
            visit.outcome = "closed" if shut or chance.random() < 0.02 else "no_order"


def _done(chance: random.Random, planned: date, nobody: bool) -> date | None:
    drawn = chance.random()
    if nobody or drawn < 0.04:
        return None
    return planned + timedelta(days=1) if drawn < 0.08 else planned


def _open_again(shop: Outlet, day: date) -> bool:
    return shop.reopened_on is not None and day >= shop.reopened_on


def _add_visit(
    shop: Outlet, team: Team, beat: Beat, planned: date, visited: date | None, sold: dict[date, Order]
) -> None:
    number = f"V{shop.number}-{len(shop.visits) + 1:03d}"
    visit = Visit(number, team.rep_on(beat, planned).code, beat.code, planned, visited)
    order = sold.get(visited) if visited else None
    if order and not order.visit:
        visit.order, visit.outcome, order.visit = order, "order", number
    shop.visits.append(visit)


def _say_how_ordered(shop: Outlet, team: Team, chance: random.Random) -> None:
    """Self-service is usual, also while the rep stands by; some have to dictate line by line."""
    for order in shop.orders:
        drawn = chance.random()
        laborious = shop.cause == "ordering_effort" and shop.before_silence(order.on, team.times.scaled(EFFORT_FOR))
        if laborious:
            order.through = "rep" if order.visit else "phone"
        elif order.visit:
            order.through = "rep" if drawn < 0.15 else "self_service"
        else:
            order.through = "phone" if drawn < 0.05 else "self_service"
        if order.through == "rep":
            order.rep = team.rep_on(shop.beat_on(order.on), order.on).code


def campaigns(times: Times) -> list[tuple[str, date, date]]:
    """Promotions: number, first and last day."""
    found: list[tuple[str, date, date]] = []
    day = times.start + timedelta(days=7)
    while day <= times.end:
        found.append((f"OFFER{len(found) + 1:02d}", day, day + timedelta(days=CAMPAIGN_LASTS)))
        day += timedelta(days=CAMPAIGN_EVERY)
    return found


def _give_coupons(shop: Outlet, chance: random.Random, times: Times) -> None:
    """Each campaign serves outlets that ordered of late, nearly all of them; a part uses the coupon."""
    horizon = times.horizon(shop.distributor)
    bought = sorted(order.on for order in shop.orders if order.counts)
    for promotion, first, last in campaigns(times) if shop.cause != "no_promotion" else ():
        issued = first + timedelta(days=chance.randrange(4))
        drawn = chance.random()
        place = bisect_left(bought, issued)
        recent = place > 0 and (issued - bought[place - 1]).days <= times.scaled(ROUND_GOES_ON)
        if not recent or drawn > 0.96 or issued > horizon:
            continue
        use = bought[place] if place < len(bought) and drawn < 0.4 else None
        shop.coupons.append(Coupon(promotion, issued, use if use and use <= min(last, horizon) else None))
    if shop.action == "coupon" and shop.acted_on:
        shop.coupons.append(Coupon("WINBACK", shop.acted_on, shop.returned_on))


def _report(shop: Outlet, chance: random.Random, times: Times) -> None:
    """What reps hear. Of competitors before the last order; of the rest only sometimes, and when it is too late."""
    if shop.story != "silent" or shop.silent_from is None or shop.cause not in SAID:
        return
    code, note = SAID[shop.cause]
    later = shop.silent_from + timedelta(days=chance.randrange(10, 25))
    if shop.cause == "competitor":
        shop.reasons.append((shop.silent_from - timedelta(days=chance.randrange(3, 15)), code, "a cooler was put up"))
    elif chance.random() > 0.3:
        return
    if later <= times.horizon(shop.distributor):
        shop.reasons.append((later, code, note))
