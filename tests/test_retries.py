"""What may pass is tried again, what cannot is not; and which runs of Dagster count as dead."""

import subprocess
import sys
import time

import dagster as dg
import duckdb
import pytest

from orchestration.defs import published, resource, runs
from orchestration.defs.instance.settings import prepare_dagster
from orchestration.warehouse.dbt_runner import dbt_arguments, invoke
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace

HOLDS = """
import sys, time, duckdb
with duckdb.connect(sys.argv[1]):
    print("held", flush=True)
    time.sleep(6)  # longer than dbt takes to start, shorter than it waits
"""


def test_a_warehouse_that_another_program_holds_for_a_moment_is_waited_for(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.prepare()
    assert invoke(workspace, dbt_arguments("seed", ["states"], {})).success
    holder = subprocess.Popen([sys.executable, "-c", HOLDS, str(workspace.warehouse)], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(duckdb.IOException):
        duckdb.connect(str(workspace.warehouse))
    assert invoke(workspace, dbt_arguments("seed", ["states"], {})).success
    assert holder.wait() == 0


@pytest.mark.parametrize(
    ("problem", "tries"),
    [(duckdb.IOException("Could not set lock on file"), 2), (PulseError("no marts to publish"), 1)],
)
def test_a_publish_is_tried_again_only_where_that_may_help(tmp_path, monkeypatch, problem, tries):
    monkeypatch.setenv("PULSE_HOME", str(tmp_path))
    Workspace(tmp_path).prepare()
    tried = []

    def publish(*_, **__):
        tried.append(time.monotonic())
        if len(tried) == 1:
            raise problem
        return {"generation": "g", "as_of_date": "2026-03-31", "marts": {}}

    monkeypatch.setattr(published, "publish", publish)
    monkeypatch.setattr(published, "write_report", lambda *_: None)
    monkeypatch.setattr(resource, "keep", lambda *_: None)
    done = dg.materialize(
        [published.generation], resources={"pulse": resource.PulseResource(progress=False)}, raise_on_error=False
    )
    assert (done.success, len(tried)) == (tries > 1, tries)


@pytest.mark.fault("R2")
@pytest.mark.parametrize(("tags", "age", "reaped"), [({}, 0, 0), ({}, 100, 1), ({runs.IN_PROCESS: "yes"}, 0, 1)])
def test_a_run_that_the_ui_has_just_started_may_not_have_the_lease_yet(tmp_path, monkeypatch, tags, age, reaped):
    workspace = Workspace(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", "")  # put back what it was
    prepare_dagster(workspace.dagster)
    with dg.DagsterInstance.get() as instance:
        instance.add_run(dg.DagsterRun(job_name="pulse", run_id="r", status=dg.DagsterRunStatus.STARTED, tags=tags))
        now = time.time()
        monkeypatch.setattr(runs.time, "time", lambda: now + age)
        assert runs.reap(workspace) == reaped
        status = instance.get_run_by_id("r").status
    assert status == (dg.DagsterRunStatus.FAILURE if reaped else dg.DagsterRunStatus.STARTED)


def test_a_run_killed_between_its_publish_and_its_end_does_not_look_alive_for_long(shop, monkeypatch):
    """The next run has nothing to do, and so does not start the engines by itself."""
    monkeypatch.setenv("DAGSTER_HOME", "")  # put back what it was
    prepare_dagster(shop.home / "dagster")
    started, tags = dg.DagsterRunStatus.STARTED, {runs.IN_PROCESS: "yes"}
    with dg.DagsterInstance.get() as instance:
        instance.add_run(dg.DagsterRun(job_name="pulse", run_id="k", status=started, tags=tags))
    (shop.home / ".lease.json").write_text('{"pid": 1, "what": "pulse run", "since": "2026-01-01T00:00:00+00:00"}')
    assert "Nothing new" in shop("run")
    with dg.DagsterInstance.get() as instance:
        assert instance.get_run_by_id("k").status == dg.DagsterRunStatus.FAILURE
    assert not (shop.home / ".lease.json").exists()
