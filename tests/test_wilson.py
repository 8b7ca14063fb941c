"""The interval of a share (N16) by its definition: the shares that a test of 95% would not reject."""

from math import sqrt

import duckdb
import pytest

from tests.models import Models


def bounds(successes: int, trials: int) -> tuple[float, float]:
    """By bisection: the share at which the observed one is 1.959964 standard deviations away."""
    seen = successes / trials

    def distance(share: float) -> float:
        return abs(seen - share) - 1.959964 * sqrt(share * (1 - share) / trials)

    found = []
    for inside, outside in ((seen, 0.0), (seen, 1.0)):
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if distance(middle) <= 0 else (inside, middle)
        found.append(round(inside, 4))
    return found[0], found[1]


@pytest.mark.parametrize(("lapsed", "known"), [(0, 1), (1, 1), (0, 30), (1, 6), (2, 4), (10, 100), (999, 1000)])
@pytest.mark.parametrize("mart", ["rpt_beat_silence", "rpt_rep_silence"])
def test_share_has_the_interval_of_its_definition(models: Models, mart: str, lapsed: int, known: int) -> None:
    sql = next(model.sql for model in models.models if model.name == mart)
    columns = [
        sql[: sql.index(f"as lapsed_share_{end}")].rsplit("cast(\n        case", 1)[1] for end in ("low", "high")
    ]
    with duckdb.connect() as connection:
        low, high = connection.execute(
            f"select {', '.join('cast(case' + column for column in columns)} from "
            "(select ? as lapsed_outlets, ? as active_outlets, ? as inactive_outlets) as counted",
            [lapsed, known - lapsed, lapsed],
        ).fetchall()[0]
    assert (float(low), float(high)) == pytest.approx(bounds(lapsed, known), abs=0.00011)
    assert 0 <= low <= high <= 1
