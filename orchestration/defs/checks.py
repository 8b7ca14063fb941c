"""The checks of Great Expectations as Dagster shows them: one named check per expectation, one step per layer."""

from typing import Any

import dagster as dg

from orchestration.checks import data_docs
from orchestration.checks.check import check_layer
from orchestration.checks.gx import Outcome
from orchestration.project.suites import Expectation, load_suites
from orchestration.workspace.errors import one_line


def asset_key(expectation: Expectation) -> dg.AssetKey:
    """The table that an expectation judges."""
    return dg.AssetKey([expectation.layer, expectation.table])


def check_result(expectation: Expectation, outcome: Outcome) -> dg.AssetCheckResult:
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
        asset_key=asset_key(expectation),
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
            dg.AssetCheckSpec(name=e.name, asset=asset_key(e), blocking=e.blocking, description=e.means)
            for e in expectations
        ],
        can_subset=True,
    )
    def judge(context: dg.AssetCheckExecutionContext, pulse: dg.ResourceParam[Any]):
        with pulse.step(f"Checking {layer}"):
            chosen = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
            asked = [e for e in expectations if (asset_key(e), e.name) in chosen]
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
