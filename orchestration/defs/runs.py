"""The runs in Dagster's record: which of them `pulse run` executes itself, and which are dead."""

import time

import dagster as dg

from orchestration.defs.instance.settings import prepare_dagster
from orchestration.workspace.layout import Workspace

IN_PROCESS = "pulse/in_process"  # a run of `pulse run`: it held the lease from its first moment
REAPED = "pulse/reaped"  # its process ended without a word
STARTING_SECONDS = 60


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


def there_are(instance: dg.DagsterInstance, *statuses: dg.DagsterRunStatus) -> bool:
    """Whether there are runs of the job in one of these statuses."""
    return bool(instance.get_runs(dg.RunsFilter(job_name="pulse", statuses=statuses), limit=1))
