"""Dagster's event log on SQLite: at most one transaction a database for each call."""

import contextlib
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from dagster._core.event_api import EventHandlerFn
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, EVENT_TYPE_TO_PIPELINE_RUN_STATUS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
    SqliteEventLogStorageWatchdog,
)
from dagster._serdes import ConfigurableClassData
from sqlalchemy.engine import Connection, Engine
from watchdog.events import FileSystemEvent
from watchdog.observers import Observer

from orchestration.defs.instance.guard import begun, goes_on_after_damage
from orchestration.defs.instance.sqlite_files import Connections, opened_after_damage

INSERT = SqlEventLogStorageTable.insert()
MIRRORED = ASSET_EVENTS | ASSET_CHECK_EVENTS | set(EVENT_TYPE_TO_PIPELINE_RUN_STATUS)

Row = dict[str, Any]


@goes_on_after_damage
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
        if begun(engine):
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
