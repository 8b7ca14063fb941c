"""Retention and cohorts against the oracle on random histories."""

from hypothesis import given

from tests import oracle_retention as oracle
from tests.histories import lakes
from tests.models import Models
from tests.oracle_months import Cells
from tests.test_monthly import CELL, compared, read
from tests.tiers import histories

WANTED = {"kpi_retention_monthly", "kpi_retention_cohorts", "int_outlet_cells"}


def differences(models: Models, lake: dict, **changed) -> list[str]:
    """Months, cells and cohorts on which the models and the oracle disagree."""
    with models.build(lake, WANTED, **changed) as built:
        as_of, first = built.execute("select as_of_date, first_business_date from intermediate.int_as_of").fetchall()[0]
        cells = Cells(
            built.execute(
                f"select outlet_id, valid_from, valid_to, {CELL} from intermediate.int_outlet_cells"
            ).fetchall()
        )
        monthly = read(built, "kpi_retention_monthly", f"month_start, {CELL}")
        cohorts = read(built, "kpi_retention_cohorts", "feed, channel, cohort_month, is_first_known, months_since")
    if not as_of:
        return []
    for numbers in cohorts.values():  # of the row itself
        for name in ("month_start", "is_full_month"):
            numbers.pop(name, None)
    return compared("monthly", oracle.retention(lake, first, as_of, cells), rounded(monthly)) + compared(
        "cohorts", oracle.cohorts(lake, as_of, cells), rounded(cohorts)
    )


def rounded(found: dict) -> dict:
    return {key: {n: v if n.endswith("outlets") else float(v) for n, v in row.items()} for key, row in found.items()}


@histories(60)
@given(lake=lakes())
def test_every_month_and_cohort_equals_the_oracle(models, lake):
    assert differences(models, lake)[:3] == []
