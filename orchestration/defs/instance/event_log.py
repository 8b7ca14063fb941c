"""Dagster's storage on SQLite, for one machine: few transactions, connections that stay open, damage set aside.

Dagster's own event log storage makes an engine and a connection for each statement, and a transaction for each table
that an event touches. Closing the last connection copies the write-ahead log into the database and waits for the disk.
With a few hundred assets and checks that is a large part of a run. What Dagster's users say about it:
dagster-io/dagster#19618 (writing many events at once), dagster-io/dagster#2884 (locked under many writers),
dagster-io/dagster#34153 (`supports_asset_checks` asks the database each time), dagster-io/dagster#32217 (a lock that
its own thread waits for). Files, tables and queries are Dagster's: either storage reads what the other one wrote.

In dagster.yaml:

    storage:
      custom:
        module: orchestration.defs.instance.event_log
        class: OneMachineStorage
        config: {base_dir: {env: DAGSTER_HOME}}

The module and orchestration/defs/instance/sqlite_files.py need Dagster and what Dagster needs, nothing else.
"""

import contextlib
import functools
import inspect
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from dagster._core.errors import DagsterSnapshotDoesNotExist
from dagster._core.event_api import EventHandlerFn
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, EVENT_TYPE_TO_PIPELINE_RUN_STATUS, DagsterEvent
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.dagster_run import DagsterRun
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
    SqliteEventLogStorageWatchdog,
)
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from dagster_shared.record import copy
from sqlalchemy.engine import Connection, Engine, make_url
from watchdog.events import FileSystemEvent
from watchdog.observers import Observer

from orchestration.defs.instance.sqlite_files import ERRORS, OPEN_FILES, Connections, opened_after_damage

TRIES = 3  # an event goes into two databases, and both can be damaged
INSERT = SqlEventLogStorageTable.insert()
MIRRORED = ASSET_EVENTS | ASSET_CHECK_EVENTS | set(EVENT_TYPE_TO_PIPELINE_RUN_STATUS)

Row = dict[str, Any]
Storage = TypeVar("Storage", bound=type)


def _begun(engine: Engine) -> bool:
    """Whether Dagster's tables are there, with the version of their schema."""
    with engine.connect() as connection:
        asked = connection.exec_driver_sql("select name from sqlite_master where type = 'table'")
        if "alembic_version" not in asked.scalars().all():
            return False
        return bool(connection.exec_driver_sql("select count(*) from alembic_version").scalar())


def _goes_on_after_damage(storage: Storage) -> Storage:
    """Let each public method of a storage try again when a damaged file was set aside."""

    def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            for _ in range(TRIES - 1):
                try:
                    return method(self, *args, **kwargs)
                except ERRORS as problem:
                    if not self.connections.mend(problem):
                        raise
            return method(self, *args, **kwargs)

        return call

    for name in dir(storage):
        method = inspect.getattr_static(storage, name)
        if inspect.isfunction(method) and not name.startswith("_"):
            setattr(storage, name, guarded(method))
    return storage


@_goes_on_after_damage
class OneMachineEventLogStorage(SqliteEventLogStorage):
    """Dagster's event log with its connections kept, and at most one transaction a database for each call."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self.connections = Connections()
        weakref.finalize(self, self.connections.close)
        self._columns: set[str] = set()
        self._tables: set[str] = set()
        begin = super().__init__
        opened_after_damage(
            Path(base_dir) / f"{INDEX_SHARD_NAME}.db", lambda: begin(base_dir, inst_data), read_all=False
        )

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> "OneMachineEventLogStorage":
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        path = Path(self.path_for_shard(shard))
        with self.connections.connect(path, lambda engine: self._begin(shard, engine)) as connection:
            yield connection

    def _begin(self, shard: str, engine: Engine) -> None:
        """Make the tables of a database that has none."""
        if _begun(engine):
            return
        is_index = shard == INDEX_SHARD_NAME
        self._initdb(engine, for_index_shard=is_index)
        if is_index:
            self.reindex_events()
            self.reindex_assets()

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event, with what the index has to say of it."""
        self.store_event_batch([event])

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events: one transaction in the database of their run, and one in the index where it has to know.

        If either fails, neither has them. The run's is committed first, as by Dagster.
        """
        for run_id, group in groupby(events, key=lambda event: event.run_id):
            written = [(event, self._event_to_row(event)) for event in group]
            mirrored = [(event, row) for event, row in written if event.dagster_event_type in MIRRORED]
            with contextlib.ExitStack() as transactions:
                index = transactions.enter_context(self.index_connection()) if mirrored else None
                run = transactions.enter_context(self.run_connection(run_id))
                run.execute(INSERT, [row for _, row in written])
                if index:
                    self._mirror(index, mirrored)

    def _mirror(self, index: Connection, written: Sequence[tuple[EventLogEntry, Row]]) -> None:
        """What Dagster's storage writes into the index, in the transaction of the connection."""
        for event, row in written:
            kind = event.dagster_event_type
            if kind not in MIRRORED:
                continue
            (event_id,) = index.execute(INSERT, row).inserted_primary_key or (0,)
            if kind in ASSET_EVENTS:
                self._store_asset_event_tags(index, [event], [event_id])
                self._store_asset_event(index, event, event_id)
            elif kind in ASSET_CHECK_EVENTS:
                self.store_asset_check_event(event, event_id)

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table; asked once, because tables are never dropped."""
        if table_name not in self._tables:
            with self.index_connection() as connection:
                if not connection.dialect.has_table(connection, table_name):
                    return False
            self._tables.add(table_name)
        return True

    def has_asset_key_col(self, column_name: str) -> bool:
        """Whether the table of assets has a column; asked once, because columns are never dropped."""
        if column_name in self._columns:
            return True
        return super().has_asset_key_col(column_name)

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        if column_name not in self._columns:
            if not super()._has_asset_key_col_on_connection(conn, column_name):
                return False
            self._columns.add(column_name)
        return True

    def wipe(self) -> None:
        """Delete all events."""
        self.connections.close()
        super().wipe()

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        """Call back for each new event of a run."""
        observer: Any = self._obs or Observer()
        if not self._obs:
            observer.start()
            self._obs = observer
        watchdog = _Watchdog(self, run_id, callback, cursor)
        self._watchers[run_id][callback] = (watchdog, observer.schedule(watchdog, self._base_dir, recursive=True))

    def dispose(self) -> None:
        """Stop watching, and close the databases."""
        super().dispose()
        self.connections.close()


class _Watchdog(SqliteEventLogStorageWatchdog):
    """Looks at a run's events when its database, or the write-ahead log beside it, has changed.

    An event stays in the write-ahead log until SQLite moves some hundred of them at once, or the last connection ends.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patterns = [self._log_path, f"{self._log_path}-wal"]

    def on_modified(self, event: FileSystemEvent) -> None:
        self._process_log()


@_goes_on_after_damage
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
        if _begun(engine):
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


@_goes_on_after_damage
class OneMachineScheduleStorage(SqliteScheduleStorage):
    """Dagster's schedules and sensors with their connections kept."""

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        self.connections = Connections()
        weakref.finalize(self, self.connections.close)
        self._path = Path(str(make_url(conn_string).database))
        super().__init__(conn_string, inst_data)

    @classmethod
    def from_local(cls, base_dir: str, inst_data: ConfigurableClassData | None = None) -> SqliteScheduleStorage:
        make = super().from_local
        return opened_after_damage(Path(base_dir) / "schedules.db", lambda: make(base_dir, inst_data), read_all=True)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection in a transaction."""
        with self.connections.connect(self._path, self._begin) as connection:
            yield connection

    def _begin(self, engine: Engine) -> None:
        if not _begun(engine):
            SqliteScheduleStorage.from_local(str(self._path.parent))

    def dispose(self) -> None:
        """Close the database."""
        super().dispose()
        self.connections.close()


class OneMachineStorage(DagsterSqliteStorage):
    """Events, runs and schedules in the files where Dagster keeps them by default."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super(DagsterSqliteStorage, self).__init__()  # its own would open Dagster's storages
        folder = Path(base_dir)
        self.base_dir = base_dir
        self._inst_data = inst_data
        self._run_storage = OneMachineRunStorage.from_local(str(folder / "history"))
        self._event_log_storage = OneMachineEventLogStorage(str(folder / "history" / "runs"))
        self._schedule_storage = OneMachineScheduleStorage.from_local(str(folder / "schedules"))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "OneMachineStorage":
        return cls.from_local(inst_data=inst_data, **config_value)
