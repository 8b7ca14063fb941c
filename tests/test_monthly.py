"""The monthly KPI and its bridge against the oracle, outlet by outlet and day by day, on random histories."""

from decimal import Decimal

from hypothesis import given

from tests import oracle_months as oracle
from tests.histories import lakes
from tests.models import Models
from tests.test_kpi import WINDOWS
from tests.tiers import histories

CELL = "feed, beat_id, rep_id, distributor_id, territory, region, country, channel, abc_class"
# a number of the row itself, which the oracle has no outlet to count for
OF_THE_ROW = {
    "month_end",
    "doubtful_outlets",
    "inactive_outlets_low",
    "inactive_outlets_high",
    "percent_of_universe",
    "percent_of_active",
    "lapsed_share_low",
    "lapsed_share_high",
    "is_small_group",
    "reporting_currency",
}


def read(built, mart: str, keys: str) -> dict:
    """The numbers of a mart that are not 0, by its keys."""
    rows = built.execute(f"select {keys}, * exclude ({keys}) from {mart}")
    names = [column[0] for column in rows.description]
    key_columns = len(keys.split(","))
    found = {}
    for row in rows.fetchall():
        numbers = dict(zip(names[key_columns:], row[key_columns:], strict=True))
        counted = {name: numbers[name] for name in sorted(set(numbers) - OF_THE_ROW) if numbers[name]}
        if counted:  # the month in which a cell emptied has a row of zeros
            assert row[:key_columns] not in found, f"{mart}: two rows for {row[:key_columns]}"
            found[row[:key_columns]] = counted
    return found


def compared(mart: str, expected: dict, found: dict) -> list[str]:
    return [
        f"{mart} {key}: expected {expected.get(key)}, found {found.get(key)}"
        for key in sorted(set(expected) | set(found), key=str)
        if expected.get(key) != found.get(key)
    ]


def differences(models: Models, lake: dict, **changed) -> list[str]:
    """Months and cells on which the models and the oracle disagree."""
    wanted = {"kpi_inactivity_monthly", "kpi_inactivity_monthly_as_is", "int_outlet_cells"}
    with models.build(lake, wanted, **changed) as built:
        as_of, first = built.execute("select as_of_date, first_business_date from intermediate.int_as_of").fetchall()[0]
        cells = oracle.Cells(
            built.execute(
                f"select outlet_id, valid_from, valid_to, {CELL} from intermediate.int_outlet_cells"
            ).fetchall()
        )
        as_was = read(built, "kpi_inactivity_monthly", f"month_start, window_days, {CELL}")
        as_is = read(built, "kpi_inactivity_monthly_as_is", f"month_start, window_days, {CELL}")
    if not as_of:
        return []
    expected = oracle.inactivity(lake, WINDOWS, first, as_of, cells)
    for numbers in expected.values():
        for name in ("net_amount_lost", "net_amount_lost_to_date"):
            if name in numbers:
                numbers[name] = numbers[name].quantize(Decimal("0.01"), "ROUND_HALF_UP")
    expected_as_is = oracle.inactivity_as_is(lake, WINDOWS, first, as_of, cells)
    for numbers in expected_as_is.values():  # columns of the bridge and of the interval
        numbers.pop("known_outlets", None)
        numbers.pop("closing_lapsed_outlets", None)
    return compared("as-was", expected, as_was) + compared("as-is", expected_as_is, as_is)


@histories(50)
@given(lake=lakes())
def test_every_month_and_cell_equals_the_oracle(models, lake):
    assert differences(models, lake)[:3] == []
