"""The one job, executed in this process."""

from typing import Any

import dagster as dg

from orchestration.defs.definitions import build
from orchestration.defs.instance.settings import prepare_dagster
from orchestration.defs.results import RunResult, result_of
from orchestration.defs.runs import IN_PROCESS, reap
from orchestration.warehouse import tables
from orchestration.workspace.errors import is_damage
from orchestration.workspace.layout import Workspace
from orchestration.workspace.progress import errors, step


def execute(
    workspace: Workspace, *, as_of: str = "", known_at: str = "", full: bool = False, progress: bool
) -> RunResult:
    """Execute the job in this process; a warehouse file that is damaged is built anew from the lake."""
    prepare_dagster(workspace.dagster)
    with step("Reading the models", shown=progress):
        defs = build(workspace)
    reap(workspace)
    asked = {"as_of": as_of, "known_at": known_at, "progress": progress}
    damage = tables.damage(workspace)
    result = None if damage else _execute(defs, {**asked, "full": full})
    if result and not result.success:
        damage = next((error for error in result.errors if is_damage(error)), None)
    if result and not damage:
        return result
    errors.print(
        f"damaged: {workspace.warehouse}: {damage}; it is built anew from the lake", style="yellow", soft_wrap=True
    )
    tables.discard(workspace)
    return _execute(defs, {**asked, "full": True})


def _execute(defs: dg.Definitions, asked: dict[str, Any]) -> RunResult:
    result = defs.resolve_job_def("pulse").execute_in_process(
        instance=dg.DagsterInstance.get(),
        raise_on_error=False,
        tags={IN_PROCESS: "yes"},
        run_config={
            "resources": {"pulse": {"config": asked}},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        },
    )
    return result_of(result.success, result.get_asset_check_evaluations(), result.get_step_failure_events())
