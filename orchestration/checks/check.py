"""Great Expectations as Dagster asset checks: one named check per expectation, one step per layer.

The suites are YAML in expectations/<layer>/<table>.yml; this module knows no table and no threshold.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import duckdb

from orchestration.project import contract
from orchestration.project.code import EXPECTATIONS
from orchestration.warehouse import tables as warehouse
from orchestration.workspace import yml
from orchestration.workspace.errors import one_line
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import literal

if TYPE_CHECKING:
    from orchestration.checks.gx import Outcome

LAYERS = ("lake", "staging", "intermediate", "marts")


@dataclass(frozen=True)
class Expectation:
    """One line of a suite: GX's own type and arguments, our name, and what a failure means."""

    layer: str
    table: str
    name: str
    type: str
    means: str
    kwargs: dict = field(default_factory=dict)
    severity: str = "critical"
    keys: list[str] = field(default_factory=list)

    @property
    def asset_key(self) -> dg.AssetKey:
        return dg.AssetKey([self.layer, self.table])

    @property
    def blocking(self) -> bool:
        return self.severity == "critical"


def load_suites(layer: str, folder: Path = EXPECTATIONS) -> list[Expectation]:
    """The expectations of a layer in the order of their files."""
    suites = [yml.load(path.read_text()) for path in sorted((folder / layer).glob("*.yml"))]
    return [Expectation(layer, suite["table"], **line) for suite in suites for line in suite["expectations"]]


def connect(workspace: Workspace, layer: str) -> duckdb.DuckDBPyConnection:
    """A connection of its own on which each layer is a schema: the lake's files, and the warehouse up to a layer.

    Views in memory over a warehouse attached read-only, so that a check can never write or hold the file. Of the layers
    after it nothing is looked at: they are of the run before, and in a workspace that was moved they name files that
    are elsewhere now.
    """
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    warehouse.bound(connection, workspace.spill)
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
def _validator(workspace: Workspace, layer: str) -> Iterator[Callable[[str, list[dict]], "list[Outcome]"]]:
    """What judges a table of a layer by lines of its suite, on the engine that built it."""
    if warehouse.on_spark():
        from orchestration.checks import gx_spark
        from orchestration.warehouse import spark

        if layer == "lake":
            spark.lay_out(workspace)
        yield partial(gx_spark.validate, spark.session(workspace), layer)
        return

    from orchestration.checks import gx_duckdb

    with ExitStack() as opened:
        # opened by the first check, so that failing to open it is told as any check that cannot run
        connection = cache(lambda: opened.enter_context(closing(connect(workspace, layer))))
        # a cursor is a connection of its own that sees the same views
        yield lambda table, lines: gx_duckdb.validate(lambda: connection().cursor(), table, layer, lines)


def check_layer(workspace: Workspace, expectations: list[Expectation]) -> Iterator[tuple[Expectation, "Outcome"]]:
    """Judge each expectation; one that cannot run has failed, and says that the tool did."""
    tables = dict.fromkeys(expectation.table for expectation in expectations)
    with _validator(workspace, expectations[0].layer) as validate:
        for table in tables:
            suite = [expectation for expectation in expectations if expectation.table == table]
            lines = [{"type": e.type, "kwargs": e.kwargs, "keys": e.keys} for e in suite]
            yield from zip(suite, validate(table, lines), strict=True)


def check_result(expectation: Expectation, outcome: "Outcome") -> dg.AssetCheckResult:
    """An outcome of Great Expectations as Dagster shows it."""
    # of a query for unexpected rows GX tells the count as the observed value
    unexpected = outcome.unexpected_count
    if unexpected is None and isinstance(outcome.observed, int | str) and "unexpected_rows" in expectation.type:
        unexpected = int(outcome.observed)
    metadata: dict[str, Any] = {
        "means": expectation.means,
        "unexpected_count": unexpected or 0,
        "element_count": outcome.element_count or 0,
        "sample": dg.MetadataValue.json(outcome.sample),
    }
    if outcome.observed is not None:
        metadata["observed"] = str(outcome.observed)
    if outcome.error:
        metadata["tool_error"] = outcome.error
    return dg.AssetCheckResult(
        asset_key=expectation.asset_key,
        check_name=expectation.name,
        passed=outcome.success and not outcome.error,
        # a check that could not run is never only a warning
        severity=dg.AssetCheckSeverity.ERROR if expectation.blocking or outcome.error else dg.AssetCheckSeverity.WARN,
        description=outcome.error or expectation.means,
        metadata=metadata,
    )


def note_of(result: dg.AssetCheckResult) -> dict:
    """A check that did not pass, for the manifest: counts and meanings, never values of rows."""
    found = {name: getattr(value, "value", value) for name, value in result.metadata.items()}
    return {
        "name": result.check_name,
        "asset": "/".join(result.asset_key.path) if result.asset_key else "",
        "severity": "critical" if result.severity is dg.AssetCheckSeverity.ERROR else "warning",
        "means": found.get("means", ""),
        "unexpected": found.get("unexpected_count", 0),
        "checked": found.get("element_count", 0),
        "could_not_run": "tool_error" in found,
    }


def layer_checks(layer: str) -> dg.AssetChecksDefinition:
    """All expectations of a layer as one step that blocks the layers after it; the UI may ask for some."""
    expectations = load_suites(layer)

    @dg.multi_asset_check(
        name=f"{layer}_expectations",
        specs=[
            dg.AssetCheckSpec(name=e.name, asset=e.asset_key, blocking=e.blocking, description=e.means)
            for e in expectations
        ],
        can_subset=True,
    )
    def judge(context: dg.AssetCheckExecutionContext, pulse: dg.ResourceParam[Any]):
        from orchestration.checks import data_docs

        with pulse.step(f"Checking {layer}"):
            chosen = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
            asked = [e for e in expectations if (e.asset_key, e.name) in chosen]
            judged = list(check_layer(pulse.workspace, asked))
            try:
                data_docs.write(pulse.workspace, context.run.run_id, layer, judged)
            except Exception as problem:  # pages are for people; what the checks found counts without them
                context.log.warning(f"Data Docs of {layer} were not written: {one_line(problem)}")
            results = [check_result(expectation, outcome) for expectation, outcome in judged]
            failed = [note_of(result) for result in results if not result.passed]
            build = pulse.build(context.run)
            if len(asked) == len(expectations):  # some of them do not make a layer checked
                build.end(pulse.workspace, f"checks of {layer}", passed=len(results) - len(failed), failed=failed)
            yield from results

    return judge
