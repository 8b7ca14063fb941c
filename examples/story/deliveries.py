"""The market's files as three distributors would send them: each its own words, formats, encoding and zone."""

import csv
import gzip
import io
import json
import random
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from pathlib import Path

from examples.story.market import PRODUCTS, Market, Order, Outlet

Rows = list[dict]
BROKEN = {"nusantara": ("tanggal", "31/02/2026"), "carpati": ("CustomerNo", ""), "serra": ("valor", "doze")}


def _csv(rows: Rows, delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _month(order: Order) -> str:
    return (order.on + timedelta(days=order.late_days)).strftime("%Y_%m")


def _id_number(value: float) -> str:
    """1234.5 as Indonesian ledgers write it: 1.234,50."""
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


class Delivery:
    """Writes the files of one market; counts the rows it spoilt on purpose."""

    def __init__(self, home: Path, market: Market, outlets: list[Outlet], start: date, end: date, seed: int) -> None:
        self.folder = home / "landing" / market.feed
        self.market, self.start, self.end = market, start, end
        self.outlets = outlets
        self.chance = random.Random(f"{seed}-{market.feed}")
        self.broken = 0

    def write(self) -> None:
        for name, rows in self.shared().items():
            if rows:
                text = _csv(rows)
                data = text.encode("cp1250" if self.market.feed == "carpati" else "utf-8")
                packed = gzip.compress(data, mtime=0) if self.market.feed == "carpati" else data
                _put(self.folder / f"{name}.csv{'.gz' if self.market.feed == 'carpati' else ''}", packed)
        getattr(self, f"orders_{self.market.feed}")()

    def shared(self) -> dict[str, Rows]:
        """What all three send alike: master data, field work and stock, dates as ISO."""
        feed, towns = self.market.feed, self.market.towns
        beats = [town * 10 + beat for town in range(len(towns)) for beat in range(3)]
        return {
            "outlets": self._outlets(),
            "beats": [
                {"beat": f"B{b:02d}", "name": f"{towns[b // 10]} {b % 10 + 1}", "rep": f"R{b:02d}",
                 "territory": towns[b // 10], "region": self.market.region, "country": self.market.country}
                for b in beats
            ],
            "reps": [{"rep": f"R{b:02d}", "name": f"Rep {towns[b // 10]} {b % 10 + 1}"} for b in beats],
            "distributors": [{"distributor": feed.title(), "name": f"{feed.title()} Distribution", "country": self.market.country}],
            "products": [{"sku": p[0], "name": p[1], "brand": "Riva", "category": p[2], "price": f"{p[3] * self.market.rate:.2f}"} for p in PRODUCTS],
            "visits": self._visits(),
            "deliveries": self._deliveries(),
            "coupons": self._coupons(),
            "promotions": [{"promotion": "SPRING", "name": "Spring offer", "starts": self.start.isoformat(), "ends": self.end.isoformat()}],
            "stock_outs": [
                {"distributor": feed.title(), "sku": PRODUCTS[o.basket[0]][0], "starts": (o.silent_from - timedelta(days=25)).isoformat(), "ends": o.silent_from.isoformat()}
                for o in self._with("stock_out") if o.silent_from
            ],
            "lapse_reasons": [
                {"outlet": o.number, "day": o.silent_from.isoformat(), "reason": "competitor"}
                for o in self._with("competitor") if o.silent_from
            ],
            "targets": [{"month": self.end.replace(day=1).isoformat(), "beat": f"B{b:02d}", "rep": f"R{b:02d}", "revive": 3} for b in beats],
            "holidays": [{"country": self.market.country, "day": date(year, 1, 1).isoformat(), "name": "New Year"} for year in (self.start.year, self.end.year)],
            "exchange_rates": [
                {"from": {"ID": "IDR", "RO": "RON", "BR": "BRL"}[self.market.country], "to": "USD",
                 "day": (self.start - timedelta(days=60)).isoformat(), "rate": f"{1 / self.market.rate:.10f}"}
            ],
        }  # fmt: skip

    def _with(self, cause: str) -> list[Outlet]:
        return [o for o in self.outlets if o.cause == cause and o.silent_from]

    def _outlets(self) -> Rows:
        rows = []
        for outlet in self.outlets:
            if not outlet.in_master:
                continue
            for since in [None, outlet.moved_on] if outlet.moved_on else [None]:
                beat = outlet.beat_on(since or self.start)
                closed = outlet.silent_from if outlet.cause == "closed" else None
                rows.append(
                    {
                        "outlet": outlet.number,
                        "since": since.isoformat() if since else "",
                        "name": outlet.name,
                        "channel": outlet.channel,
                        "beat": f"B{beat:02d}",
                        "opened": outlet.opened.isoformat(),
                        "closed": closed.isoformat() if closed else "",
                        "replaces": outlet.replaces,
                    }
                )
        return rows

    def _visits(self) -> Rows:
        rows = []
        for outlet in self.outlets:
            day, number = outlet.opened, 0
            while day <= self.end:
                number += 1
                missed = 0.1
                if outlet.cause == "rep_left" and outlet.silent_from and day > outlet.silent_from - timedelta(days=45):
                    missed = 0.95  # the trace of the cause
                done = self.chance.random() >= missed and (outlet.silent_from is None or day < outlet.silent_from)
                if self.market.feed == "serra" and day > self.end - timedelta(days=6):
                    done = False
                beat = outlet.beat_on(day)
                rows.append(
                    {
                        "visit": f"V{outlet.number}-{number}",
                        "outlet": outlet.number,
                        "rep": f"R{beat:02d}",
                        "beat": f"B{beat:02d}",
                        "planned": day.isoformat(),
                        "visited": day.isoformat() if done else "",
                    }
                )
                day += timedelta(days=14)
        return rows

    def _deliveries(self) -> Rows:
        rows = []
        for outlet in self.outlets:
            for order in outlet.orders:
                short = outlet.cause in ("poor_fill", "stock_out") and outlet.silent_from
                starving = short and order.on > outlet.silent_from - timedelta(days=45)  # type: ignore[operator]
                for sku, units, _ in order.lines:
                    filled = round(units * (self.chance.uniform(0.1, 0.5) if starving else self.chance.uniform(0.9, 1)))
                    arrived = min(
                        order.on + timedelta(days=2), self.end - timedelta(days=6 * (self.market.feed == "serra"))
                    )
                    rows.append(
                        {
                            "delivery": f"D{order.number}-{sku}",
                            "order": self.order_key(outlet, order),
                            "outlet": outlet.number,
                            "sku": sku,
                            "day": arrived.isoformat(),
                            "ordered": units,
                            "delivered": filled,
                        }
                    )
        return rows

    def order_key(self, outlet: Outlet, order: Order) -> str:
        if self.market.feed == "serra":  # lines only: the key is made from number, outlet and day
            return f"{order.number}|{outlet.number}|{order.on.isoformat()}"
        return order.number

    def _coupons(self) -> Rows:
        rows = []
        for outlet in self.outlets:
            if outlet.cause == "no_promotion" or self.chance.random() < 0.2:
                continue
            day = outlet.opened + timedelta(days=20)
            if day < self.end - timedelta(days=10):
                used = (day + timedelta(days=5)).isoformat() if self.chance.random() < 0.5 else ""
                rows.append(
                    {
                        "coupon": f"C{outlet.number}",
                        "outlet": outlet.number,
                        "issued": day.isoformat(),
                        "redeemed": used,
                    }
                )
        return rows

    def by_month(self) -> dict[str, list[tuple[Outlet, Order]]]:
        months: dict[str, list[tuple[Outlet, Order]]] = defaultdict(list)
        for outlet in self.outlets:
            for order in outlet.orders:
                months[_month(order)].append((outlet, order))
        return dict(sorted(months.items()))

    def spoil(self, rows: Rows) -> Rows:
        """Add a copy of the first row with one cell that cannot be read."""
        column, value = BROKEN[self.market.feed]
        self.broken += 1
        return [*rows, {**rows[0], column: value}]

    def orders_nusantara(self) -> None:
        """Semicolons, decimal comma, day first, local time; headers in Indonesian; corrections in a later file."""
        fixes: Rows = []
        for month, orders in self.by_month().items():
            heads, lines = [], []
            for outlet, order in orders:
                sign = -1 if order.kind == "return" else 1
                amount = sign * order.dollars * self.market.rate
                head = {
                    "no_pesanan": order.number,
                    "kode_toko": outlet.number,
                    "tanggal": f"{order.on:%d/%m/%Y}",
                    "jam": f"{order.minute // 60:02d}:{order.minute % 60:02d}",
                    "nilai": _id_number(amount * (10 if order.corrected else 1)),
                    "status": {"delivered": "kirim", "cancelled": "batal"}[order.status],
                    "jenis": "retur" if order.kind == "return" else "jual",
                    "diubah": f"{order.on:%d/%m/%Y} 23:58:00",
                }
                heads.append(head)
                if order.corrected:
                    fixes.append(
                        {
                            **head,
                            "nilai": _id_number(amount),
                            "diubah": f"{order.on + timedelta(days=3):%d/%m/%Y} 09:00:00",
                        }
                    )
                for place, (sku, units, dollars) in enumerate(order.lines, 1):
                    lines.append(
                        {
                            "no_pesanan": order.number,
                            "baris": place,
                            "sku": sku,
                            "jumlah": sign * units,
                            "nilai": _id_number(sign * dollars * self.market.rate),
                        }
                    )
            _put(self.folder / f"pesanan_{month}.csv", _csv(self.spoil(heads), ";").encode())
            _put(self.folder / f"rincian_{month}.csv", _csv(lines, ";").encode())
        if fixes:
            _put(self.folder / "pesanan_koreksi.csv", _csv(fixes, ";").encode())

    def orders_carpati(self) -> None:
        """Gzipped, cp1250, instants in local time across both clock changes; amounts stand on the lines only."""
        for month, orders in self.by_month().items():
            heads, lines = [], []
            for outlet, order in orders:
                at = datetime.combine(order.on, time(order.minute // 60, order.minute % 60))
                heads.append(
                    {
                        "OrderNo": order.number,
                        "CustomerNo": outlet.number,
                        "PlacedAt": f"{at:%d.%m.%Y %H:%M:%S}",
                        "State": order.status,
                        "Kind": order.kind,
                    }
                )
                sign = -1 if order.kind == "return" else 1
                for place, (sku, units, dollars) in enumerate(order.lines, 1):
                    lines.append(
                        {
                            "OrderNo": order.number,
                            "Pos": place,
                            "Sku": sku,
                            "Qty": sign * units,
                            "Net": f"{sign * dollars * self.market.rate:.2f}".replace(".", ","),
                        }
                    )
            for name, rows in (("orders", self.spoil(heads)), ("lines", lines)):
                _put(self.folder / f"{name}_{month}.csv.gz", gzip.compress(_csv(rows, ";").encode("cp1250"), mtime=0))

    def orders_serra(self) -> None:
        """JSON lines, one object a line of an order, no order headers."""
        for month, orders in self.by_month().items():
            rows = []
            for outlet, order in orders:
                sign = -1 if order.kind == "return" else 1
                for place, (sku, units, dollars) in enumerate(order.lines, 1):
                    rows.append({"pedido": order.number, "linha": str(place), "cliente": outlet.number, "data": order.on.isoformat(), "sku": sku, "qtd": str(sign * units),
                                 "valor": f"{sign * dollars * self.market.rate:.2f}", "tipo": order.kind, "situacao": order.status})  # fmt: skip
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in self.spoil(rows))
            _put(self.folder / f"linhas_{month}.jsonl", text.encode())
