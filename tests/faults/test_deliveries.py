"""I8 and I6: the same rows permuted, split, merged, repeated and late make the same marts."""

import random
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.landing.land import land
from orchestration.project import contract
from orchestration.workspace.layout import Workspace
from tests.conftest import END, FEED, Pulse, order, outlet
from tests.fault_table import EVERYTHING

PERMUTATIONS = 200 if EVERYTHING else 4
MARTS = {"dim_outlets", "fct_outlet_order_days", "fct_cell_inactivity", "dim_cells", "fct_outlet_states"}
UPDATED = "      order_type: order_type\n      updated_at: updated_at\n"


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    """Orders of a year, some corrected, cancelled or moved to another day later: the time of the change decides."""
    dice = random.Random(8)
    found = []
    for number in range(120):
        row = order(number, dice.randrange(15), END - timedelta(days=dice.randrange(400)), updated_at="")
        found.append(row)
        for version in range(dice.choice([0, 0, 1, 2])):
            changed = {"order_status": dice.choice(["", "cancelled"]), "updated_at": f"2026-04-0{version + 1} 10:00:00"}
            moved = {"ordered_on": (END - timedelta(days=dice.randrange(400))).isoformat()}
            found.append({**row, **changed, **(moved if dice.random() < 0.3 else {})})
    return found


def marts(models, home: Path) -> dict[str, tuple]:
    """Land what is there, build the models over the lake in memory, and the content of each mart."""
    report = land(Workspace(home))
    assert {file.status for file in report.files} <= {"landed", "known"}
    lake = {}
    with duckdb.connect() as connection:
        for entity in contract.load():
            found = connection.execute(
                f"select * from read_parquet('{home}/lake/{entity}/*.parquet', union_by_name = true)"
            )
            names = [column[0] for column in found.description]
            lake[entity] = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    with models.build(lake, MARTS) as built:
        sums = "select count(*), coalesce(sum(hash(m)::hugeint), 0) from {} as m"
        return {mart: built.execute(sums.format(mart)).fetchall()[0] for mart in sorted(MARTS)}


def shop(home: Path) -> Pulse:
    pulse = Pulse(home)
    pulse.feed("shop", FEED.format(name="shop").replace("      order_type: order_type\n", UPDATED))
    pulse.deliver("shop", "outlets.csv", [outlet(n) for n in range(15)])
    return pulse


@pytest.mark.fault("I8", "I6", "I7")
def test_permuted_split_merged_and_repeated(models, rows, tmp_path, tries):
    whole = shop(tmp_path / "whole")
    whole.deliver("shop", "orders.csv", rows)
    expected = marts(models, whole.home)
    assert expected["fct_cell_inactivity"][0] > 100
    dice = random.Random(9)
    for number in range(PERMUTATIONS):
        with tries.one():
            pulse = shop(tmp_path / str(number))
            mixed = dice.sample(rows, len(rows)) + dice.sample(rows, 20)
            cuts = sorted(dice.sample(range(1, len(mixed)), dice.randrange(1, 8)))
            parts = [mixed[a:b] for a, b in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]
            for part, some in enumerate(parts):
                pulse.deliver("shop", f"orders_{part}.csv", some)
                if dice.random() < 0.5:
                    land(Workspace(pulse.home))
            assert marts(models, pulse.home) == expected
