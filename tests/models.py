"""The dbt models as compiled SQL on a database in memory: thousands of small histories in the time of one run.

What is tested is the text that dbt executes; only reading the lake's files and writing the warehouse are left out.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow

from orchestration.project import contract
from orchestration.project.code import ROOT
from orchestration.project.marts import columns, sources
from orchestration.warehouse.dbt_runner import dbt_arguments, invoke, parsed_project
from orchestration.workspace.layout import Workspace
from tests.tiers import borrow_parsed, lend_parsed

LAKE_FILES = re.compile(r"read_parquet\('[^']*/lake/(\w+)/\*\.parquet', union_by_name = true\)")
PUBLISHED_FILES = re.compile(r"read_parquet\('[^']*/published/(\w+)/(\w+)/\*\.parquet', union_by_name = true\)")


@dataclass(frozen=True)
class Model:
    """One model in an order in which they can be built."""

    name: str
    relation: str
    is_view: bool
    sql: str
    parents: frozenset[str]


@dataclass(frozen=True)
class Seed:
    """One seed, with the types that it states (text where it states none)."""

    relation: str
    file: Path
    columns: dict[str, str]


class Models:
    """The project, compiled once."""

    def __init__(self, home: Path) -> None:
        workspace = Workspace(home)
        workspace.prepare()
        borrow_parsed(home)
        outcome = invoke(workspace, dbt_arguments("compile", [], {}), parsed_project(workspace))
        lend_parsed(home)
        assert outcome.success, outcome.exception
        nodes = {r.node.unique_id: r.node for r in outcome.result.results if r.node.resource_type == "model"}
        self.seeds = [_seed(r.node) for r in outcome.result.results if r.node.resource_type == "seed"]
        self.models: list[Model] = []
        placed: set[str] = set()
        while waiting := [n for key, n in nodes.items() if key not in placed]:
            for node in waiting:
                if all(parent in placed or parent not in nodes for parent in node.depends_on.nodes):
                    self.models.append(
                        Model(
                            name=node.name,
                            relation=node.relation_name,
                            is_view=node.config.materialized == "view",
                            sql=PUBLISHED_FILES.sub(
                                r"memory.\1.\2", LAKE_FILES.sub(r"memory.lake.\1", node.compiled_code)
                            ),
                            parents=frozenset(key.split(".")[-1] for key in node.depends_on.nodes if key in nodes),
                        )
                    )
                    placed.add(node.unique_id)

    def upstream(self, names: set[str]) -> set[str]:
        """The models that are needed for these ones."""
        needed = set(names)
        for model in reversed(self.models):
            if model.name in needed:
                needed |= model.parents
        return needed

    def build(
        self,
        lake: dict[str, list[dict[str, Any]]],
        wanted: set[str],
        *,
        rules: list[dict[str, Any]] | None = None,
        replaced: tuple[str, str, str] | None = None,
        published: dict[tuple[str, str], list[dict[str, Any]]] | None = None,
    ) -> duckdb.DuckDBPyConnection:
        """Build the wanted models and what they need over rows of the lake; `replaced` is (model, old, new) text.

        `published` are rows by (history or before, mart): what earlier publishes left.
        """
        connection = duckdb.connect()
        connection.execute(
            "set threads = 1; set timezone = 'UTC'; attach ':memory:' as warehouse; create schema memory.lake"
        )
        for schema in ("staging", "intermediate", "marts", "rules"):
            connection.execute(f"create schema warehouse.{schema}")
        for entity in contract.load().values():
            _table(connection, entity, lake.get(entity.name, []))
        for folder, marts in sources().items():
            connection.execute(f"create schema memory.{folder}")
            for mart in marts:
                rows = (published or {}).get((folder, mart), [])
                _create(connection, f"memory.{folder}.{mart}", columns(mart), rows)
        for seed in self.seeds:
            types = ", ".join(f"{name} {kind}" for name, kind in seed.columns.items())
            connection.execute(f"create table {seed.relation} ({types})")
            connection.execute(f"insert into {seed.relation} from read_csv('{seed.file}', all_varchar = true)")
        for rule in rules or []:
            connection.execute(
                "insert into warehouse.rules.rules by name select unnest($1, recursive := true)",
                [{name: str(value) for name, value in rule.items()}],
            )
        needed = self.upstream(wanted)
        for model in self.models:
            if model.name in needed:
                sql = model.sql
                if replaced and replaced[0] == model.name:
                    assert replaced[1] in sql, f"{model.name}: the text to be replaced is gone: {replaced[1]}"
                    sql = sql.replace(replaced[1], replaced[2])
                kind = "view" if model.is_view else "table"
                connection.execute(f"create {kind} {model.relation} as {sql}")
        connection.execute("use warehouse.marts")
        return connection


def _seed(node: Any) -> Seed:
    file = ROOT / "dbt_project" / node.original_file_path
    names = file.read_text().splitlines()[0].split(",")
    return Seed(node.relation_name, file, {name: node.config.column_types.get(name, "varchar") for name in names})


def _table(connection: duckdb.DuckDBPyConnection, entity: contract.Entity, rows: list[dict[str, Any]]) -> None:
    types = {column.name: column.data_type for column in entity.columns.values()}
    types |= {} if entity.written_by_landing else contract.TECHNICAL
    numbered = [{"_row_number": number, **row} for number, row in enumerate(rows, 1)]
    _create(connection, f"memory.lake.{entity.name}", types, numbered if "_row_number" in types else rows)


def _create(
    connection: duckdb.DuckDBPyConnection, relation: str, types: dict[str, str], rows: list[dict[str, Any]]
) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    connection.execute(f"create table {relation} ({columns})")
    if rows:
        unknown = {name for row in rows for name in row} - set(types)
        assert not unknown, f"{relation} has no columns {unknown}"
        delivered = pyarrow.table({name: [row.get(name) for row in rows] for name in types})
        connection.register("delivered", delivered)
        connection.execute(f"insert into {relation} from delivered")
        connection.unregister("delivered")
