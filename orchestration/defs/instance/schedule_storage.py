"""Dagster's schedules and sensors on SQLite."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy.engine import Connection, Engine, make_url

from orchestration.defs.instance.guard import begun, goes_on_after_damage
from orchestration.defs.instance.sqlite_files import Connections, opened_after_damage


@goes_on_after_damage
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
        if not begun(engine):
            SqliteScheduleStorage.from_local(str(self._path.parent))

    def dispose(self) -> None:
        """Close the database."""
        super().dispose()
        self.connections.close()
