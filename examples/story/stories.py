"""Who gets which story, and what each story means for the days on which an outlet orders."""

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from itertools import cycle as endless

from examples.story.market import (
    COMMON,
    FAR,
    MARKETS,
    NICHE_LINES,
    Beat,
    Distributor,
    Market,
    Outlet,
    Spell,
    Times,
    niche_line,
)

CHANNELS = ("grocery", "kiosk", "pharmacy")
CAUSES = ("rep_left", "stock_out", "poor_fill", "no_promotion", "ordering_effort", "competitor", "none")
RESTED = 62  # days of silence before anybody acts
RETURN_AFTER_ACTION, NATURAL_RETURN = 0.5, 0.05

# outlets of each story, or of each cause of silence, among 600, 360 and 240 outlets of the three markets
QUOTAS: dict[str, tuple[int, int, int]] = {
    "never_ordered": (14, 9, 6),
    "one_order": (14, 9, 6),
    "new": (24, 14, 10),
    "seasonal": (16, 16, 16),
    "on_hold": (10, 6, 4),
    "closed": (12, 8, 5),
    "recoded": (12, 8, 4),
    "moved_distributor": (0, 0, 12),
    "reopened": (6, 4, 2),
    "moved_beat": (18, 10, 8),
    "slow_goodbye": (14, 9, 5),
    "sales_drop": (14, 9, 5),
    "recovered": (12, 8, 4),
    "rep_left": (12, 10, 8),
    "stock_out": (12, 8, 4),
    "poor_fill": (12, 8, 4),
    "no_promotion": (12, 8, 4),
    "ordering_effort": (14, 10, 0),
    "competitor": (12, 8, 4),
    "none": (16, 10, 6),
}
OF = (600, 360, 240)


def invent(times: Times, outlets: int, seed: int) -> list[Outlet]:
    """All outlets with story and order days; the same arguments give the same market."""
    invented: list[Outlet] = []
    serials: dict[str, list[int]] = defaultdict(list)
    for serial in range(outlets):
        serials[MARKETS[(serial % 10 > 4) + (serial % 10 > 7)].feed].append(serial)
    for market in MARKETS:
        chance = random.Random(f"{seed}-{market.feed}")
        shops = _shops(market, serials[market.feed], times, chance)
        _share_out_stock_outs(shops, times, chance)
        for shop in shops:
            own = random.Random(f"{seed}-{shop.number}")
            heir = _live(shop, own, times)
            invented += [shop, heir] if heir else [shop]
    return invented


def vacancy(market: Market, times: Times) -> tuple[date, date]:
    """When the rep of the far beat leaves, and when the next one starts."""
    last = min(times.horizon(distributor) for distributor in market.distributors[:1])
    left = last - timedelta(days=times.scaled(85) + round(0.3 * times.days * market.vacancy))
    return left, left + timedelta(days=times.scaled(115))


def _deck(market: Market, size: int, chance: random.Random) -> list[str]:
    """One card for each outlet: its story, or the cause of its silence. Rounded so that no rare story is lost."""
    place, due = MARKETS.index(market), 0.0
    cards: list[str] = []
    for name, quota in QUOTAS.items():
        due += quota[place] * size / OF[place]
        cards += [name] * (round(due) - len(cards))
    cards += ["steady"] * (size - len(cards))
    chance.shuffle(cards)
    return cards


def _shops(market: Market, serials: list[int], times: Times, chance: random.Random) -> list[Outlet]:
    deck = _deck(market, len(serials), chance)
    cells = [(town, channel) for town in range(len(market.towns)) for channel in CHANNELS]
    chance.shuffle(cells)
    seats, channels, distributors = endless(cells), endless(CHANNELS), endless(market.distributors)
    beats = max(6, len(serials) // len(market.towns) // 60)
    survivors = deck.count("rep_left") // 5  # outlets of the far beat that keep ordering without visits
    shops = []
    for serial, card in zip(serials, deck, strict=True):
        if card == "rep_left" or (card == "steady" and survivors > 0):
            survivors -= card == "steady"
            town, channel, index = 0, next(channels), FAR
        else:
            (town, channel), index = next(seats), chance.randrange(beats)
        if card == "seasonal":
            town, channel = len(market.towns) - 1, market.season_channel
        distributor = market.distributors[0] if index == FAR else next(distributors)
        shop = _shop(market, distributor, serial, Beat(market, town, index), channel, times, chance)
        shop.story, shop.cause = ("silent", card) if card in CAUSES else (card, "")
        if card == "steady" and index == FAR:
            shop.note = "its beat has no rep for a while; it orders on its own"
        shops.append(shop)
    return shops


def _shop(
    market: Market,
    distributor: Distributor,
    serial: int,
    beat: Beat,
    channel: str,
    times: Times,
    chance: random.Random,
) -> Outlet:
    town, streets = market.towns[beat.town], market.streets
    name = f"{chance.choice(market.shop_words)} {chance.choice(market.shop_names)}"
    return Outlet(
        market=market,
        distributor=distributor,
        serial=serial,
        number=f"{distributor.prefix}{serial:06d}",
        name=name,
        # street and house number come once: two shops are one place only when a story says so
        address=f"{streets[serial % len(streets)]} {serial // len(streets) + 1}",
        latitude=round(town.latitude + chance.gauss(0, 0.02), 5),
        longitude=round(town.longitude + chance.gauss(0, 0.02), 5),
        contact=chance.choice(market.people),
        channel=channel,
        beat=beat,
        cycle=chance.choice((5, 7, 7, 7, 10, 14, 14)),
        size=chance.choice((6, 12, 24, 48)),
        basket=sorted(chance.sample(range(COMMON), chance.randrange(3, 6))),
        opened=times.start - timedelta(days=chance.randrange(120, 3000)),
    )


def _share_out_stock_outs(shops: list[Outlet], times: Times, chance: random.Random) -> None:
    """Each distributor runs out of up to three niche lines, each of which a few outlets live on."""
    for distributor in {shop.distributor.prefix: shop.distributor for shop in shops}.values():
        hit = [shop for shop in shops if shop.cause == "stock_out" and shop.distributor == distributor]
        lines = min(NICHE_LINES - 1, max(1, len(hit) // 4))
        for line in range(lines):
            group = hit[line::lines]
            stops = _stop_day(group[0], chance, times, times.scaled(30)) if group else times.end
            for shop in group:
                shop.basket = [*shop.basket[:2], *niche_line(line)]
                shop.short_stock = (
                    stops - timedelta(days=times.scaled(50)),
                    stops + timedelta(days=times.scaled(24)),
                )
    for shop in shops:
        if shop.story == "steady" and chance.random() < 0.1:
            shop.basket = [*shop.basket, *niche_line(NICHE_LINES - 1)]


def _live(shop: Outlet, chance: random.Random, times: Times) -> Outlet | None:
    """Let the outlet's story happen; an heir is the same shop under its next number."""
    STORIES[shop.story](shop, chance, times)
    if shop.story not in ("recoded", "moved_distributor"):
        return None
    return _heir(shop, chance, times)


def trade(
    shop: Outlet,
    chance: random.Random,
    times: Times,
    first: date,
    last: date | None = None,
    pace: Callable[[date], tuple[float, float]] = lambda day: (1.0, 1.0),
    at_once: bool = False,
) -> None:
    """Plan orders from a day to a day (open: the end) in the outlet's own rhythm.

    Most outlets keep to the days of their rep's round. `pace` gives, for a day, how much larger the order and how
    much longer the wait for the next one is than usual.
    """
    until = last or times.end
    first, from_ordinal = max(first, times.start), max(first, times.start).toordinal()
    if at_once:
        position = float(from_ordinal)
    elif chance.random() < 0.7:
        position = float(next(shop.beat_on(first).rounds(first, first + timedelta(days=30))).toordinal())
    else:
        position = float(from_ordinal + chance.randrange(shop.cycle))
    planned: list[tuple[date, float]] = []
    while position <= until.toordinal():
        drawn = chance.random()
        day = date.fromordinal(round(position) + (drawn < 0.15) - (drawn > 0.85))
        if at_once and not planned:
            day = first
        elif drawn < 0.8:
            day = _near_round(shop.beat_on(day), day)
        size, wait = pace(day)
        if first <= day <= until and (not planned or day > planned[-1][0]):
            planned.append((day, size))
        position += shop.cycle * wait
    planned = planned or [(min(first, until), pace(first)[0])]
    shop.plan += planned
    shop.spells.append(Spell(planned[0][0], planned[-1][0], last is None))


def _near_round(beat: Beat, day: date) -> date:
    """The day of the round, where one is a day away."""
    for step in (0, 1, -1):
        if beat.due(day + timedelta(days=step)):
            return day + timedelta(days=step)
    return day


def _some_day(shop: Outlet, chance: random.Random, times: Times, part: float, least: int) -> date:
    """A day after a part of the story, with at least so many days still to come."""
    first, last = times.share(part), times.horizon(shop.distributor) - timedelta(days=least)
    day = first + timedelta(days=chance.randrange(max(1, (last - first).days)))
    return min(times.clear_of_hole(shop.market, day), last)


def _stop_day(shop: Outlet, chance: random.Random, times: Times, least: int) -> date:
    """A day to stop: history enough before it, at least so many days of silence after it."""
    return _some_day(shop, chance, times, 0.45, least)


def _stop(shop: Outlet, chance: random.Random, times: Times, day: date) -> date:
    """Trade up to a day; returns the first day of silence."""
    trade(shop, chance, times, times.start, day)
    shop.silent_from = shop.plan[-1][0] + timedelta(days=1)
    return shop.silent_from


def _come_back(shop: Outlet, chance: random.Random, times: Times, day: date) -> None:
    shop.returned_on = day
    trade(shop, chance, times, day, at_once=True)


def _steady(shop: Outlet, chance: random.Random, times: Times) -> None:
    if shop.beat.index != FAR and chance.random() < 0.12:
        shop.opened = times.share(chance.uniform(0.1, 0.6))
    if not shop.note and chance.random() < 0.015:
        shop.in_master, shop.note = False, "orders without a row in the master"
    trade(shop, chance, times, shop.opened)


def _never_ordered(shop: Outlet, chance: random.Random, times: Times) -> None:
    if chance.random() < 0.5:
        shop.opened = times.share(chance.uniform(0.1, 0.8))


def _one_order(shop: Outlet, chance: random.Random, times: Times) -> None:
    day = _some_day(shop, chance, times, 0.15, times.scaled(10))
    shop.opened = max(times.start, day - timedelta(days=chance.randrange(1, 15)))
    trade(shop, chance, times, day, day, at_once=True)
    shop.silent_from = day + timedelta(days=1)


def _new(shop: Outlet, chance: random.Random, times: Times) -> None:
    age = chance.randrange(times.scaled(15), times.scaled(80))
    shop.opened = times.horizon(shop.distributor) - timedelta(days=age)
    trade(shop, chance, times, shop.opened + timedelta(days=1))


def _seasonal(shop: Outlet, chance: random.Random, times: Times) -> None:
    """Open in its months only; the weeks of a season that the story catches make a spell each."""
    months = shop.market.season_months
    day = times.start
    while day <= times.end:
        if day.month not in months:
            day += timedelta(days=1)
            continue
        first = day
        while day <= times.end and day.month in months:
            day += timedelta(days=1)
        trade(shop, chance, times, first, day - timedelta(days=1) if day <= times.end else None)
    if shop.spells and not shop.spells[-1].open_end:
        shop.silent_from, shop.note = shop.spells[-1].last + timedelta(days=1), "out of season"


def _on_hold(shop: Outlet, chance: random.Random, times: Times) -> None:
    released = chance.random() < 0.5
    silent = _stop(shop, chance, times, _stop_day(shop, chance, times, times.scaled(90 if released else 25)))
    shop.hold_from, shop.note = silent, "still on hold"
    if released:
        shop.hold_to = silent + timedelta(days=times.scaled(chance.randrange(35, 65)))
        shop.note = "released"
        _come_back(shop, chance, times, shop.hold_to + timedelta(days=chance.randrange(1, 4)))


def _closed(shop: Outlet, chance: random.Random, times: Times) -> None:
    silent = _stop(shop, chance, times, _stop_day(shop, chance, times, times.scaled(15)))
    shop.closed_on = silent + timedelta(days=chance.randrange(5))


def _reopened(shop: Outlet, chance: random.Random, times: Times) -> None:
    silent = _stop(shop, chance, times, _stop_day(shop, chance, times, times.scaled(90)))
    shop.closed_on = silent
    shop.reopened_on = silent + timedelta(days=times.scaled(chance.randrange(40, 65)))
    _come_back(shop, chance, times, shop.reopened_on + timedelta(days=chance.randrange(3)))


def _renumbered(shop: Outlet, chance: random.Random, times: Times) -> None:
    _stop(shop, chance, times, _stop_day(shop, chance, times, times.scaled(35)))


def _heir(shop: Outlet, chance: random.Random, times: Times) -> Outlet:
    """The same shop, name, address and habits under another number."""
    assert shop.silent_from is not None
    elsewhere = [d for d in shop.market.distributors if d != shop.distributor]
    distributor = elsewhere[0] if shop.story == "moved_distributor" else shop.distributor
    heir = Outlet(
        market=shop.market,
        distributor=distributor,
        serial=500_000 + shop.serial,
        number=f"{distributor.prefix}{500_000 + shop.serial:06d}",
        name=shop.name,
        address=shop.address,
        latitude=shop.latitude,
        longitude=shop.longitude,
        contact=shop.contact,
        channel=shop.channel,
        beat=shop.beat,
        cycle=shop.cycle,
        size=shop.size,
        basket=shop.basket,
        opened=shop.silent_from,
        replaces=shop.number,
        # a distributor does not know the numbers of another one
        parent_known=shop.story == "recoded" and chance.random() < 0.5,
        note=f"continues {shop.number}",
    )
    shop.replaced_by = heir.number
    trade(heir, chance, times, shop.silent_from + timedelta(days=chance.randrange(1, shop.cycle)), at_once=True)
    return heir


def _moved_beat(shop: Outlet, chance: random.Random, times: Times) -> None:
    shop.moved_on = times.share(chance.uniform(0.3, 0.8))
    shop.next_beat = Beat(shop.market, shop.beat.town, (shop.beat.index + 1) % 6)
    trade(shop, chance, times, times.start)


def _slow_goodbye(shop: Outlet, chance: random.Random, times: Times) -> None:
    """Down to a fifth of the size and a third of the orders; half of them then stop."""
    shop.cycle = min(shop.cycle, 7)
    stops = chance.random() < 0.5
    horizon = times.horizon(shop.distributor)
    last = horizon - timedelta(days=times.scaled(chance.randrange(20, 50))) if stops else None
    begin, length = times.share(0.3), (last or horizon) - times.share(0.3)

    def fading(day: date) -> tuple[float, float]:
        gone = min(1.0, max(0.0, (day - begin) / length))
        return 1 - 0.8 * gone, 1 + 2 * gone

    trade(shop, chance, times, times.start, last, fading)
    shop.note = "nearly stopped"
    if stops:
        shop.silent_from, shop.note = shop.plan[-1][0] + timedelta(days=1), "stopped"


def _sales_drop(shop: Outlet, chance: random.Random, times: Times) -> None:
    """A bad last month: smaller orders, or fewer."""
    fewer = chance.random() < 0.5
    shop.cycle = 5 if fewer else min(shop.cycle, 7)
    since = times.horizon(shop.distributor) - timedelta(days=29)

    def dropping(day: date) -> tuple[float, float]:
        if day < since:
            return 1.0, 1.0
        return (1.0, 3.0) if fewer else (0.3, 1.0)

    trade(shop, chance, times, times.start, None, dropping)
    shop.note = "fewer orders" if fewer else "smaller orders"


def _recovered(shop: Outlet, chance: random.Random, times: Times) -> None:
    recent = times.horizon(shop.distributor) - timedelta(days=times.scaled(chance.randrange(5, 26)))
    earlier = times.horizon(shop.distributor) - timedelta(days=times.scaled(chance.randrange(35, 50)))
    back = times.clear_of_hole(shop.market, recent if chance.random() < 0.6 else earlier)
    _stop(shop, chance, times, back - timedelta(days=times.scaled(chance.randrange(72, 105))))
    if chance.random() < 0.67:
        _act(shop, chance, back - timedelta(days=chance.randrange(times.scaled(10))))
    _come_back(shop, chance, times, back)


def _silent(shop: Outlet, chance: random.Random, times: Times) -> None:
    """Falls silent; what led to it is seen in the field work and the deliveries."""
    if shop.cause == "rep_left":
        left, _ = vacancy(shop.market, times)
        day = left + timedelta(days=times.scaled(chance.randrange(56, 80)))
    elif shop.short_stock:
        day = shop.short_stock[0] + timedelta(days=times.scaled(50) + chance.randrange(times.scaled(10)))
    else:
        day = _stop_day(shop, chance, times, times.scaled(18))
    _stop(shop, chance, times, min(day, times.horizon(shop.distributor) - timedelta(days=3)))
    _win_back(shop, chance, times)


def _win_back(shop: Outlet, chance: random.Random, times: Times) -> None:
    """Half of those that are silent long enough are acted upon; the others are left alone, on purpose."""
    assert shop.silent_from is not None
    day = shop.silent_from + timedelta(days=times.scaled(RESTED) + chance.randrange(times.scaled(28)))
    horizon = times.horizon(shop.distributor)
    if day > horizon - timedelta(days=times.scaled(10)):
        return
    day = times.clear_of_hole(shop.market, day)
    acted = chance.random() < 0.5
    if acted:
        _act(shop, chance, day)
    else:
        shop.holdout = True
    returns = chance.random() < (RETURN_AFTER_ACTION if acted else NATURAL_RETURN)
    back = times.clear_of_hole(shop.market, day + timedelta(days=chance.randrange(times.scaled(21))))
    if returns and back <= horizon - timedelta(days=2):
        _come_back(shop, chance, times, back)


def _act(shop: Outlet, chance: random.Random, day: date) -> None:
    shop.acted_on, shop.action = day, chance.choice(("visit", "coupon"))


STORIES: dict[str, Callable[[Outlet, random.Random, Times], None]] = {
    "steady": _steady,
    "never_ordered": _never_ordered,
    "one_order": _one_order,
    "new": _new,
    "seasonal": _seasonal,
    "on_hold": _on_hold,
    "closed": _closed,
    "reopened": _reopened,
    "recoded": _renumbered,
    "moved_distributor": _renumbered,
    "moved_beat": _moved_beat,
    "slow_goodbye": _slow_goodbye,
    "sales_drop": _sales_drop,
    "recovered": _recovered,
    "silent": _silent,
}
