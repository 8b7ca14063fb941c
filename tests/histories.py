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
    rows, at = [], draw(st.integers(0, 90))
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
