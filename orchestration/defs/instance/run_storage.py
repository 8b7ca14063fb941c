"""Dagster's runs on SQLite."""

import weakref
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from dagster._core.errors import DagsterSnapshotDoesNotExist
from dagster._core.events import EVENT_TYPE_TO_PIPELINE_RUN_STATUS, DagsterEvent
from dagster._core.storage.dagster_run import DagsterRun
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._serdes import ConfigurableClassData
from dagster_shared.record import copy
from sqlalchemy.engine import Connection, Engine, make_url

from orchestration.defs.instance.guard import begun, goes_on_after_damage
from orchestration.defs.instance.sqlite_files import OPEN_FILES, Connections, opened_after_damage


@goes_on_after_damage
class OneMachineRunStorage(SqliteRunStorage):
    """Dagster's runs with their connections kept."""

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        self.connections = Connections()
        weakref.finalize(self, self.connections.close)
        self._path = Path(str(make_url(conn_string).database))
        self._runs: OrderedDict[str, DagsterRun] = OrderedDict()
        self._plans_are_lost = False  # in the file that this process has set aside
        super().__init__(conn_string, inst_data)

    @classmethod
    def from_local(cls, base_dir: str, inst_data: ConfigurableClassData | None = None) -> "OneMachineRunStorage":
        make = super().from_local
        return opened_after_damage(Path(base_dir) / "runs.db", lambda: make(base_dir, inst_data), read_all=True)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection in a transaction."""
        with self.connections.connect(self._path, self._begin) as connection:
            yield connection

    def _begin(self, engine: Engine) -> None:
        if begun(engine):
            return
        SqliteRunStorage.from_local(str(self._path.parent))
        self._plans_are_lost = True
        for run in list(self._runs.values()):
            super().add_run(_without_plan(run))

    def add_run(self, dagster_run: DagsterRun) -> DagsterRun:
        """Add a run."""
        try:
            super().add_run(dagster_run)
        except DagsterSnapshotDoesNotExist:
            if not self._plans_are_lost:
                raise
            super().add_run(_without_plan(dagster_run))
        self._remember(dagster_run)
        return dagster_run

    def handle_run_event(self, run_id: str, event: DagsterEvent, update_timestamp: datetime | None = None) -> None:
        """Change the state of a run as an event says."""
        super().handle_run_event(run_id, event, update_timestamp)
        if event.event_type in EVENT_TYPE_TO_PIPELINE_RUN_STATUS and (run := self._get_run_by_id(run_id)):
            self._remember(run)

    def _remember(self, run: DagsterRun) -> None:
        """Keep the runs at work, in case the database must be begun anew."""
        self._runs.pop(run.run_id, None)
        if not run.is_finished:
            self._runs[run.run_id] = run
        while len(self._runs) > OPEN_FILES:
            self._runs.popitem(last=False)

    def wipe(self) -> None:
        """Delete all runs."""
        self._runs.clear()
        super().wipe()

    def delete_run(self, run_id: str) -> None:
        """Delete a run."""
        self._runs.pop(run_id, None)
        super().delete_run(run_id)

    def dispose(self) -> None:
        """Close the database."""
        super().dispose()
        self.connections.close()


def _without_plan(run: DagsterRun) -> DagsterRun:
    """The run without its plan, because Dagster refuses a run whose plan is not stored."""
    return copy(run, job_snapshot_id=None, execution_plan_snapshot_id=None)
