"""dbt inside Dagster: one asset group per layer, each a blocking step before the next.

dagster-dbt describes the assets; dbt itself runs in this process (dbtRunner) because starting its command line
again for every layer costs more than a small build does (docs/decisions.md).
"""

import json
import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from orchestration import fingerprints, history, warehouse
from orchestration.errors import of_the_machine
from orchestration.fingerprints import PROJECT
from orchestration.workspace import Workspace

LAYERS = {
    "staging": "fqn:outlet_pulse.staging resource_type:seed",
    "intermediate": "fqn:outlet_pulse.intermediate",
    "marts": "fqn:outlet_pulse.marts",
}


WITHOUT_TABLES = {"parse", "compile"}  # dbt commands that ask the engine nothing


def dbt_arguments(command: str, select: list[str], variables: dict[str, str], extra: Sequence[str] = ()) -> list[str]:
    """The command line of one dbt call. Unit tests judge the code, not the data, so they run in `make test`."""
    arguments = [command, *extra, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    if command == "build":
        # what dbt did is told to Dagster; writing its description of the project again takes seconds a layer
        arguments += ["--indirect-selection", "buildable", "--exclude-resource-type", "unit_test", "--no-write-json"]
    if select:
        arguments += ["--select", *select]
    return [*arguments, "--vars", json.dumps(variables)]


def layer_selection(chosen: set[dg.AssetKey], whole: set[dg.AssetKey], select: str) -> list[str]:
    """The layer's own selector, or the names of the chosen models where only some were asked for."""
    return select.split(" ") if chosen == whole else sorted(key.path[-1] for key in chosen)


def invoke(workspace: Workspace, arguments: list[str], parsed: Any = None) -> Any:
    """Run dbt in this process and give the warehouse file back afterwards; returns dbt's own result.

    `parsed` is the project as an earlier call of this process parsed it.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    os.environ["PULSE_HOME"] = str(workspace.home.resolve())
    os.environ["DBT_TARGET_PATH"] = str(workspace.dbt.resolve() / "target")
    os.environ["DBT_LOG_PATH"] = str(workspace.dbt.resolve() / "logs")
    if warehouse.on_spark() and arguments[0] not in WITHOUT_TABLES:
        from orchestration import spark

        spark.session(workspace)  # dbt works in the session that it finds
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "info", "--no-send-anonymous-usage-stats"]
    before = os.umask(0o077)  # the warehouse holds contacts
    try:
        return dbtRunner(manifest=parsed).invoke([*quiet, *arguments])
    finally:
        os.umask(before)
        DuckDBConnectionManager.close_all_connections()


@cache
def parsed_project(workspace: Workspace) -> Any:
    """The project as dbt parses it: once in a process, where each layer by itself would take seconds to do it again."""
    result = invoke(workspace, dbt_arguments("parse", [], {}))
    if not result.success:
        raise dg.DagsterInvalidDefinitionError(f"{PROJECT}: dbt cannot parse the project: {result.exception}")
    return result.result


def manifest_path(workspace: Workspace) -> Path:
    """dbt's description of the project, parsed again when a file of the project is newer."""
    manifest = workspace.dbt / "target" / "manifest.json"
    if not manifest.exists() or manifest.stat().st_mtime < fingerprints.project_changed_at():
        parsed_project(workspace)
    return manifest


def run_layer(
    context: dg.AssetExecutionContext, workspace: Workspace, layer: str, variables: dict, extra: Sequence[str]
) -> Iterator:
    """Build one layer and tell Dagster of each model and test; a failure stops what comes after."""
    history.prepare(workspace)
    if warehouse.on_spark() and layer == "staging":
        from orchestration import spark

        spark.lay_out(workspace)
    selection = layer_selection(set(context.selected_asset_keys), set(context.assets_def.keys), LAYERS[layer])
    arguments = dbt_arguments("build", selection, variables, extra)
    # a copy, because dbt writes into it what it compiles
    outcome = invoke(workspace, arguments, parsed_project(workspace).deepcopy())
    if outcome.result is None:
        raise dg.Failure(f"dbt could not start on {layer}: {outcome.exception}", allow_retries=False)
    counts = row_counts(workspace)
    keys = {key.path[-1]: key for key in context.assets_def.keys}
    checks = {spec.name: spec for spec in context.assets_def.check_specs}
    failures = []
    for result in outcome.result.results:
        name, status = result.node.name, str(result.status)
        seconds = round(result.execution_time, 3)
        if name in checks:
            spec = checks[name]
            yield dg.AssetCheckResult(
                asset_key=spec.asset_key,
                check_name=name,
                passed=status == "pass",
                severity=dg.AssetCheckSeverity.WARN if status == "warn" else dg.AssetCheckSeverity.ERROR,
                metadata={"failing_rows": result.failures or 0, "message": result.message or ""},
            )
        elif name in keys and status == "success":
            size = {"dagster/row_count": counts[name]} if name in counts else {}
            yield dg.MaterializeResult(asset_key=keys[name], metadata={"seconds": seconds, **size})
        if status in {"error", "fail", "runtime error"}:
            found = f"{result.failures} failing rows" if result.failures else " ".join(str(result.message).split())
            failures.append(f"{name}: {found}")
    if failures:
        said = f"dbt {layer}: " + "; ".join(failures)
        machine = of_the_machine(said, workspace.warehouse)
        raise dg.Failure(machine.told if machine else said, allow_retries=False)


def row_counts(workspace: Workspace) -> dict[str, int]:
    """Rows of each table; a view would have to be computed to be counted."""
    if not (warehouse.on_spark() or workspace.warehouse.exists()):
        return {}
    with warehouse.opened(workspace) as built:
        counted = [f'select \'{name}\', count(*) from "{schema}"."{name}"' for schema, name in warehouse.tables(built)]
        return dict(built.execute(" union all ".join(counted)).fetchall()) if counted else {}


def compiled_views(workspace: Workspace, layer: str) -> dict[str, str]:
    """The views of a layer in DuckDB's spelling, in which they are published whatever engine builds the tables."""
    views = [
        node.name
        for node in parsed_project(workspace).nodes.values()
        if node.resource_type == "model" and node.schema == layer and node.config.materialized == "view"
    ]
    aside = Workspace(workspace.dbt / "readers")  # DuckDB opens a file even to compile
    aside.home.mkdir(exist_ok=True)
    try:
        outcome = invoke(aside, dbt_arguments("compile", views, {}, ["--target", "duckdb"]))
    finally:
        os.environ["PULSE_HOME"] = str(workspace.home.resolve())
    if not outcome.success:
        raise dg.Failure(f"dbt cannot compile {', '.join(views)}: {outcome.exception}", allow_retries=False)
    compiled = {result.node.name: result.node.compiled_code for result in outcome.result.results}
    return {view: compiled[view] for view in views}  # dbt compiles their tests as well


@cache
def dbt_layers() -> list[dg.AssetsDefinition]:
    """One Dagster step per dbt layer."""
    fingerprints.code_hash()  # before the models are read
    manifest = manifest_path(Workspace.current())

    def layer_assets(layer: str, select: str) -> dg.AssetsDefinition:
        @dbt_assets(manifest=manifest, select=select, name=layer, project=None)
        def build(context: dg.AssetExecutionContext, pulse: dg.ResourceParam[Any]):
            with pulse.step(f"Building {layer}"):
                yield from run_layer(context, pulse.workspace, layer, pulse.dbt_variables(), pulse.dbt_mode(layer))

        return build

    return [layer_assets(layer, select) for layer, select in LAYERS.items()]
