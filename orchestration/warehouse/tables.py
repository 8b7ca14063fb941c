"""The warehouse, DuckDB's file or Spark's tables: disposable, because the lake has all that it is made of."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from orchestration.warehouse import dbt_runner, spark
from orchestration.workspace import environment
from orchestration.workspace.errors import is_damage, one_line
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import bound, literal, name


def ready() -> None:
    """Say at once where the engine that is asked for is none, or lacks what it needs."""
    if environment.on_spark():
        spark.needs()


def damage(workspace: Workspace) -> str | None:
    """Why the file cannot be opened; None where it can, where another program only holds it, and where Spark builds.

    Damage further inside is noticed where it is read: DuckDB keeps a checksum of each block.
    """
    if environment.on_spark() or not workspace.warehouse.exists():
        return None
    try:
        duckdb.connect(str(workspace.warehouse)).close()
    except duckdb.Error as problem:
        return one_line(problem) if is_damage(str(problem)) else None
    return None


def discard(workspace: Workspace) -> None:
    """Take the warehouse away; the next run builds it anew from the lake."""
    if environment.on_spark():
        shutil.rmtree(workspace.spark, ignore_errors=True)
        return
    for file in (workspace.warehouse, workspace.warehouse.with_name(f"{workspace.warehouse.name}.wal")):
        file.unlink(missing_ok=True)


@contextmanager
def opened(workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads the warehouse's tables, each layer a schema, whichever engine built them."""
    if not environment.on_spark():
        with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
            bound(connection, workspace.spill)
            yield connection
        return
    with duckdb.connect() as connection:
        bound(connection, workspace.spill)
        # as Spark lays them out: tables/<layer>.db/<table>/part-*.parquet
        for folder in sorted(workspace.spark.glob("tables/*.db/*/")):
            if any(folder.rglob("*.parquet")):
                schema = name(folder.parent.name.removesuffix(".db"))
                connection.execute(f"create schema if not exists {schema}")
                connection.execute(
                    f"create view {schema}.{name(folder.name)} as "
                    f"select * from read_parquet({literal(folder / '**' / '*.parquet')}, hive_partitioning = false)"
                )
        yield connection


def rows(workspace: Workspace, query: str) -> list[dict[str, Any]]:
    """What a query finds in the warehouse, in the words of the engine that built it."""
    if environment.on_spark():
        return [row.asDict(recursive=True) for row in spark.session(workspace).sql(query).collect()]
    with opened(workspace) as connection:
        found = connection.execute(query)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def stored(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Schema and name of each table that holds rows of its own."""
    listed = "duckdb_views() where not internal" if environment.on_spark() else "duckdb_tables()"
    kind = "view_name" if environment.on_spark() else "table_name"
    return connection.execute(f"select schema_name, {kind} from {listed} order by all").fetchall()


def readers_views(workspace: Workspace, connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, str]:
    """The views of a layer as selects that name tables and views of that layer alone: they will read published ones."""
    if environment.on_spark():
        bodies = dbt_runner.compiled_views(workspace, schema)
    else:
        bodies = {
            view: sql.split(" AS ", 1)[1]
            for view, sql in connection.execute(
                "select view_name, sql from duckdb_views() where schema_name = ? order by 1", [schema]
            ).fetchall()
        }
    for prefix in (f"warehouse.{schema}.", f'"warehouse"."{schema}".', f"{schema}."):
        bodies = {view: body.replace(prefix, "") for view, body in bodies.items()}
    return bodies
