"""Random histories for hypothesis: late, corrected, cancelled, moved, closed, other zones, and right at thresholds."""

from datetime import date, datetime, timedelta

from hypothesis import strategies as st

START = date(2025, 1, 1)
ZONES = (None, "Asia/Kolkata", "America/Sao_Paulo", "Europe/Bucharest")
# gaps of a day less, a day, and a day more than each window
GAPS = (1, 2, 7, 14, 29, 30, 31, 45, 46, 47, 59, 60, 61, 89, 90, 91, 179, 180, 181)
LOADED = datetime(2026, 1, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


@st.composite
def outlet_rows(draw, number: int) -> list[dict]:
    """An outlet's master rows: none for a stranger, two where it moved."""
    if draw(st.integers(0, 9)) == 0:
        return []
    facts = {
        "outlet_id": f"o{number}",
        "beat_id": draw(st.sampled_from(("b1", "b2", None))),
        "time_zone": draw(st.sampled_from(ZONES)),
        "opened_on": draw(st.one_of(st.none(), st.integers(0, 60).map(day))),
        "on_hold": draw(st.sampled_from((None, False, False, True))),
        "closed_on": draw(st.one_of(st.none(), st.none(), st.integers(40, 260).map(day))),
    }
    rows = [facts]
    if draw(st.integers(0, 2)) == 0:
        moved = {
            **facts,
            "beat_id": draw(st.sampled_from(("b1", "b3"))),
            "valid_from": draw(st.integers(1, 200).map(day)),
        }
        if draw(st.booleans()):  # what the first row said of closing and holding no longer holds
            moved |= {"closed_on": None, "on_hold": False}
        rows.append(moved)
    return rows


@st.composite
def order_rows(draw, number: int, end: int) -> list[dict]:
    """An outlet's orders in all their versions."""
    rows, at = [], draw(st.one_of(st.integers(0, 90), st.sampled_from((0, 0, 89, 90, 91))))
    for serial in range(draw(st.integers(0, 6))):
        if at > end:
            break
        row = {"order_id": f"n{number}-{serial}", "outlet_id": f"o{number}", "net_amount": 10, "_loaded_at": LOADED}
        if draw(st.booleans()):
            row["ordered_on"] = day(at)
        else:  # an instant near midnight: its day depends on the zone
            row["ordered_at"] = datetime.combine(day(at), datetime.min.time()) + timedelta(
                hours=draw(st.integers(0, 23))
            )
        fate = draw(
            st.sampled_from(
                ("plain", "plain", "plain", "cancelled", "return", "zero", "revived", "moved", "other outlet")
            )
        )
        if fate == "cancelled":
            row["order_status"] = "cancelled"
        elif fate == "return":
            row["order_type"] = "return"
        elif fate == "zero":
            row["net_amount"] = 0
        rows.append(row)
        if fate == "revived":  # first said to be cancelled, then corrected; delivered in either order
            row["order_status"], row["updated_at"] = "cancelled", LOADED
            later = {**row, "order_status": "open", "updated_at": LOADED + timedelta(hours=1)}
            later["_loaded_at"] = LOADED + timedelta(days=draw(st.sampled_from((-1, 1))))
            rows.append(later)
        elif fate == "moved" and row.get("ordered_on"):
            rows.append({**row, "ordered_on": day(max(0, at - 3)), "_loaded_at": LOADED + timedelta(days=1)})
        elif fate == "other outlet":
            rows.append({**row, "outlet_id": "o0", "_loaded_at": LOADED + timedelta(days=1)})
        at += draw(st.sampled_from(GAPS))
    return rows


@st.composite
def lakes(draw) -> dict[str, list[dict]]:
    """One or two feeds, the second often behind the first."""
    lake: dict[str, list[dict]] = {"feeds": [], "outlets": [], "orders": []}
    for name, end in (("punctual", 260), ("tardy", draw(st.sampled_from((150, 240, 259)))))[: draw(st.integers(1, 2))]:
        lake["feeds"].append(
            {
                "feed": name,
                "time_zone": draw(st.sampled_from(("UTC", "Asia/Jakarta"))),
                "currency": "USD",
                "orders_from_lines": False,
            }
        )
        for number in range(draw(st.integers(1, 4))):
            for row in draw(outlet_rows(number)):
                lake["outlets"].append({**row, "_feed": name, "_loaded_at": LOADED})
            for row in draw(order_rows(number, end)):
                lake["orders"].append({**row, "_feed": name})
    for rows in (lake["outlets"], lake["orders"]):
        for place, row in enumerate(rows):
            row["_row_number"] = place + 1
    return lake


NAMES = ("Toko Maju", "Toko Maju Jaya", "Armazém São João", None)
ADDRESSES = ("1 Main St", "22 Hill Road", None)
# the same corner, one some 30 m away, one some 110 m, one in another town, none
PLACES = ((41.5, -93.6), (41.50027, -93.6), (41.501, -93.6), (42.0, -91.0), None)


@st.composite
def order_days(draw, end: int) -> list[int]:
    """A rhythm that begins and stops, or comes back each year, up to a day."""
    if draw(st.integers(0, 3)) == 0:  # a season of each year
        first, length = draw(st.integers(0, 200)), draw(st.integers(60, 250))
        later = draw(st.integers(-30, 30))
        days = [*range(first, first + length, 9), *range(first + 365 + later, first + 365 + later + length, 9)]
        return [number for number in days if number <= end]
    first = draw(st.one_of(st.integers(0, 90), st.integers(0, end)))
    last = draw(st.one_of(st.just(end), st.integers(first, end) if first <= end else st.just(end)))
    return list(range(first, last + 1, draw(st.sampled_from((5, 7, 14, 31)))))


@st.composite
def churning_lakes(draw) -> dict[str, list[dict]]:
    """A year and a half of plain orders: outlets that stop, go on under a new number, close, or have a season."""
    lake: dict[str, list[dict]] = {
        name: [] for name in ("feeds", "outlets", "orders", "visits", "holidays", "outlet_links")
    }
    for name, end in (("punctual", 540), ("tardy", draw(st.sampled_from((480, 540)))))[: draw(st.integers(1, 2))]:
        plain = {"_feed": name, "_loaded_at": LOADED}
        lake["feeds"].append({"feed": name, "time_zone": "UTC", "currency": "USD", "orders_from_lines": False})
        count = draw(st.integers(2, 5))
        for number in range(count):
            place = draw(st.sampled_from(PLACES))
            lake["outlets"].append(
                {
                    **plain,
                    "outlet_id": f"o{number}",
                    "outlet_name": draw(st.sampled_from(NAMES)),
                    "address": draw(st.sampled_from(ADDRESSES)),
                    "city": draw(st.sampled_from(("Ames", "Ames", None))),
                    "country": draw(st.sampled_from(("US", "ID"))),
                    "latitude": place[0] if place else None,
                    "longitude": place[1] if place else None,
                    "distributor_id": draw(st.sampled_from(("d1", "d1", "d2", None))),
                    "on_hold": draw(st.sampled_from((None, False, False, True))),
                    "closed_on": draw(st.one_of(st.none(), st.none(), st.integers(100, 560).map(day))),
                    "replaces_outlet_id": f"o{number - 1}" if number and draw(st.integers(0, 4)) == 0 else None,
                }
            )
            amount = draw(st.sampled_from((10, 15, 40)))
            days = draw(order_days(end))
            for serial, at in enumerate(days):
                lake["orders"].append(
                    {
                        **plain,
                        "order_id": f"n{number}-{serial}",
                        "outlet_id": f"o{number}",
                        "ordered_on": day(at),
                        "net_amount": amount,
                    }
                )
            for serial in range(draw(st.integers(0, 3))):
                planned = draw(st.one_of(st.none(), st.integers(400, 560).map(day)))
                visited = draw(st.one_of(st.none(), st.integers(400, end).map(day)))
                lake["visits"].append(
                    {
                        **plain,
                        "visit_id": f"v{number}-{serial}",
                        "outlet_id": f"o{number}",
                        "planned_on": planned,
                        "visited_on": visited,
                    }
                )
        # one outlet that is always there: it says how far the feed goes, and on which days it trades
        lake["outlets"].append({**plain, "outlet_id": "crowd", "city": "Elsewhere"})
        closed_weekdays = draw(st.sampled_from(((), (7,), (6, 7))))
        crowd = [n for n in range(end + 1) if day(n).isoweekday() not in closed_weekdays]
        if draw(st.booleans()):
            crowd = crowd[::40]
        for serial, at in enumerate([*crowd, end]):
            lake["orders"].append(
                {**plain, "order_id": f"c{serial}", "outlet_id": "crowd", "ordered_on": day(at), "net_amount": 10}
            )
        lake["holidays"].append({**plain, "country": "US", "holiday_on": day(draw(st.integers(400, 540)))})
        if draw(st.integers(0, 2)) == 0:
            lake["outlet_links"].append(
                {
                    **plain,
                    "outlet_id": f"{name}:o0",
                    "replaced_by_outlet_id": f"{name}:o1",
                    "kind": draw(st.sampled_from(("merged", "reregistered", "moved_distributor", "different"))),
                }
            )
    for rows in lake.values():
        for place, row in enumerate(rows):
            if "_feed" in row:
                row["_row_number"] = place + 1
    return lake


@st.composite
def deliveries(draw) -> dict[str, list[dict]]:
    """A lake whose orders and their versions came on three days, in any order; some came twice."""
    lake = draw(lakes())
    repeated = []
    for row in lake["orders"]:
        came = draw(st.integers(0, 2))
        row["_loaded_at"] = LOADED + timedelta(days=came)
        if draw(st.integers(0, 5)) == 0:
            repeated.append({**row, "_loaded_at": LOADED + timedelta(days=draw(st.integers(came, 2)))})
    lake["orders"] += [{**row, "_row_number": len(lake["orders"]) + n} for n, row in enumerate(repeated, 1)]
    return lake
