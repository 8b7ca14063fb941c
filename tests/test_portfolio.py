"""Portfolio composition, tenure bands and one-timers against the oracle on random histories of more than a year."""

from datetime import date, timedelta

from hypothesis import given

from tests import oracle_portfolio as oracle
from tests.histories import LOADED, lakes
from tests.models import Models
from tests.oracle import LADDERS
from tests.oracle_months import Cells
from tests.test_kpi import WINDOWS
from tests.test_monthly import compared, read
from tests.tiers import histories

MARTS = {"kpi_portfolio_composition", "kpi_tenure_bands", "kpi_one_timers", "int_outlet_cells", "int_outlet_states"}
EARLIER = 330  # days: of some orders the year before is over on the business date, of others not


def aged(lake: dict) -> dict:
    """The same market with older orders, openings, channels, reps and visits."""
    orders, outlets, visits = list(lake["orders"]), [], []
    for place, row in enumerate(lake["orders"]):
        on = row.get("ordered_on")
        if on and place % 2 == 0:
            orders.append({**row, "order_id": f"{row['order_id']}-old", "ordered_on": on - timedelta(days=EARLIER)})
        if on:
            # never after the newest order, which is the watermark; 90 days before it is the edge of attention
            visit = {"outlet_id": row["outlet_id"], "_feed": row["_feed"], "_loaded_at": LOADED}
            visits.append({**visit, "visit_id": f"v{place}", "visited_on": on - timedelta(days=5)})
            visits.append({**visit, "visit_id": f"w{place}", "visited_on": on - timedelta(days=90)})
            visits.append({**visit, "visit_id": f"p{place}", "planned_on": on, "visited_on": None})
    for place, row in enumerate(lake["outlets"]):
        years = timedelta(days=(0, 180, 400, 800)[int(row["outlet_id"][1:]) % 4])
        opened = row["opened_on"] - years if row.get("opened_on") else None
        outlets.append({**row, "opened_on": opened, "channel": ("kiosk", "bar", None)[place % 3]})
    beats = [
        {"beat_id": beat, "rep_id": rep, "_feed": feed["feed"], "_loaded_at": LOADED}
        for feed in lake["feeds"]
        for beat, rep in (("b1", "r1"), ("b2", "r2"), ("b3", "r1"))
    ]
    for rows in (orders, visits, beats):
        for place, row in enumerate(rows):
            row["_row_number"] = place + 1
    return {**lake, "orders": orders, "outlets": outlets, "visits": visits, "beats": beats}


def differences(models: Models, lake: dict, **changed) -> list[str]:
    """Rows of the three marts on which the models and the oracle disagree."""
    lake = aged(lake)
    with models.build(lake, MARTS, **changed) as built:
        as_of, first = built.execute("select as_of_date, first_business_date from intermediate.int_as_of").fetchall()[0]
        reps, channels = (
            Cells(
                built.execute(
                    f"select outlet_id, valid_from, valid_to, {column} from intermediate.int_outlet_cells"
                ).fetchall()
            )
            for column in ("rep_id", "channel")
        )
        states = {
            ladder: Cells(
                built.execute(
                    "select outlet_id, valid_from, valid_to, state from intermediate.int_outlet_states "
                    "where rule_set = ?",
                    [ladder],
                ).fetchall()
            )
            for ladder in LADDERS
        }
        found = [
            read(built, "kpi_portfolio_composition", "as_of_date, rule_set, state, rep_id"),
            read(built, "kpi_tenure_bands", "window_days, channel, tenure_band"),
            read(built, "kpi_one_timers", "cohort_month, channel, window_days"),
        ]
    if not as_of:
        return []
    expected = [
        oracle.portfolio(lake, first, as_of, reps, states),
        oracle.tenure(lake, WINDOWS, as_of, channels),
        oracle.one_timers(lake, WINDOWS, as_of, channels),
    ]
    names = ("portfolio", "tenure", "one-timers")
    return [
        line
        for name, truth, told in zip(names, expected, found, strict=True)
        for line in compared(name, truth, numbers(told))
    ]


def numbers(found: dict) -> dict:
    return {
        key: {n: float(v) for n, v in row.items() if not isinstance(v, date) and n != "from_months"}
        for key, row in found.items()
    }


@histories(50)
@given(lake=lakes())
def test_every_row_equals_the_oracle(models, lake):
    assert differences(models, lake)[:3] == []


def test_the_year_ends_within_a_month():
    assert oracle.year_before(date(2025, 9, 18)) == date(2024, 9, 18)
    assert oracle.year_before(date(2025, 2, 28)) == date(2024, 2, 29)
    assert oracle.year_before(date(2024, 2, 29)) == date(2023, 2, 28)
