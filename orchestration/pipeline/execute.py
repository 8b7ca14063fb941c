"""One run of the whole way: what `pulse run` does, and what a step needs to know about its run."""

import os
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from orchestration.project import code
from orchestration.publishing.publish import publish
from orchestration.warehouse import tables as warehouse
from orchestration.warehouse.build_state import BuildState, Inputs
from orchestration.workspace.errors import PulseError, is_damage, of_the_machine
from orchestration.workspace.layout import Workspace, keep_from_others
from orchestration.workspace.lease import LeaseHeld, keep
from orchestration.workspace.progress import errors, step
from orchestration.workspace.settings import reporting_currency

IN_PROCESS = "pulse/in_process"  # a run of `pulse run`: it held the lease from its first moment
REAPED = "pulse/reaped"  # its process ended without a word
STARTING_SECONDS = 60
PLANNED_AT_ONCE = 1000  # what a run intends to do is written before it begins, in one transaction
LEASE_TRIES, LEASE_SECONDS = 60, 30  # a run that nobody started by hand waits half an hour for another one
KEPT = "# Written by pulse at each start. Without this line the file is yours.\n"
# steps print nothing, and catching what they print starts two processes a step
DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
storage:
  custom:
    module: orchestration.defs.instance.event_log
    class: OneMachineStorage
    config:
      base_dir:
        env: DAGSTER_HOME
concurrency:
  pools:
    default_limit: 1
    granularity: op
  runs:
    max_concurrent_runs: 1
run_monitoring:
  enabled: true
  poll_interval_seconds: 30
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days: {skipped: 7, failure: 30, success: 90}
"""


class PulseResource(dg.ConfigurableResource):
    """What every step of a run shares: the workspace, the date and the moment asked for, and where progress goes."""

    as_of: str = ""
    full: bool = False
    known_at: str = ""
    progress: bool = True

    @property
    def workspace(self) -> Workspace:
        return Workspace.current()

    def inputs(self) -> Inputs:
        """What decides what this run makes."""
        return Inputs.now(self.workspace, self.as_of, self.known_at)

    def build(self, run: dg.DagsterRun) -> BuildState:
        """The build that a step of the run belongs to."""
        return BuildState.of_step(self.workspace, run.run_id, self.inputs, full=self.full)

    def dbt_variables(self, build: BuildState) -> dict[str, Any]:
        """The variables of dbt_project.yml."""
        return {
            "as_of_date": self.as_of,
            "known_at": self.known_at,
            "reporting_currency": reporting_currency(self.workspace),
            "compare_contracts": build.compares_contracts,
        }

    @contextmanager
    def step(self, title: str):
        """Keep the lease until the run's process ends, and show that the step is at work and how long it took.

        What must not be tried again fails at once; anything else is tried again by the asset's retry policy.
        """
        keep_from_others()  # a run that the UI starts has its server's umask
        try:
            keep(self.workspace, "a run of Dagster")
        except LeaseHeld:
            raise dg.RetryRequested(max_retries=LEASE_TRIES, seconds_to_wait=LEASE_SECONDS) from None
        try:
            with step(title, shown=self.progress):
                yield
        except PulseError as problem:
            raise dg.Failure(problem.told, allow_retries=False) from None
        except (duckdb.Error, OSError) as problem:
            if machine := of_the_machine(problem, self.workspace.home):
                raise dg.Failure(machine.told, allow_retries=False) from None
            raise


RETRIES = dg.RetryPolicy(max_retries=3, delay=1, backoff=dg.Backoff.EXPONENTIAL)  # a file that another program holds


@dg.asset(
    key=["published", "generation"],
    retry_policy=RETRIES,
    group_name="published",
    kinds={"parquet"},
    deps=[dg.AssetDep(dg.AssetKey(["marts", name])) for name in code.mart_names()],
)
def generation(context: dg.AssetExecutionContext, pulse: PulseResource) -> dg.MaterializeResult:
    """The generation of the marts that readers see; made only behind every blocking check."""
    with pulse.step("Publishing"):
        manifest = publish(pulse.workspace, pulse.build(context.run))
    return dg.MaterializeResult(
        metadata={
            "generation": manifest["generation"],
            "as_of_date": manifest["as_of_date"],
            "rows": sum(mart["rows"] for mart in manifest["marts"].values()),
        }
    )


@dataclass(frozen=True)
class FailedCheck:
    """A check that did not pass, as a person reads it."""

    name: str
    asset: str
    blocking: bool
    means: str
    unexpected: int
    checked: int
    sample: list = field(default_factory=list)
    tool_error: str | None = None

    @property
    def told(self) -> str:
        """The check in one line, without values of rows."""
        word = "tool error in" if self.tool_error else "failed" if self.blocking else "warning"
        counted = f"{self.unexpected:,} of {self.checked:,} rows; " if self.checked else ""
        return f"{word} {self.asset} {self.name}: {self.tool_error or counted + self.means}"


@dataclass(frozen=True)
class RunResult:
    """How a run ended."""

    success: bool
    passed_checks: int
    failed_checks: list[FailedCheck]
    errors: list[str]

    @property
    def told(self) -> list[str]:
        """Why it failed, one line a cause."""
        return [check.told for check in self.failed_checks if check.blocking] + self.errors


def prepare_dagster(home: Path) -> None:
    """Give the workspace's Dagster its settings before anything opens it."""
    home.mkdir(parents=True, exist_ok=True)
    settings = home / "dagster.yaml"
    if not settings.exists() or settings.read_text().startswith(KEPT):
        settings.write_text(KEPT + DAGSTER_YAML)
    os.environ["DAGSTER_HOME"] = str(home.resolve())
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(PLANNED_AT_ONCE))


def execute(
    workspace: Workspace, *, as_of: str = "", known_at: str = "", full: bool = False, progress: bool
) -> RunResult:
    """Execute the job in this process; a warehouse file that is damaged is built anew from the lake."""
    prepare_dagster(workspace.dagster)
    with step("Reading the models", shown=progress):
        from orchestration import definitions
    reap(workspace)
    asked = {"as_of": as_of, "known_at": known_at, "progress": progress}
    damage = warehouse.damage(workspace)
    result = None if damage else _execute(definitions.defs, {**asked, "full": full})
    if result and not result.success:
        damage = next((error for error in result.errors if is_damage(error)), None)
    if result and not damage:
        return result
    errors.print(
        f"damaged: {workspace.warehouse}: {damage}; it is built anew from the lake", style="yellow", soft_wrap=True
    )
    warehouse.discard(workspace)
    return _execute(definitions.defs, {**asked, "full": True})


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
    return _result(result.success, result.get_asset_check_evaluations(), result.get_step_failure_events())


def of_run(instance: dg.DagsterInstance, run_id: str) -> RunResult:
    """How a run ended that another process executed."""
    judged, failed = dg.DagsterEventType.ASSET_CHECK_EVALUATION, dg.DagsterEventType.STEP_FAILURE
    events = [log.get_dagster_event() for log in instance.all_logs(run_id, of_type={judged, failed})]
    run = instance.get_run_by_id(run_id)
    return _result(
        bool(run and run.is_success),
        [event.asset_check_evaluation_data for event in events if event.event_type is judged],
        [event for event in events if event.event_type is failed],
    )


def _result(success: bool, checks: Sequence[dg.AssetCheckEvaluation], failures: Sequence[dg.DagsterEvent]) -> RunResult:
    return RunResult(
        success=success,
        passed_checks=sum(_rules(check) for check in checks if check.passed),
        failed_checks=[_failed(check) for check in checks if not check.passed],
        errors=[_one_line(event) for event in failures if _tells_more(event)],
    )


def reap(workspace: Workspace, *, before_the_server: bool = False) -> int:
    """Mark the runs whose process is gone as failed; the caller holds the lease, so none of them can be at work.

    A run that the UI has just started takes the lease with its first step: it is left alone for a minute. Before the
    server starts there can be none, and one that looks alive would keep all others waiting.
    """
    prepare_dagster(workspace.dagster)
    instance = dg.DagsterInstance.get()
    began = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    reaped = 0
    for record in instance.get_run_records(dg.RunsFilter(statuses=began)):
        run = record.dagster_run
        young = time.time() - record.update_timestamp.timestamp() < STARTING_SECONDS
        if IN_PROCESS in run.tags or not young or before_the_server:
            instance.add_run_tags(run.run_id, {REAPED: "yes"})
            instance.report_run_failed(run, "Its process ended without a word: killed, or the machine was restarted.")
            reaped += 1
    return reaped


def _tells_more(event: dg.DagsterEvent) -> bool:
    """A step that only says that its checks failed adds nothing to what they say."""
    error = event.step_failure_data.error
    return error is not None and error.cls_name != "DagsterAssetCheckFailedError"


def _rules(check: dg.AssetCheckEvaluation) -> int:
    """How many rules a check checks: dbt's are one check a table."""
    found = check.metadata.get("rules_checked")
    return int(str(found.value)) if found else 1


def _failed(check: dg.AssetCheckEvaluation) -> FailedCheck:
    facts: dict[str, Any] = {name: value.value for name, value in check.metadata.items()}
    return FailedCheck(
        name=check.check_name,
        asset="/".join(check.asset_key.path),
        blocking=check.severity == dg.AssetCheckSeverity.ERROR,
        means=facts.get("means") or facts.get("message") or "",
        unexpected=facts.get("unexpected_count", facts.get("failing_rows", 0)),
        checked=facts.get("element_count", 0),
        sample=facts.get("sample") or [],
        tool_error=facts.get("tool_error"),
    )


def _one_line(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    error = data.error
    while error and error.cause:
        error = error.cause
    description = data.user_failure_data.description if data.user_failure_data else None
    return f"{event.step_key}: {description or ' '.join(error.message.split() if error else [])}"
