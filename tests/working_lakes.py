"""Random histories of the work of the field: orders with lines, visits, deliveries, coupons, stock-outs and targets."""

from datetime import date

from hypothesis import strategies as st

from tests.histories import LOADED, day

END = 430
PRODUCTS = ("p1", "p2", "p3", "p4")
# as many days as the limits of the lists, a day less and a day more
SILENCES = (0, 13, 14, 15, 29, 30, 31, 45, 46, 59, 60, 61, 89, 90, 91, 120, 179, 180, 200, 364, 365, 366)
ROWS = (
    "feeds",
    "outlets",
    "beats",
    "reps",
    "distributors",
    "products",
    "orders",
    "order_lines",
    "visits",
    "deliveries",
    "coupons",
    "stock_outs",
    "lapse_reasons",
    "targets",
)


@st.composite
def rhythm(draw) -> list[int]:
    """Days on which an outlet orders: a rhythm, perhaps a pause, perhaps an end as long ago as a limit."""
    kind = draw(st.sampled_from(("steady", "stopped", "stopped", "paused", "once", "never", "slower", "season")))
    if kind == "never":
        return []
    if kind == "season":  # few orders in the same weeks of both years
        return [*range(6, 36, 5), 50, *range(70, END - 29, 5), END - 15]
    last = END - draw(st.sampled_from(SILENCES))
    if kind == "once":
        return [last]
    first = draw(st.sampled_from((0, 40, 100, 200)))
    step = draw(st.sampled_from((5, 7, 10, 14, 30)))
    days = list(range(last, first - 1, -step))[::-1] if last >= first else [last]
    if kind == "paused":
        away = draw(st.sampled_from((59, 60, 61, 75, 90, 120)))
        back = END - draw(st.sampled_from((0, 3, 20, 29, 30, 31, 60, 100)))
        days = [d for d in days if d < back - away] + [back - away, *range(back, END + 1, step)]
    if kind == "slower":
        slow = END - draw(st.sampled_from((30, 31, 60, 90)))
        days = [d for n, d in enumerate(days) if d <= slow or n % 3 == 0]
    return sorted(set(days)) or [last]


@st.composite
def working_lakes(draw) -> dict[str, list[dict]]:
    """One feed of a year and two months, all of it vouched for."""
    lake: dict[str, list[dict]] = {name: [] for name in ROWS}
    plain = {"_feed": "shop", "_loaded_at": LOADED}
    lake["feeds"].append({"feed": "shop", "time_zone": "UTC", "currency": "USD", "orders_from_lines": False})
    tells_through = draw(st.booleans())
    links_visits = draw(st.booleans())
    lake["beats"] += [{**plain, "beat_id": b, "rep_id": r} for b, r in (("b1", "r1"), ("b2", "r2"))]
    lake["reps"].append({**plain, "rep_id": "r1", "rep_name": "Ana", "territory": "north", "manager_name": "Max"})
    left = draw(st.one_of(st.none(), st.just(day(END - 1)), st.just(day(END))))
    lake["reps"].append(
        {
            **plain,
            "rep_id": "r2",
            "rep_name": "Bo",
            "territory": "south",
            "active_to": left,
            "manager_name": draw(st.sampled_from(("Mia", None))),
        }
    )
    for distributor, called in (("d1", "Depot"), ("d2", "Store")):
        lake["distributors"].append({**plain, "distributor_id": distributor, "distributor_name": called})
    lake["products"] += [{**plain, "product_id": p, "product_name": p.upper()} for p in PRODUCTS]
    for serial in range(draw(st.integers(0, 4))):
        starts = draw(st.integers(200, END))
        ends = draw(st.one_of(st.none(), st.integers(starts, END + 10)))
        lake["stock_outs"].append(
            {
                **plain,
                "distributor_id": draw(st.sampled_from(("d1", "d1", "d2"))),
                "product_id": PRODUCTS[serial % 2],
                "starts_on": day(starts),
                "ends_on": day(ends) if ends else None,
            }
        )
    is_crowded = draw(st.integers(0, 9)) == 0  # one beat, more silent outlets than fit a day
    for number in range(draw(st.integers(18, 22) if is_crowded else st.integers(3, 12))):
        _outlet(draw, lake, plain, number, tells_through, links_visits, is_crowded)
    for month in (date(2026, 1, 1), date(2026, 2, 1)):
        for beat, rep in (("b1", "r1"), ("b2", None)):
            lake["targets"].append(
                {
                    **plain,
                    "month_start": month,
                    "beat_id": beat,
                    "rep_id": rep,
                    "revived_outlets": draw(st.integers(0, 3)),
                }
            )
    # one that is always there: it says how far the feed goes
    lake["outlets"].append({**plain, "outlet_id": "crowd", "channel": "kiosk", "beat_id": "b1", "distributor_id": "d1"})
    for at in range(0, END + 1, 10):
        _order(lake, plain, f"c{at}", "crowd", at, [("p1", 2, 10)], "self_service" if tells_through else None)
    for rows in lake.values():
        for place, row in enumerate(rows):
            if "_feed" in row:
                row["_row_number"] = place + 1
    return lake


def _order(lake: dict, plain: dict, key: str, outlet: str, at: int, lines: list[tuple], through: str | None) -> None:
    lake["orders"].append(
        {**plain, "order_id": key, "outlet_id": outlet, "ordered_on": day(at), "ordered_through": through}
    )
    lake["order_lines"] += [
        {
            **plain,
            "order_id": key,
            "line_number": n,
            "product_id": product,
            "quantity": quantity,
            "net_amount": amount,
        }
        for n, (product, quantity, amount) in enumerate(lines, 1)
    ]


def _outlet(
    draw, lake: dict, plain: dict, number: int, tells_through: bool, links_visits: bool, is_crowded: bool
) -> None:
    name = f"o{number}"
    beat = "b1" if is_crowded else draw(st.sampled_from(("b1", "b2")))
    lake["outlets"].append(
        {
            **plain,
            "outlet_id": name,
            "channel": draw(st.sampled_from(("kiosk", "kiosk", "bar"))),
            "territory": "north" if beat == "b1" else "south",
            "beat_id": draw(st.sampled_from((beat, beat, beat, beat if is_crowded else None))),
            "distributor_id": draw(st.sampled_from(("d1", "d1", "d2", None))),
            "opened_on": draw(st.sampled_from((None, day(0), day(END - 179), day(END - 180), day(END - 181)))),
        }
    )
    if draw(st.integers(0, 3)) == 0:  # it moved to the other beat
        other = {"b1": ("b2", "south"), "b2": ("b1", "north")}[beat]
        moved = {**lake["outlets"][-1], "valid_from": day(END - draw(st.sampled_from((20, 100, 200))))}
        lake["outlets"].append({**moved, "beat_id": other[0], "territory": other[1]})
    days = list(range(0, END - 90, 7)) if is_crowded else draw(rhythm())
    size, price = draw(st.sampled_from((1, 3, 10))), draw(st.sampled_from((4, 5)))
    wide, habit = draw(st.integers(1, 4)), draw(st.sampled_from(("rep", "self_service")))
    shrinks = draw(st.sampled_from((1, 1, 2, 4)))
    for serial, at in enumerate(days):
        late = at > END - 120
        quantity = max(1, size // (shrinks if late else 1))
        lines = [(product, quantity, quantity * (price + late)) for product in PRODUCTS[: wide if not late else 2]]
        through = (habit if serial % 4 else "phone") if tells_through else None
        _order(lake, plain, f"n{number}-{serial}", name, at, lines, through)
        if draw(st.integers(0, 2)) == 0:
            filled = draw(st.sampled_from((0, quantity // 2, max(0, quantity - 1), quantity, quantity + 1)))
            lake["deliveries"] += [
                {
                    **plain,
                    "delivery_id": f"{number}-{serial}-{product}",
                    "order_id": f"n{number}-{serial}",
                    "outlet_id": name,
                    "product_id": product,
                    "delivered_on": day(min(at + 2, END)),
                    "ordered_quantity": quantity,
                    "delivered_quantity": filled,
                }
                for product, _, _ in lines
            ]
    for serial in range(draw(st.integers(0, 8))):
        planned = draw(st.one_of(st.none(), st.integers(250, END + 10)))
        visited = draw(st.one_of(st.none(), st.sampled_from(days or [END]), st.integers(250, END)))
        lake["visits"].append(
            {
                **plain,
                "visit_id": f"v{number}-{serial}",
                "outlet_id": name,
                "rep_id": "r1" if beat == "b1" else "r2",
                "beat_id": beat,
                "planned_on": day(planned) if planned is not None else None,
                "visited_on": day(visited) if visited is not None else None,
                "order_id": f"n{number}-{draw(st.integers(0, 9))}" if links_visits and draw(st.booleans()) else None,
            }
        )
    for serial in range(draw(st.integers(0, 4))):
        lake["coupons"].append(
            {
                **plain,
                "coupon_id": f"k{number}-{serial}",
                "outlet_id": name,
                "issued_on": day(draw(st.integers(250, END))),
            }
        )
    if draw(st.integers(0, 3)) == 0:
        lake["lapse_reasons"].append(
            {
                **plain,
                "outlet_id": name,
                "reported_on": day(draw(st.integers(300, END))),
                "reason_code": draw(st.sampled_from(("competitor", "gone", "no_visits", "own word"))),
            }
        )
