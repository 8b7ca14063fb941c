"""The models that make kpi_inactivity_daily, as the SQL that dbt executes, timed one by one on a copy of the warehouse.

`step`: only what the grid replaces, that is every model between the grid's own inputs and the KPI.
`lake`: everything from the lake's files to the KPI, which is what the pandas and Polars scripts do for one date.
dbt itself is left out on both sides, as are checks.
"""

import json
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engine import connect
from benchmarks.measure import say

KPI = "kpi_inactivity_daily"
# what the grid reads as well
INPUTS = frozenset({"int_outlet_spells", "int_outlet_openings", "int_outlet_cells", "int_outlet_known"})


@dataclass(frozen=True)
class Model:
    """A compiled model."""

    name: str
    relation: str | None
    is_view: bool
    sql: str
    parents: tuple[str, ...]


def compiled(manifest: Path) -> list[Model]:
    """The KPI and all that it is made of, parents first."""
    nodes = {
        node["name"]: Model(
            name=node["name"],
            relation=node["relation_name"],
            is_view=node["config"]["materialized"] == "view",
            sql=node.get("compiled_code") or "",
            parents=tuple(key.split(".")[-1] for key in node["depends_on"]["nodes"] if key.startswith("model.")),
        )
        for node in json.loads(manifest.read_text())["nodes"].values()
        if node["resource_type"] == "model"
    }
    ordered: list[Model] = []

    def place(name: str) -> None:
        if name not in {model.name for model in ordered}:
            for parent in nodes[name].parents:
                place(parent)
            ordered.append(nodes[name])

    place(KPI)
    return ordered


def step_models(models: list[Model]) -> list[Model]:
    """The models that are neither inputs of the grid nor needed only by them."""
    by_name = {model.name: model for model in models}
    missing = INPUTS - set(by_name)
    assert not missing, f"the grid's inputs are gone from above {KPI}: {missing}"
    given: set[str] = set()
    waiting = list(INPUTS)
    while waiting:
        name = waiting.pop()
        given.add(name)
        waiting += [parent for parent in by_name[name].parents if parent not in given]
    return [model for model in models if model.name not in given]


def main(part: str, manifest: Path, warehouse: Path, copy: Path) -> None:
    models = compiled(manifest)
    if part == "step":
        models = step_models(models)
    # its name is the database's name in the compiled SQL
    target = copy / "warehouse.duckdb"
    shutil.copyfile(warehouse, target)
    seconds: dict[str, float] = {}
    try:
        with connect(target) as connection:
            for model in models:
                if not model.relation:  # an ephemeral model stands inside of its children
                    continue
                kind = "view" if model.is_view else "table"
                start = time.monotonic()
                connection.execute(f"create or replace {kind} {model.relation} as {model.sql}")
                seconds[model.name] = round(time.monotonic() - start, 3)
            ((rows, days),) = connection.execute(
                f"select count(*), max(holds_until) - min(as_of_date) + 1 from marts.{KPI}"
            ).fetchall()
    finally:
        target.unlink()
    say(seconds=sum(seconds.values()), models=seconds, kpi_rows=rows, days=days)


if __name__ == "__main__":
    main(sys.argv[1], *(Path(argument) for argument in sys.argv[2:]))
