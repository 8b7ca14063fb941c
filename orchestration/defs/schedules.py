"""The one job, when it starts by itself, and what follows a run that nobody watched."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration.alerts import digests as alerts
from orchestration.landing.feeds import load_feeds
from orchestration.landing.land import arrived
from orchestration.pipeline.execute import IN_PROCESS, REAPED, of_run
from orchestration.warehouse.build_state import Inputs, is_published
from orchestration.workspace.errors import PulseError, SettingsWrong
from orchestration.workspace.layout import Workspace
from orchestration.workspace.lease import holder
from orchestration.workspace.settings import run_limit, settings

EVERY_MORNING = "0 5 * * *"
LOOK_SECONDS = 60  # between two looks at the landing folder
AT_WORK = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def market_zone(workspace: Workspace) -> str:
    """The zone that schedules go by: the feeds' own where they share one."""
    zones = {feed.time_zone for feed in load_feeds(workspace.feeds).values()}
    return zones.pop() if len(zones) == 1 else "UTC"


def _chosen(workspace: Workspace) -> tuple[str, str]:
    """Cron line and zone of the schedule; raises SettingsWrong."""
    chosen = settings(workspace)
    cron, zone = chosen.get("schedule") or EVERY_MORNING, chosen.get("schedule_time_zone")
    try:
        zone = str(zone or market_zone(workspace))
        dg.ScheduleDefinition(name="tried", job_name="pulse", cron_schedule=cron, execution_timezone=zone)
    except PulseError:
        raise
    except Exception as problem:  # whatever Dagster finds wrong with a cron line or a zone
        raise SettingsWrong(
            f"{workspace.home / 'pulse.yml'}, schedule and schedule_time_zone: expected such as {EVERY_MORNING!r} "
            f"and Asia/Jakarta, found {cron!r} and {zone!r} ({' '.join(str(problem).split())[:120]})"
        ) from None
    return cron, zone


@dataclass(frozen=True)
class Starts:
    """The job, what starts it, and what follows."""

    job: Any
    schedule: dg.ScheduleDefinition
    sensors: list[dg.SensorDefinition]


def starts(workspace: Workspace) -> Starts:
    """By the settings of a workspace (pulse.yml)."""
    chosen = settings(workspace)
    cron, zone = _chosen(workspace)
    job = dg.define_asset_job(
        "pulse",
        selection=dg.AssetSelection.all(),
        description="Take in what has landed, rebuild, check, and publish one generation.",
        tags={"dagster/max_runtime": str(int(run_limit(workspace)))},
    )

    @dg.schedule(
        name="every_day",
        job=job,
        cron_schedule=cron,
        execution_timezone=zone,
        description="Runs the whole way, unless nothing is new. On by itself where pulse.yml has `schedule`.",
        default_status=getattr(dg.DefaultScheduleStatus, "RUNNING" if chosen.get("schedule") else "STOPPED"),
    )
    def every_day(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if _are(context.instance, dg.DagsterRunStatus.QUEUED):
            return dg.SkipReason("A run waits already; it takes what has landed.")
        if nothing_new(workspace):
            return dg.SkipReason("Nothing is new since the last publish.")
        return dg.RunRequest()

    @dg.sensor(
        name="on_arrival",
        job=job,
        minimum_interval_seconds=LOOK_SECONDS,
        description="Runs when whole new files have landed, and takes up what a killed run left. On by itself where "
        "pulse.yml has `run_on_arrival: true`.",
        default_status=getattr(dg.DefaultSensorStatus, "RUNNING" if chosen.get("run_on_arrival") else "STOPPED"),
    )
    def on_arrival(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        # the ledger knows what was taken in: no note of ours could be lost, or say more than happened
        if held := holder(workspace):
            yield dg.SkipReason(f"{held['what']} works here since {held['since']}.")
        elif _are(context.instance, *AT_WORK):
            yield dg.SkipReason("A run is at work or waits; it takes what has landed.")
        elif files := arrived(workspace):
            # files that a run could not take in ask for another one once an hour
            asked = f"{sorted(files.items())} {datetime.now(UTC):%Y-%m-%d %H}"
            yield dg.RunRequest(run_key=hashlib.sha256(asked.encode()).hexdigest())
        elif (cut := _cut_off(context.instance)) and not nothing_new(workspace):
            yield dg.RunRequest(run_key=cut)
        else:
            yield dg.SkipReason("No new files, or none that is whole.")

    @dg.run_failure_sensor(
        name="tell_of_failure",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells the receivers in `notify` that a run failed, and why.",
    )
    def tell_of_failure(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        if IN_PROCESS in context.dagster_run.tags:
            return dg.SkipReason("`pulse run` tells it itself.")
        result = of_run(context.instance, context.dagster_run.run_id)
        _log(context, alerts.run_failed(workspace, result.told or [context.failure_event.message or "no message"]))
        return None

    @dg.run_status_sensor(
        name="send_alerts",
        run_status=dg.DagsterRunStatus.SUCCESS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends each owner the digest of what is new after a publish.",
    )
    def send_alerts(context: dg.RunStatusSensorContext) -> dg.SkipReason | None:
        if IN_PROCESS in context.dagster_run.tags:
            return dg.SkipReason("`pulse run` sends them itself.")
        _log(context, alerts.after_run(workspace))
        return None

    return Starts(job, every_day, [on_arrival, tell_of_failure, send_alerts])


def _are(instance: dg.DagsterInstance, *statuses: dg.DagsterRunStatus) -> bool:
    """Whether there are runs of the job in one of these statuses."""
    return bool(instance.get_runs(dg.RunsFilter(job_name="pulse", statuses=statuses), limit=1))


def _cut_off(instance: dg.DagsterInstance) -> str | None:
    """The newest run, if its process ended without a word; one that failed by itself would only fail again."""
    newest = instance.get_runs(dg.RunsFilter(job_name="pulse"), limit=1)
    return newest[0].run_id if newest and REAPED in newest[0].tags else None


def nothing_new(workspace: Workspace) -> bool:
    """Whether readers see all that has landed, by the code, feeds and settings of now."""
    return not arrived(workspace) and is_published(workspace, Inputs.now(workspace))


def _log(context: dg.RunStatusSensorContext, delivery: alerts.Delivery) -> None:
    for problem in delivery.problems:
        context.log.warning(problem)
