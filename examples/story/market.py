"""The invented market: its places, goods and beats, and what is true of one outlet. No chance is drawn here."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

FAR = 99  # the index of a town's far beat: few outlets and a rep of its own


@dataclass(frozen=True)
class Town:
    """A sales territory."""

    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Distributor:
    """Who delivers; `late_days` before the end its files stop coming."""

    name: str
    prefix: str  # of its outlet numbers
    late_days: int = 0


@dataclass(frozen=True)
class Market:
    """A country with what one feed delivers from it."""

    feed: str
    country: str
    region: str
    currency: str
    rate: float  # local currency for one dollar
    towns: tuple[Town, ...]
    distributors: tuple[Distributor, ...]
    season_channel: str
    season_months: tuple[int, ...]
    holidays: tuple[tuple[int, int, str], ...]
    dialling_code: str
    shop_words: tuple[str, ...]
    shop_names: tuple[str, ...]
    streets: tuple[str, ...]
    people: tuple[str, ...]
    vacancy: float  # how early in the story its far beat loses its rep: 1 early, 0 late
    has_hole: bool = False  # some days of its past arrive nowhere
    tells_how_ordered: bool = True  # whether its files say through what an order came

    def holiday(self, day: date) -> bool:
        return any((day.month, day.day) == (month, number) for month, number, _ in self.holidays)


MARKETS = (
    Market(
        feed="nusantara",
        country="ID",
        region="Java",
        currency="IDR",
        rate=15600.0,
        towns=(Town("Bandung", -6.91, 107.61), Town("Cirebon", -6.72, 108.56), Town("Bogor", -6.60, 106.80)),
        distributors=(Distributor("Nusantara", "ID"),),
        season_channel="beach bar",
        season_months=(5, 6, 7, 8, 9),
        holidays=((1, 1, "Tahun Baru"), (6, 1, "Hari Pancasila"), (8, 17, "Hari Kemerdekaan"), (12, 25, "Natal")),
        dialling_code="+62",
        shop_words=("Toko", "Warung", "Kios"),
        shop_names=("Sari", "Jaya", "Melati", "Barokah", "Makmur", "Cahaya", "Rejeki", "Anggrek", "Sinar", "Mawar"),
        streets=("Jl. Merdeka", "Jl. Kenanga", "Jl. Asia Baru", "Jl. Pasar Lama", "Jl. Cempaka", "Jl. Sungai Raja"),
        people=("Agus Wijaya", "Siti Lestari", "Budi Santoso", "Rina Kusuma", "Dewi Utami", "Joko Prasetyo"),
        vacancy=1.0,
    ),
    Market(
        feed="carpati",
        country="RO",
        region="Transilvania",
        currency="RON",
        rate=4.6,
        towns=(Town("Braşov", 45.65, 25.60), Town("Făgăraş", 45.84, 24.97), Town("Târgu Mureş", 46.54, 24.56)),
        distributors=(Distributor("Carpati", "RO"),),
        season_channel="ski hut",
        season_months=(11, 12, 1, 2, 3),
        holidays=((1, 1, "Anul Nou"), (1, 24, "Ziua Unirii"), (5, 1, "Ziua Muncii"), (12, 1, "Ziua Naţională")),
        dialling_code="+40",
        shop_words=("Magazin", "Băcănia", "La"),
        shop_names=("Ştefan", "Căprioara", "Luna", "Ţăranul", "Nova", "Mioriţa", "Doi Fraţi", "Ileana", "Codrul"),
        streets=("Str. Morii", "Str. Ţebea", "Str. Lungă", "Bd. Unirii", "Str. Cetăţii", "Str. Bisericii"),
        people=("Ioana Munteanu", "Radu Şerban", "Mihai Ţurcanu", "Elena Popa", "Vlad Moraru", "Ana Crişan"),
        vacancy=0.5,
        has_hole=True,
    ),
    Market(
        feed="serra",
        country="BR",
        region="Sul",
        currency="BRL",
        rate=5.4,
        towns=(Town("Caxias", -29.17, -51.18), Town("Gramado", -29.38, -50.87)),
        distributors=(Distributor("Serra", "BR"), Distributor("Vale", "VL", late_days=9)),
        season_channel="pool bar",
        season_months=(11, 12, 1, 2, 3),
        holidays=((1, 1, "Ano Novo"), (4, 21, "Tiradentes"), (9, 7, "Independência"), (12, 25, "Natal")),
        dialling_code="+55",
        shop_words=("Mercado", "Mercearia", "Empório"),
        shop_names=("Bela Vista", "São João", "Nova Era", "do Zé", "Primavera", "Aurora", "Da Praça", "Boa Hora"),
        streets=("Rua das Flores", "Rua Sete", "Av. Central", "Rua do Moinho", "Rua Garibaldi", "Travessa Azul"),
        people=("Ana Souza", "Carlos Lima", "João Ferreira", "Marta Rocha", "Paulo Dias", "Luíza Ramos"),
        vacancy=0.1,
        tells_how_ordered=False,
    ),
)


@dataclass(frozen=True)
class Product:
    """A product and its price in dollars."""

    sku: str
    name: str
    category: str
    price: float


def _products() -> tuple[Product, ...]:
    """18 that everybody buys, then four lines of three that few buy."""
    drinks = (("Cola", 1.1), ("Ginger", 1.3), ("Lemon", 1.2), ("Water", 0.6), ("Malt", 1.6), ("Iced tea", 1.4))
    sizes = (("small", 1.0), ("large", 1.8), ("family", 3.0))
    common = [(f"{drink} {size}", drink, round(price * much, 2)) for drink, price in drinks for size, much in sizes]
    niche = [
        (f"{line} {kind}", line, price)
        for line in ("Orchard", "Hillside", "Harbour", "Meadow")
        for kind, price in (("apple", 2.1), ("pear", 2.3), ("plum", 2.2))
    ]
    numbered = [(f"P{n:03d}", *facts) for n, facts in enumerate(common)]
    numbered += [(f"N{n:03d}", *facts) for n, facts in enumerate(niche)]
    return tuple(Product(*facts) for facts in numbered)


PRODUCTS = _products()
COMMON = 18
NICHE_LINES = 4  # the last line never runs out of stock


def niche_line(number: int) -> list[int]:
    """The places in the catalogue of one niche line."""
    return [COMMON + 3 * number + place for place in range(3)]


@dataclass(frozen=True)
class Times:
    """The days of the story. Spans shrink with stories under 200 days, so that each keeps its shape."""

    start: date
    end: date
    with_hole: bool = True

    @cached_property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def scaled(self, days: int) -> int:
        return days if self.days >= 200 else max(2, round(days * self.days / 200))

    def share(self, part: float) -> date:
        """The day at a part of the story: 0 the first, 1 the last."""
        return self.start + timedelta(days=round(part * (self.days - 1)))

    def horizon(self, distributor: Distributor) -> date:
        """The newest day that the distributor's files hold."""
        return self.end - timedelta(days=self.scaled(distributor.late_days) if distributor.late_days else 0)

    @cached_property
    def _holes(self) -> dict[str, tuple[date, date]]:
        first, length = self.share(0.7), min(12, max(3, self.days // 12))
        hole = first, first + timedelta(days=length - 1)
        return {market.feed: hole for market in MARKETS if self.with_hole and market.has_hole}

    def hole(self, market: Market) -> tuple[date, date] | None:
        """First and last day that a market's files lack."""
        return self._holes.get(market.feed)

    def clear_of_hole(self, market: Market, day: date) -> date:
        """The day, or one safely past the hole: what is planted must not hang on days that nobody sees."""
        hole = self.hole(market)
        if hole and hole[0] - timedelta(days=self.scaled(14)) <= day <= hole[1] + timedelta(days=7):
            return hole[1] + timedelta(days=8)
        return day

    def arrives(self, market: Market, distributor: Distributor, day: date) -> bool:
        """Whether what happened on a day stands in any file."""
        hole = self.hole(market)
        return day <= self.horizon(distributor) and not (hole and hole[0] <= day <= hole[1])


@dataclass(frozen=True)
class Beat:
    """A route: its outlets are visited on its weekday, each week or every other."""

    market: Market
    town: int
    index: int

    def __hash__(self) -> int:
        return hash((self.market.feed, self.town, self.index))

    @cached_property
    def code(self) -> str:
        return f"B{self.town}{self.index:02d}"

    @cached_property
    def weekday(self) -> int:
        return 3 if self.index == FAR else self.index % 6

    @cached_property
    def weekly(self) -> bool:
        return self.index == FAR or self.index % 3 == 0

    def due(self, day: date) -> bool:
        """Whether the round comes by on this day."""
        week = day.toordinal() // 7
        return (
            day.weekday() == self.weekday
            and (self.weekly or (week + self.index) % 2 == 0)
            and not self.market.holiday(day)
        )

    def rounds(self, first: date, last: date) -> Iterator[date]:
        """The days of its rounds."""
        day = first + timedelta(days=(self.weekday - first.weekday()) % 7)
        while day <= last:
            if self.due(day):
                yield day
            day += timedelta(days=7)


@dataclass(slots=True)
class Order:
    """One document as it really was."""

    number: str
    on: date
    minute: int  # of the local day
    lines: list[tuple[str, int, float]]  # product, units, local currency
    status: str = "delivered"
    kind: str = "sale"
    through: str = "self_service"
    rep: str = ""
    corrected: bool = False  # delivered with wrong amounts first
    late_days: int = 0
    visit: str = ""

    @property
    def amount(self) -> float:
        return sum(line[2] for line in self.lines)

    @property
    def counts(self) -> bool:
        """Whether it is activity."""
        return self.status != "cancelled" and self.kind == "sale"


@dataclass(slots=True)
class Visit:
    """One visit, planned or done or both."""

    number: str
    rep: str
    beat: str
    planned: date
    visited: date | None = None
    outcome: str = ""
    order: Order | None = None


@dataclass(slots=True)
class Coupon:
    """One coupon."""

    promotion: str
    issued: date
    redeemed: date | None = None


@dataclass(slots=True)
class Spell:
    """Days over which an outlet trades; `open_end` when nothing ends it before the story does."""

    first: date
    last: date
    open_end: bool


@dataclass
class Outlet:
    """An outlet with its story and its whole true history."""

    market: Market
    distributor: Distributor
    serial: int
    number: str
    name: str
    address: str
    latitude: float
    longitude: float
    contact: str
    channel: str
    beat: Beat
    cycle: int
    size: int  # units of a line
    basket: list[int]
    opened: date
    story: str = "steady"
    cause: str = ""
    note: str = ""
    in_master: bool = True
    silent_from: date | None = None
    acted_on: date | None = None
    action: str = ""
    holdout: bool = False
    returned_on: date | None = None
    moved_on: date | None = None
    next_beat: Beat | None = None
    closed_on: date | None = None
    reopened_on: date | None = None
    hold_from: date | None = None
    hold_to: date | None = None
    replaces: str = ""
    replaced_by: str = ""
    parent_known: bool = False  # whether the master says whom it replaces
    short_stock: tuple[date, date] | None = None  # days without its niche line
    plan: list[tuple[date, float]] = field(default_factory=list)  # order days, size against its usual one
    spells: list[Spell] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    coupons: list[Coupon] = field(default_factory=list)
    reasons: list[tuple[date, str, str]] = field(default_factory=list)  # day, code, note

    def beat_on(self, day: date) -> Beat:
        return self.next_beat if self.next_beat and self.moved_on and day >= self.moved_on else self.beat

    def before_silence(self, day: date, days: int) -> bool:
        """Whether a day is among the last ones before it fell silent."""
        return self.silent_from is not None and 0 < (self.silent_from - day).days <= days

    def arrived(self, times: Times) -> list[Order]:
        """Orders that count and stand in the files."""
        return [o for o in self.orders if o.counts and times.arrives(self.market, self.distributor, o.on)]
