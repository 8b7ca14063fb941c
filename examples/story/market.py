"""The invented market: who the outlets are, how they order, and why and when some fall silent. The truth."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

CAUSES = ("rep_left", "stock_out", "poor_fill", "no_promotion", "competitor", "closed", "recoded")
CHANNELS = ("grocery", "kiosk", "pharmacy", "beach bar")
PRODUCTS = [(f"P{n:03d}", f"{kind} {size}", kind, price) for n, (kind, size, price) in enumerate(
    (kind, size, round(base * factor, 2))
    for kind, base in (("Cola", 1.1), ("Ginger", 1.3), ("Lemon", 1.2), ("Water", 0.6), ("Malt", 1.6), ("Iced tea", 1.4))
    for size, factor in (("small", 1), ("large", 1.8), ("crate", 9))
)]  # fmt: skip


@dataclass(frozen=True)
class Market:
    """A distributor with its market."""

    feed: str
    country: str
    region: str
    towns: tuple[str, ...]
    rate: float  # local currency for one dollar


MARKETS = (
    Market("nusantara", "ID", "Java", ("Bandung", "Cirebon", "Bogor"), 15600.0),
    Market("carpati", "RO", "Transilvania", ("Braşov", "Făgăraş", "Târgu Mureş"), 4.6),
    Market("serra", "BR", "Sul", ("Caxias", "Gramado"), 5.4),
)


@dataclass
class Order:
    """One order as it really was."""

    number: str
    on: date
    minute: int  # of the local day
    lines: list[tuple[str, int, float]]  # product, units, dollars
    status: str = "delivered"
    kind: str = "sale"
    corrected: bool = False  # first delivered with a wrong amount
    late_days: int = 0

    @property
    def dollars(self) -> float:
        return sum(line[2] for line in self.lines)


@dataclass
class Outlet:
    """An outlet and its whole true history."""

    market: Market
    number: str
    name: str
    channel: str
    beat: int
    cycle: int
    basket: list[int]
    size: int
    opened: date
    cause: str = "none"
    silent_from: date | None = None
    moved_on: date | None = None
    in_master: bool = True
    replaces: str = ""
    orders: list[Order] = field(default_factory=list)

    def beat_on(self, day: date) -> int:
        """The beat that serves it: a move takes it to the next one."""
        return (self.beat + 1) % len(self.market.towns) * 10 if self.moved_on and day >= self.moved_on else self.beat


def invent(outlets: int, days: int, seed: int, end: date) -> list[Outlet]:
    """All outlets with their orders; the same arguments give the same market."""
    chance = random.Random(seed)
    start = end - timedelta(days=days - 1)
    invented: list[Outlet] = []
    for serial in range(outlets):
        market = MARKETS[(serial % 10 > 4) + (serial % 10 > 7)]
        outlet = _outlet(chance, market, f"{market.country}{serial:06d}", start, days)
        _fate(chance, outlet, start, end)
        _history(chance, outlet, start, end)
        invented.append(outlet)
        if outlet.cause == "recoded" and outlet.silent_from:
            heir = _outlet(chance, market, f"{market.country}{serial + 500_000:06d}", start, days)
            heir.name, heir.channel, heir.beat, heir.replaces = outlet.name, outlet.channel, outlet.beat, outlet.number
            heir.opened, heir.cycle, heir.moved_on, heir.in_master = outlet.silent_from, outlet.cycle, None, True
            _history(chance, heir, outlet.silent_from, end)
            invented.append(heir)
    return invented


def _outlet(chance: random.Random, market: Market, number: str, start: date, days: int) -> Outlet:
    words = ("Toko", "Magazin", "Mercado")[MARKETS.index(market)]
    opened = start if chance.random() < 0.8 else start + timedelta(days=chance.randrange(days * 3 // 4))
    return Outlet(
        market=market,
        number=number,
        name=f"{words} {chance.choice(('Sari', 'Luna', 'Nova', 'Ştefan', 'Bela', 'Jaya', 'Căprioara'))} {number[-3:]}",
        channel=chance.choice(CHANNELS[:3]),
        beat=chance.randrange(len(market.towns)) * 10 + chance.randrange(3),
        cycle=chance.choice((3, 5, 7, 7, 10, 14, 21)),
        basket=sorted(chance.sample(range(len(PRODUCTS)), chance.randrange(2, 6))),
        size=chance.randrange(2, 30),
        opened=opened,
        moved_on=start + timedelta(days=days // 2) if chance.random() < 0.05 else None,
        in_master=chance.random() > 0.01,
    )


def _fate(chance: random.Random, outlet: Outlet, start: date, end: date) -> None:
    drawn = chance.random()
    lived = (end - outlet.opened).days
    if drawn < 0.03:
        outlet.cause = "never_ordered"
    elif drawn < 0.06:
        outlet.cause = "one_order"
    elif drawn < 0.10:
        outlet.cause, outlet.channel = "seasonal", "beach bar"
    elif drawn < 0.27 and lived > 60:
        outlet.cause = chance.choice(CAUSES)
        outlet.silent_from = outlet.opened + timedelta(days=chance.randrange(40, lived))
        if outlet.cause == "rep_left":  # the whole of a beat's vacancy is seen in its visits
            outlet.in_master = True


def _history(chance: random.Random, outlet: Outlet, start: date, end: date) -> None:
    if outlet.cause == "never_ordered":
        return
    last = min(end, outlet.silent_from - timedelta(days=1) if outlet.silent_from else end)
    last -= timedelta(days=6 if outlet.market.feed == "serra" and last > end - timedelta(days=6) else 0)
    day = outlet.opened + timedelta(days=chance.randrange(outlet.cycle))
    number = 0
    while day <= last:
        if outlet.cause != "seasonal" or day.month in (5, 6, 7, 8, 9):
            number += 1
            outlet.orders.append(_order(chance, outlet, f"{outlet.number}-{number:04d}", day))
            if outlet.cause == "one_order":
                return
        day += timedelta(days=max(1, round(chance.gauss(outlet.cycle, outlet.cycle / 5))))


def _order(chance: random.Random, outlet: Outlet, number: str, day: date) -> Order:
    chosen = [index for index in outlet.basket if chance.random() < 0.8] or outlet.basket[:1]
    lines = []
    for index in chosen:
        units = max(1, round(outlet.size * chance.uniform(0.6, 1.4)))
        lines.append((PRODUCTS[index][0], units, round(units * PRODUCTS[index][3], 2)))
    order = Order(number, day, chance.randrange(7 * 60, 23 * 60 + 55), lines)
    drawn = chance.random()
    if drawn < 0.02:
        order.status = "cancelled"
    elif drawn < 0.03:
        order.kind = "return"
    elif drawn < 0.05:
        order.corrected = True
    elif drawn < 0.08:
        order.late_days = chance.randrange(1, 40)
    return order
