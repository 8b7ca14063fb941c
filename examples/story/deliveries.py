"""The market's files as its distributors would send them: each its own words, formats, encoding and zone."""

import csv
import gzip
import io
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from examples.story.field_work import SHORT_FOR, Team, campaigns
from examples.story.market import FAR, PRODUCTS, Beat, Distributor, Order, Outlet

Row = tuple[str | int | float, ...]
Sold = tuple[Outlet, Order]

# what is spoilt: of which sheets, which column, and what stands there instead
SPOILT = {
    "nusantara": (
        ("pesanan", "tanggal", "31/02/2026"),
        ("pesanan", "nilai", "seribu"),
        ("rincian", "jumlah", "1,5,0"),
        ("pesanan", "kode_toko", ""),
        ("visits", "visited", "2062-01-05"),
        ("deliveries", "delivered", "-12"),
    ),
    "carpati": (
        ("orders", "CustomerNo", ""),
        ("lines", "Net", "12.50 lei"),
        ("orders", "PlacedAt", "30.02.2026 10:15:00"),
        ("orders", "State", "posibil"),
        ("coupons", "issued", "ieri"),
        ("outlets", "opened", "?"),
    ),
    "serra": (
        ("linhas", "valor", "doze"),
        ("linhas", "data", "2026-13-01"),
        ("linhas", "linha", "x"),
        ("visits", "outlet", ""),
        ("deliveries", "ordered", "muitos"),
    ),
}


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _comma(amount: float) -> str:
    """1234.5 as Romanian ledgers write it: 1234,50."""
    return f"{amount:.2f}".replace(".", ",")


def _grouped(amount: float) -> str:
    """1234.5 as Indonesian ledgers write it: 1.234,50."""
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


class Delivery:
    """Writes the files of one market, and counts what it spoils and repeats on purpose."""

    def __init__(self, home: Path, team: Team, outlets: list[Outlet], seed: int) -> None:
        self.folder = home / "landing" / team.market.feed
        self.team, self.market, self.times, self.outlets = team, team.market, team.times, outlets
        self.chance = random.Random(f"{seed}-{team.market.feed}-files")
        self.spoilt = self.repeated = self.resent = 0
        self._still_to_spoil = list(SPOILT[team.market.feed])

    def write(self) -> None:
        """All files: master data and field work, which the three send alike, then orders in their own way."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, header, rows in self._alike():
            self._sheet(name, header, rows)
        {"nusantara": self._nusantara, "carpati": self._carpati, "serra": self._serra}[self.market.feed]()

    # files

    def _flaw(self, sheet: str, header: tuple[str, ...], rows: list[Row]) -> list[Row]:
        """The rows, and what is wrong with the file: a copy with one cell spoilt, a row that stands twice."""
        flaws = [flaw for flaw in self._still_to_spoil if flaw[0] == sheet]
        if not rows or not flaws:
            return rows
        _, column, value = flaws[0]
        self._still_to_spoil.remove(flaws[0])
        self.spoilt += 1
        row = list(rows[self.chance.randrange(len(rows))])
        row[header.index(column)] = value
        twice = rows[self.chance.randrange(len(rows))]
        self.repeated += 1
        return [*rows, tuple(row), twice]

    def _sheet(self, name: str, header: tuple[str, ...], rows: Iterable[Row], delimiter: str = ",") -> Path | None:
        """Write rows as this market writes tables; nothing where there are none."""
        kind = name.partition("_20")[0]  # pesanan_2026_05 is one of the sheets called pesanan
        found = self._flaw(kind, header, list(rows))
        if not found:
            return None
        out = io.StringIO()
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(found)
        zipped = self.market.feed == "carpati"
        data = out.getvalue().encode("cp1250" if zipped else "utf-8")
        path = self.folder / f"{name}.csv{'.gz' if zipped else ''}"
        path.write_bytes(gzip.compress(data, compresslevel=6, mtime=0) if zipped else data)
        return path

    def _send_again(self, path: Path | None) -> None:
        """The same bytes under another name."""
        if path:
            stem, dot, rest = path.name.partition(".")
            path.with_name(f"{stem}_again{dot}{rest}").write_bytes(path.read_bytes())
            self.resent += 1

    # master data and field work

    def _alike(self) -> Iterator[tuple[str, tuple[str, ...], Iterable[Row]]]:
        market = self.market
        yield "outlets", OUTLET_COLUMNS, self._outlets()
        yield "beats", ("beat", "name", "rep", "territory", "region", "country", "a_week"), self._beats()
        yield "reps", ("rep", "name", "territory", "manager", "since", "until"), self._reps()
        distributors = ((d.name, f"{d.name} Distribution", market.country) for d in market.distributors)
        yield "distributors", ("distributor", "name", "country"), distributors
        products = ((p.sku, p.name, "Riva", p.category, f"{p.price * market.rate:.2f}") for p in PRODUCTS)
        yield "products", ("sku", "name", "brand", "category", "price"), products
        visit_columns = ("visit", "outlet", "rep", "beat", "planned", "visited", "outcome", "order")
        yield "visits", visit_columns, self._visits()
        delivery_columns = ("delivery", "order", "outlet", "sku", "day", "ordered", "delivered")
        yield "deliveries", delivery_columns, self._deliveries()
        yield "promotions", ("promotion", "name", "starts", "ends"), self._promotions()
        yield "coupons", ("coupon", "promotion", "outlet", "issued", "redeemed", "amount"), self._coupons()
        yield "stock_outs", ("distributor", "sku", "starts", "ends"), self._stock_outs()
        reasons = ((o.number, _iso(day), code, note) for o in self.outlets for day, code, note in o.reasons)
        yield "lapse_reasons", ("outlet", "day", "reason", "note"), reasons
        yield "targets", ("month", "beat", "rep", "revive"), self._targets()
        yield "holidays", ("country", "day", "name"), self._holidays()
        yield "exchange_rates", ("from", "to", "day", "rate"), self._rates()

    def _outlets(self) -> Iterator[Row]:
        """A row from each day on which something about the outlet changes."""
        for shop in self.outlets:
            if not shop.in_master:
                continue
            for since in (None, *self._changes(shop)):
                day = since or self.times.start
                beat = shop.beat_on(day)
                closed = shop.closed_on and day >= shop.closed_on and not (shop.reopened_on and day >= shop.reopened_on)
                held = shop.hold_from and day >= shop.hold_from and not (shop.hold_to and day >= shop.hold_to)
                yield (
                    shop.number, _iso(since), shop.name, shop.channel, beat.code, self.team.rep_on(beat, day).code,
                    shop.distributor.name, shop.address, self.market.towns[beat.town].name,
                    shop.latitude, shop.longitude, _iso(shop.opened), _iso(shop.closed_on) if closed else "",
                    "yes" if held else "no", shop.replaces if shop.parent_known else "",
                    shop.contact, f"{self.market.dialling_code} 555 {shop.serial:06d}",
                )  # fmt: skip

    def _changes(self, shop: Outlet) -> list[date]:
        found = {shop.moved_on, shop.closed_on, shop.reopened_on, shop.hold_from, shop.hold_to}
        for beat in (shop.beat, shop.next_beat):
            for rep in self.team.reps_of(beat)[1:] if beat else ():
                if shop.beat_on(rep.since) == beat:
                    found.add(rep.since)
        return sorted(day for day in found if day and shop.opened < day)

    def _beats(self) -> Iterator[Row]:
        for beat in self.team.beats:
            town = self.market.towns[beat.town].name
            name = f"{town} far" if beat.index == FAR else f"{town} {beat.index + 1}"
            rep = self.team.rep_on(beat, self.times.end).code
            yield beat.code, name, rep, town, self.market.region, self.market.country, 1 if beat.weekly else 0.5

    def _reps(self) -> Iterator[Row]:
        reps = {rep.code: rep for beat in self.team.beats for rep in self.team.reps_of(beat)}
        for rep in reps.values():
            town = self.market.towns[rep.town].name
            yield rep.code, rep.name, town, self.market.people[-1], _iso(rep.since), _iso(rep.until)

    def _seen(self, shop: Outlet, day: date) -> bool:
        return self.times.arrives(self.market, shop.distributor, day)

    def _in_hole(self, day: date) -> bool:
        hole = self.times.hole(self.market)
        return hole is not None and hole[0] <= day <= hole[1]

    def _visits(self) -> Iterator[Row]:
        for shop in self.outlets:
            for visit in shop.visits:
                if self._in_hole(visit.planned) or (visit.visited and self._in_hole(visit.visited)):
                    continue
                order = self.order_key(shop, visit.order) if visit.order else ""
                yield (
                    visit.number, shop.number, visit.rep, visit.beat,
                    _iso(visit.planned), _iso(visit.visited), visit.outcome, order,
                )  # fmt: skip

    def _deliveries(self) -> Iterator[Row]:
        uniform, drawn = self.chance.uniform, self.chance.random
        short_for = self.times.scaled(SHORT_FOR)
        for shop in self.outlets:
            for order in shop.orders:
                if not (order.counts and self._seen(shop, order.on)):
                    continue
                short = shop.cause == "poor_fill" and shop.before_silence(order.on, short_for)
                late = 1 + int(drawn() * 4) if short or drawn() < 0.08 else 0
                arrives = order.on + timedelta(days=2 + late)
                if not self._seen(shop, arrives):
                    continue
                key, day = self.order_key(shop, order), _iso(arrives)
                for sku, units, _ in order.lines:
                    filled = units
                    if short:
                        filled = round(units * uniform(0.2, 0.5))
                    elif drawn() < 0.03:
                        filled = round(units * uniform(0.7, 0.95))
                    yield f"D{order.number}-{sku}", key, shop.number, sku, day, units, filled

    def order_key(self, shop: Outlet, order: Order) -> str:
        """How other sheets name an order: by its number, or by what names it where only lines are delivered."""
        if self.market.feed == "serra":
            return f"{order.number}|{shop.number}|{order.on.isoformat()}"
        return order.number

    def _promotions(self) -> Iterator[Row]:
        for promotion, first, last in campaigns(self.times):
            yield promotion, f"Offer of {first:%B %Y}", _iso(first), _iso(last)
        yield "WINBACK", "We miss you", _iso(self.times.start), _iso(self.times.end)

    def _coupons(self) -> Iterator[Row]:
        amount = f"{3 * self.market.rate:.2f}"
        for shop in self.outlets:
            for number, coupon in enumerate(shop.coupons, 1):
                if self._in_hole(coupon.issued):
                    continue
                used = coupon.redeemed if coupon.redeemed and not self._in_hole(coupon.redeemed) else None
                number_of_it = f"C{shop.number}-{number:02d}"
                yield number_of_it, coupon.promotion, shop.number, _iso(coupon.issued), _iso(used), amount

    def _stock_outs(self) -> Iterator[Row]:
        """The long ones that cost outlets, and short ones of one product as they happen everywhere."""
        for distributor in self.market.distributors:
            horizon = self.times.horizon(distributor)
            planted = {
                (PRODUCTS[place].sku, *shop.short_stock)
                for shop in self.outlets
                if shop.short_stock and shop.distributor == distributor
                for place in shop.basket[2:]
            }
            for sku, first, last in sorted(planted):
                yield distributor.name, sku, _iso(first), _iso(last) if last <= horizon else ""
            day = self.times.start + timedelta(days=self.chance.randrange(10, 40))
            while day < horizon:
                sku = PRODUCTS[self.chance.randrange(18)].sku
                yield distributor.name, sku, _iso(day), _iso(day + timedelta(days=1))
                day += timedelta(days=self.chance.randrange(35, 65))

    def _months(self, extra: int = 0) -> list[date]:
        """First days of the months of the story, and of some before it."""
        found, day = [], (self.times.start - timedelta(days=31 * extra)).replace(day=1)
        while day <= self.times.end:
            found.append(day)
            day = (day + timedelta(days=32)).replace(day=1)
        return found

    def _targets(self) -> Iterator[Row]:
        for month in self._months():
            for place, beat in enumerate(self.team.beats):
                rep = self.team.rep_on(beat, max(month, self.times.start)).code
                yield _iso(month), beat.code, rep, 1 + (place + month.month) % 3

    def _holidays(self) -> Iterator[Row]:
        for year in range(self.times.start.year, self.times.end.year + 1):
            for month, day, name in self.market.holidays:
                yield self.market.country, _iso(date(year, month, day)), name

    def _rates(self) -> Iterator[Row]:
        rate = self.market.rate
        for month in self._months(extra=1):
            yield self.market.currency, "USD", _iso(month), f"{1 / rate:.10f}"
            rate *= self.chance.uniform(0.985, 1.015)

    # orders

    def _by_month(self, distributor: Distributor | None = None) -> dict[str, list[Sold]]:
        """What was sold and is seen, by the month in which it arrives."""
        months: dict[str, list[Sold]] = defaultdict(list)
        for shop in self.outlets:
            if distributor and shop.distributor != distributor:
                continue
            for order in shop.orders:
                if self._seen(shop, order.on):
                    arrives = order.on + timedelta(days=order.late_days)
                    months[f"{arrives:%Y_%m}"].append((shop, order))
        return dict(sorted(months.items()))

    def _changed(self, shop: Outlet, order: Order) -> date:
        """When a wrong document is put right."""
        return min(order.on + timedelta(days=3), self.times.horizon(shop.distributor))

    def _nusantara(self) -> None:
        """Semicolons, decimal comma, day first, local time; headers in Indonesian; corrections in a later file."""
        heads_of = (
            *("no_pesanan", "kode_toko", "tanggal", "jam", "nilai", "status"),
            *("jenis", "lewat", "sales", "janji", "diubah"),
        )
        fixes: list[Row] = []
        sheets = []
        for month, sold in self._by_month().items():
            heads: list[Row] = []
            lines: list[Row] = []
            for shop, order in sold:
                sign = -1 if order.kind == "return" else 1
                amount, day = sign * order.amount, f"{order.on:%d/%m/%Y}"
                before = (order.number, shop.number, day, f"{order.minute // 60:02d}:{order.minute % 60:02d}")
                after = (
                    "batal" if order.status == "cancelled" else "kirim",
                    "retur" if order.kind == "return" else "jual",
                    order.through,
                    order.rep,
                    f"{order.on + timedelta(days=2):%d/%m/%Y}",
                )
                heads.append((*before, _grouped(amount * (10 if order.corrected else 1)), *after, f"{day} 23:58:00"))
                if order.corrected:
                    changed = f"{self._changed(shop, order):%d/%m/%Y} 23:59:00"
                    fixes.append((*before, _grouped(amount), *after, changed))
                for place, (sku, units, money) in enumerate(order.lines, 1):
                    lines.append((order.number, place, sku, sign * units, _grouped(sign * money)))
            sheets.append(self._sheet(f"pesanan_{month}", heads_of, heads, ";"))
            self._sheet(f"rincian_{month}", ("no_pesanan", "baris", "sku", "jumlah", "nilai"), lines, ";")
        self._sheet("pesanan_koreksi", heads_of, fixes, ";")
        self._send_again(sheets[len(sheets) // 2] if sheets else None)

    def _carpati(self) -> None:
        """Gzipped, cp1250, instants in local time across both clock changes; amounts stand on the lines only."""
        heads_of = ("OrderNo", "CustomerNo", "PlacedAt", "State", "Kind", "Via", "Agent", "Promised", "ChangedAt")
        fixes: list[Row] = []
        sheets = []
        for month, sold in self._by_month().items():
            heads: list[Row] = []
            lines: list[Row] = []
            for shop, order in sold:
                day = f"{order.on:%d.%m.%Y}"
                before = (order.number, shop.number, f"{day} {order.minute // 60:02d}:{order.minute % 60:02d}:00")
                after = (order.kind, order.through, order.rep, f"{order.on + timedelta(days=2):%d.%m.%Y}")
                # a cancellation is told later, over the order as it was
                heads.append(
                    (*before, "open" if order.status == "cancelled" else "delivered", *after, f"{day} 23:58:00")
                )
                if order.status == "cancelled":
                    fixes.append((*before, "cancelled", *after, f"{self._changed(shop, order):%d.%m.%Y} 23:59:00"))
                sign = -1 if order.kind == "return" else 1
                for place, (sku, units, money) in enumerate(order.lines, 1):
                    lines.append((order.number, place, sku, sign * units, _comma(sign * money)))
            sheets.append(self._sheet(f"orders_{month}", heads_of, heads, ";"))
            self._sheet(f"lines_{month}", ("OrderNo", "Pos", "Sku", "Qty", "Net"), lines, ";")
        self._sheet("orders_changes", heads_of, fixes, ";")
        self._send_again(sheets[len(sheets) // 2] if sheets else None)

    def _serra(self) -> None:
        """JSON lines, one object a line of an order, no order headers; a file from each of two distributors."""
        header = (
            "pedido", "linha", "cliente", "distribuidor", "data", "sku", "qtd", "valor", "tipo", "situacao", "alterado",
        )  # fmt: skip
        fixes: list[Row] = []
        sheets = []
        for distributor in self.market.distributors:
            name = distributor.name.lower()
            for month, sold in self._by_month(distributor).items():
                rows: list[Row] = []
                for shop, order in sold:
                    sign = -1 if order.kind == "return" else 1
                    day = _iso(order.on)
                    for place, (sku, units, money) in enumerate(order.lines, 1):
                        wrong = order.corrected and place == 1
                        row = (
                            order.number, str(place), shop.number, distributor.name, day, sku, str(sign * units),
                            f"{sign * money * (10 if wrong else 1):.2f}", order.kind, order.status, f"{day} 23:58:00",
                        )  # fmt: skip
                        rows.append(row)
                        if wrong:
                            changed = f"{_iso(self._changed(shop, order))} 23:59:00"
                            fixes.append((*row[:7], f"{money:.2f}", *row[8:10], changed))
                sheets.append(self._lines(f"linhas_{name}_{month}", header, rows))
        self._lines("linhas_correcoes", header, fixes)
        self._send_again(sheets[len(sheets) // 2] if sheets else None)

    def _lines(self, name: str, header: tuple[str, ...], rows: list[Row]) -> Path | None:
        """Write rows as JSON lines."""
        found = self._flaw(name.split("_")[0], header, rows)
        if not found:
            return None
        path = self.folder / f"{name}.jsonl"
        text = "".join(json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) + "\n" for row in found)
        path.write_bytes(text.encode())
        return path


OUTLET_COLUMNS = (
    "outlet", "since", "name", "channel", "beat", "rep", "distributor", "address", "city", "latitude", "longitude",
    "opened", "closed", "hold", "replaces", "contact", "phone",
)  # fmt: skip


def beats_of(outlets: list[Outlet]) -> list[Beat]:
    """All beats on which somebody is served."""
    found = {beat for shop in outlets for beat in (shop.beat, shop.next_beat) if beat}
    return sorted(found, key=lambda beat: (beat.town, beat.index))
