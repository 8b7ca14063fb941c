"""dbt inside Dagster: one asset group per layer, each a blocking step before the next.

dagster-dbt describes the assets; dbt itself runs in this process (orchestration/warehouse/dbt_runner.py).
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from orchestration.project import code
from orchestration.publishing import history
from orchestration.warehouse import dbt_runner, rules, spark, tables
from orchestration.warehouse.build_state import BuildState
from orchestration.warehouse.rules import Broken
from orchestration.workspace import environment
from orchestration.workspace.errors import of_the_machine
from orchestration.workspace.layout import Workspace

LAYERS = {
    "staging": "fqn:outlet_pulse.staging resource_type:seed",
    "intermediate": "fqn:outlet_pulse.intermediate",
    "marts": "fqn:outlet_pulse.marts",
}


def layer_selection(chosen: set[dg.AssetKey], whole: set[dg.AssetKey], select: str) -> list[str]:
    """The layer's own selector, or the names of the chosen models where only some were asked for."""
    return select.split(" ") if chosen == whole else sorted(key.path[-1] for key in chosen)


def run_layer(
    context: dg.AssetExecutionContext, workspace: Workspace, layer: str, build: BuildState, variables: dict[str, Any]
) -> Iterator:
    """Build one layer and tell Dagster of each model and test; a failure stops what comes after."""
    whole = set(context.selected_asset_keys) == set(context.assets_def.keys)
    history.prepare(workspace)
    build.start(workspace, layer, whole=whole)
    if environment.on_spark() and layer == "staging":
        spark.lay_out(workspace)
    selection = layer_selection(set(context.selected_asset_keys), set(context.assets_def.keys), LAYERS[layer])
    # only intermediate holds models that continue from the last build
    refresh = ["--full-refresh"] if layer == "intermediate" and not build.incremental else []
    arguments = dbt_runner.dbt_arguments("build", selection, variables, refresh)
    outcome = dbt_runner.invoke(workspace, arguments, dbt_runner.parsed_project(workspace))
    if outcome.result is None:
        raise dg.Failure(f"dbt could not start on {layer}: {outcome.exception}", allow_retries=False)
    layer_results = _Results(context, workspace)
    yield from layer_results.of(outcome.result.results)
    if layer_results.failures:
        said = f"dbt {layer}: " + "; ".join(layer_results.failures)
        machine = of_the_machine(said, workspace.warehouse)
        raise dg.Failure(machine.told if machine else said, allow_retries=False)
    if whole:
        build.end(workspace, layer, passed=layer_results.passed, failed=layer_results.warnings)
    else:
        build.end_part(workspace)


class _Results:
    """What dbt found in a layer, as Dagster shows it: a materialization for each model, a check for each table."""

    def __init__(self, context: dg.AssetExecutionContext, workspace: Workspace) -> None:
        self.passed, self.warnings, self.failures = 0, list[dict](), list[str]()
        self._workspace = workspace
        self._keys = {key.path[-1]: key for key in context.assets_def.keys}
        self._checks = {spec.name: spec for spec in context.assets_def.check_specs}
        self._counts = row_counts(workspace)
        self._project = project_nodes(workspace)

    def of(self, results: Sequence[Any]) -> Iterator:
        for result in results:
            name, status = result.node.name, str(result.status)
            if status == "skipped":  # what it builds on failed, and says so
                continue
            if name in self._checks:
                yield self._check(self._checks[name], result, status)
                continue
            if name in self._keys and status == "success":
                size = {"dagster/row_count": self._counts[name]} if name in self._counts else {}
                seconds = {"seconds": round(result.execution_time, 3)}
                yield dg.MaterializeResult(asset_key=self._keys[name], metadata={**seconds, **size})
            elif status == "error" and (broken := self._stopped(result)):
                # the constraint is one of the table's rules: its check says so, with rows
                spec = next(spec for spec in self._checks.values() if spec.asset_key == self._keys[name])
                yield self._result(spec, self._rules(spec), broken)
                self.failures.append(f"{name}: {'; '.join(b.told for b in broken)}")
                continue
            if status in {"error", "fail", "runtime error"}:
                self.failures.append(f"{name}: {' '.join(str(result.message).split())}")

    def _rules(self, spec: dg.AssetCheckSpec) -> list[str]:
        return rules_of_check(self._project, spec)

    def _check(self, spec: dg.AssetCheckSpec, result: Any, status: str) -> dg.AssetCheckResult:
        named = self._rules(spec)
        if status == "pass":
            self.passed += len(named)
            return self._result(spec, named, [])
        if status in {"fail", "warn"}:
            broken = rules.broken_by_test(self._workspace, result.node, named)
        else:  # the test itself could not run
            broken = [Broken(f"could not run: {' '.join(str(result.message).split())[:300]}", 0, [])]
        if status != "warn":
            self.failures.append(f"{spec.name}: {'; '.join(b.told for b in broken)}")
        else:
            self.passed += len(named) - len(broken)
            self.warnings.append(
                {
                    "name": spec.name,
                    "asset": "/".join(spec.asset_key.path),
                    "severity": "warning",
                    "means": "; ".join(b.told for b in broken),
                    "unexpected": sum(b.rows for b in broken),
                    "checked": 0,
                    "could_not_run": False,
                }
            )
        return self._result(spec, named, broken, warn=status == "warn")

    def _stopped(self, result: Any) -> list[Broken]:
        test = next((t for t in self._project.values() if t.get("attached_node") == result.node.unique_id), None)
        return rules.broken_by_constraint(self._workspace, result.node, str(result.message), rules.key_of(test))

    @staticmethod
    def _result(
        spec: dg.AssetCheckSpec, named: Sequence[str], broken: Sequence[Broken], *, warn: bool = False
    ) -> dg.AssetCheckResult:
        rows = {b.rule: b.rows for b in broken}
        lines = [f"| {rule} | {rows.get(rule, 0):,} |" for rule in dict.fromkeys([*rows, *named])]
        metadata: dict[str, Any] = {
            "rules": dg.MetadataValue.md("\n".join(["| rule | rows that break it |", "|---|---:|", *lines])),
            "rules_checked": len(named),
            "failing_rows": sum(rows.values()),
        }
        if broken:
            metadata["means"] = "; ".join(b.told for b in broken)
            sample = [{"rule": b.rule, **row} for b in broken for row in b.sample][: rules.SAMPLE]
            metadata["sample"] = dg.MetadataValue.json(_plain(sample))
        return dg.AssetCheckResult(
            asset_key=spec.asset_key,
            check_name=spec.name,
            passed=not broken,
            severity=dg.AssetCheckSeverity.WARN if warn else dg.AssetCheckSeverity.ERROR,
            description="; ".join(b.told for b in broken) or None,
            metadata=metadata,
        )


def _plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows as JSON can hold them."""
    return [
        {name: value if isinstance(value, int | float | bool | None) else str(value) for name, value in row.items()}
        for row in rows
    ]


def row_counts(workspace: Workspace) -> dict[str, int]:
    """Rows of each table; a view would have to be computed to be counted."""
    if not (environment.on_spark() or workspace.warehouse.exists()):
        return {}
    with tables.opened(workspace) as built:
        counted = [f'select \'{name}\', count(*) from "{schema}"."{name}"' for schema, name in tables.stored(built)]
        return dict(built.execute(" union all ".join(counted)).fetchall()) if counted else {}


def rules_of_check(project: dict[str, Any], spec: dg.AssetCheckSpec) -> list[str]:
    """The rules that a check of a table checks."""
    test = next(node for node in project.values() if node["resource_type"] == "test" and node["name"] == spec.name)
    return rules.rules_of(test, project.get(test.get("attached_node") or "", {}))


@cache
def project_nodes(workspace: Workspace) -> dict[str, Any]:
    """The nodes of the project, as manifest.json describes them."""
    return _described(workspace)["nodes"]


@cache
def _described(workspace: Workspace) -> dict[str, Any]:
    """The project for dagster-dbt: each test says in words which rules it checks."""
    project = dbt_runner.project_description(workspace)
    for node in project["nodes"].values():
        if node["resource_type"] == "test":
            named = rules.rules_of(node, project["nodes"].get(node.get("attached_node") or "", {}))
            node["meta"] = {**node.get("meta", {}), "description": "Rules: " + "; ".join(named)}
    return project


@cache
def dbt_layers(workspace: Workspace) -> list[dg.AssetsDefinition]:
    """One Dagster step per dbt layer."""
    code.build_hash()  # before the models are read
    manifest = _described(workspace)

    def layer_assets(layer: str, select: str) -> dg.AssetsDefinition:
        @dbt_assets(manifest=manifest, select=select, name=layer, project=None)
        def build(context: dg.AssetExecutionContext, pulse: dg.ResourceParam[Any]):
            with pulse.step(f"Building {layer}"):
                begun = pulse.build(context.run)
                yield from run_layer(context, pulse.workspace, layer, begun, pulse.dbt_variables(begun))

        return build

    return [layer_assets(layer, select) for layer, select in LAYERS.items()]
