"""What starts the job when files arrive, and what follows a run that nobody watched."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from orchestration.alerts import digests
from orchestration.defs import runs
from orchestration.defs.results import of_run
from orchestration.defs.runs import IN_PROCESS, REAPED
from orchestration.defs.schedules import Job, nothing_new
from orchestration.landing.arrivals import arrived
from orchestration.workspace.layout import Workspace
from orchestration.workspace.lease import holder
from orchestration.workspace.settings import settings

LOOK_SECONDS = 60  # between two looks at the landing folder
AT_WORK = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def arrivals(workspace: Workspace, job: Job) -> dg.SensorDefinition:
    """Starts the job when whole new files have landed."""

    @dg.sensor(
        name="on_arrival",
        job=job,
        minimum_interval_seconds=LOOK_SECONDS,
        description="Runs when whole new files have landed, and takes up what a killed run left. On by itself where "
        "pulse.yml has `run_on_arrival: true`.",
        default_status=getattr(
            dg.DefaultSensorStatus, "RUNNING" if settings(workspace).get("run_on_arrival") else "STOPPED"
        ),
    )
    def on_arrival(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        # the ledger knows what was taken in: no note of ours could be lost, or say more than happened
        if held := holder(workspace):
            yield dg.SkipReason(f"{held['what']} works here since {held['since']}.")
        elif runs.there_are(context.instance, *AT_WORK):
            yield dg.SkipReason("A run is at work or waits; it takes what has landed.")
        elif files := arrived(workspace):
            # files that a run could not take in ask for another one once an hour
            asked = f"{sorted(files.items())} {datetime.now(UTC):%Y-%m-%d %H}"
            yield dg.RunRequest(run_key=hashlib.sha256(asked.encode()).hexdigest())
        elif (cut := _cut_off(context.instance)) and not nothing_new(workspace):
            yield dg.RunRequest(run_key=cut)
        else:
            yield dg.SkipReason("No new files, or none that is whole.")

    return on_arrival


def failures(workspace: Workspace) -> dg.SensorDefinition:
    """Tells of a run that failed."""

    @dg.run_failure_sensor(
        name="tell_of_failure",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells the receivers in `notify` that a run failed, and why.",
    )
    def tell_of_failure(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        if IN_PROCESS in context.dagster_run.tags:
            return dg.SkipReason("`pulse run` tells it itself.")
        result = of_run(context.instance, context.dagster_run.run_id)
        _log(context, digests.run_failed(workspace, result.told or [context.failure_event.message or "no message"]))
        return None

    return tell_of_failure


def publishes(workspace: Workspace) -> dg.SensorDefinition:
    """Tells of what is new after a publish."""

    @dg.run_status_sensor(
        name="send_alerts",
        run_status=dg.DagsterRunStatus.SUCCESS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends each owner the digest of what is new after a publish.",
    )
    def send_alerts(context: dg.RunStatusSensorContext) -> dg.SkipReason | None:
        if IN_PROCESS in context.dagster_run.tags:
            return dg.SkipReason("`pulse run` sends them itself.")
        _log(context, digests.after_run(workspace))
        return None

    return send_alerts


def _cut_off(instance: dg.DagsterInstance) -> str | None:
    """The newest run, if its process ended without a word; one that failed by itself would only fail again."""
    newest = instance.get_runs(dg.RunsFilter(job_name="pulse"), limit=1)
    return newest[0].run_id if newest and REAPED in newest[0].tags else None


def _log(context: dg.RunStatusSensorContext, delivery: digests.Delivery) -> None:
    for problem in delivery.problems:
        context.log.warning(problem)
