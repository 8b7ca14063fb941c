"""The one job, and the schedule that starts it every day."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition as Job

from orchestration.defs import runs
from orchestration.landing.arrivals import arrived
from orchestration.landing.feeds import load_feeds
from orchestration.publishing.generations import is_published
from orchestration.warehouse.inputs import Inputs
from orchestration.workspace.errors import PulseError, SettingsWrong
from orchestration.workspace.layout import Workspace
from orchestration.workspace.settings import run_limit, settings

EVERY_MORNING = "0 5 * * *"


def whole_way(workspace: Workspace) -> Job:
    """The job, with the time limit of the settings."""
    return dg.define_asset_job(
        "pulse",
        selection=dg.AssetSelection.all(),
        description="Take in what has landed, rebuild, check, and publish one generation.",
        tags={"dagster/max_runtime": str(int(run_limit(workspace)))},
    )


def daily(workspace: Workspace, job: Job) -> dg.ScheduleDefinition:
    """The schedule of the settings (pulse.yml); raises SettingsWrong."""
    cron, zone = _chosen(workspace)

    @dg.schedule(
        name="every_day",
        job=job,
        cron_schedule=cron,
        execution_timezone=zone,
        description="Runs the whole way, unless nothing is new. On by itself where pulse.yml has `schedule`.",
        default_status=getattr(
            dg.DefaultScheduleStatus, "RUNNING" if settings(workspace).get("schedule") else "STOPPED"
        ),
    )
    def every_day(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if runs.there_are(context.instance, dg.DagsterRunStatus.QUEUED):
            return dg.SkipReason("A run waits already; it takes what has landed.")
        if nothing_new(workspace):
            return dg.SkipReason("Nothing is new since the last publish.")
        return dg.RunRequest()

    return every_day


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


def nothing_new(workspace: Workspace) -> bool:
    """Whether readers see all that has landed, by the code, feeds and settings of now."""
    return not arrived(workspace) and is_published(workspace, Inputs.now(workspace))
