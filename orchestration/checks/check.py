"""The expectations of a layer, judged on the engine that built it; this module knows no table and no threshold."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache, partial

import duckdb

from orchestration.checks import gx_duckdb, gx_spark
from orchestration.checks.gx import Outcome
from orchestration.project import contract
from orchestration.project.suites import LAYERS, Expectation
from orchestration.warehouse import spark
from orchestration.workspace import environment
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import bound, literal


def connect(workspace: Workspace, layer: str) -> duckdb.DuckDBPyConnection:
    """A connection of its own on which each layer is a schema: the lake's files, and the warehouse up to a layer.

    Views in memory over a warehouse attached read-only, so that a check can never write or hold the file. Of the layers
    after it nothing is looked at: they are of the run before, and in a workspace that was moved they name files that
    are elsewhere now.
    """
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    bound(connection, workspace.spill)
    connection.execute("create schema lake")
    for entity in contract.load():
        files = literal(workspace.lake / entity / "*.parquet")
        connection.execute(f'create view lake."{entity}" as select * from read_parquet({files}, union_by_name = true)')
    if workspace.warehouse.exists():
        connection.execute(f"attach {literal(workspace.warehouse)} as warehouse (read_only)")
        built = LAYERS[1 : LAYERS.index(layer) + 1]
        for schema, table in connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = 'warehouse' and list_contains($1, table_schema)",
            [built],
        ).fetchall():
            connection.execute(f'create schema if not exists memory."{schema}"')
            connection.execute(
                f'create view memory."{schema}"."{table}" as select * from warehouse."{schema}"."{table}"'
            )
    return connection


@contextmanager
def _validator(workspace: Workspace, layer: str) -> Iterator[Callable[[str, list[dict]], list[Outcome]]]:
    """What judges a table of a layer by lines of its suite, on the engine that built it."""
    if environment.on_spark():
        if layer == "lake":
            spark.lay_out(workspace)
        yield partial(gx_spark.validate, spark.session(workspace), layer)
        return

    with ExitStack() as opened:
        # opened by the first check, so that failing to open it is told as any check that cannot run
        connection = cache(lambda: opened.enter_context(closing(connect(workspace, layer))))
        # a cursor is a connection of its own that sees the same views
        yield lambda table, lines: gx_duckdb.validate(lambda: connection().cursor(), table, layer, lines)


def check_layer(workspace: Workspace, expectations: list[Expectation]) -> Iterator[tuple[Expectation, Outcome]]:
    """Judge each expectation; one that cannot run has failed, and says that the tool did."""
    tables = dict.fromkeys(expectation.table for expectation in expectations)
    with _validator(workspace, expectations[0].layer) as validate:
        for table in tables:
            suite = [expectation for expectation in expectations if expectation.table == table]
            lines = [{"type": e.type, "kwargs": e.kwargs, "keys": e.keys} for e in suite]
            yield from zip(suite, validate(table, lines), strict=True)
