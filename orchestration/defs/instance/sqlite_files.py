"""SQLite databases that stay open, and that are set aside when they are damaged.

A connection that is made and closed for each statement copies the write-ahead log into the database and waits for the
disk. Connections that stay open do not, and `synchronous = normal` survives a power cut all the same.
"""

import contextlib
import os
import sqlite3
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as db
from filelock import FileLock
from sqlalchemy import exc as db_exc
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import QueuePool

BUSY_SECONDS = 30  # as Dagster waits for another writer
OPEN_FILES = 8  # databases that one storage keeps open; each holds three file descriptors a connection
KEPT_CONNECTIONS, MOST_CONNECTIONS = 4, 16  # of one database: a thread takes one for as long as a query lasts
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
FIRST_TABLES = ("event_logs", "runs", "job_ticks")  # each of Dagster's databases has one of them
ERRORS = (db_exc.DatabaseError, sqlite3.DatabaseError)

Made = TypeVar("Made")


def damage(path: Path) -> str | None:
    """Why the file cannot be one of Dagster's databases; None where it can, or where that cannot be told.

    A database that is locked, that this user may not read, or that has no room to grow is not a damaged one.
    """
    if path.is_dir():
        return "is a folder, not a database"
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as database:
            found = database.execute("pragma integrity_check(1)").fetchone()[0]
        strange = _is_of_another_program(path)
    except sqlite3.DatabaseError as problem:
        return str(problem) if _code(problem) in DAMAGED else None
    if found != "ok":
        return " ".join(found.split())
    return "lacks Dagster's tables" if strange else None


def _is_of_another_program(path: Path) -> bool:
    """Whether none of Dagster's tables is there; the version is written last, after all tables have been made."""
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as database:
        tables = {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}
        if not tables.isdisjoint(FIRST_TABLES) or "alembic_version" not in tables:
            return False
        return database.execute("select count(*) from alembic_version").fetchone()[0] > 0


def set_aside(path: Path) -> bool:
    """Rename the file if it is damaged, and say so in one line; return whether it was.

    Of several processes that meet the damage, one renames. SQLite notices that a file has moved that it has open, and
    leaves the write-ahead log alone that lies under its old name.
    """
    with FileLock(path.parent / "damaged.lock"):
        why = damage(path)
        if not why:
            return False
        name = f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
        path.rename(path.with_name(name))
        for kind in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + kind).rename(path.with_name(name + kind))
    print(f"damaged: {path}: {why}; it was set aside as {name}, the run continues", file=sys.stderr, flush=True)
    return True


def opened_after_damage(path: Path, make: Callable[[], Made], *, read_all: bool) -> Made:
    """What `make` opens the file as; made once more if the file was damaged, and is set aside.

    A small file is read as a whole. Damage within a large one is found when it is met.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        if path.exists() and (damage(path) if read_all else _is_of_another_program(path)):
            set_aside(path)
        return make()
    except ERRORS as problem:
        if not (_hints_at_damage(problem, {path}) and set_aside(path)):
            raise
        return make()


def _code(problem: BaseException) -> int:
    """SQLite's own number of an error, without its details; 0 where there is none."""
    return getattr(getattr(problem, "orig", problem), "sqlite_errorcode", 0) & 0xFF


def _hints_at_damage(problem: BaseException, places: set[Path]) -> bool:
    if _code(problem) == sqlite3.SQLITE_CANTOPEN:
        return any(place.is_dir() for place in places)
    return _code(problem) in DAMAGED or any(f"no such table: {table}" in str(problem) for table in FIRST_TABLES)


@dataclass
class _Open:
    engine: Engine
    file: tuple[int, int] | None  # device and inode; None until the database has its tables


class Connections:
    """Connections to SQLite databases that stay open: several threads can use them, and a forked process its own."""

    def __init__(self) -> None:
        self._anew()

    def _anew(self) -> None:
        self._process = os.getpid()
        self._open: OrderedDict[Path, _Open] = OrderedDict()
        self._lock = threading.RLock()
        self._mine = threading.local()

    @property
    def _held(self) -> dict[Path, Connection]:
        return self._mine.__dict__.setdefault("held", {})

    @property
    def _suspects(self) -> set[Path]:
        return self._mine.__dict__.setdefault("suspects", set())

    @contextmanager
    def connect(self, path: Path, begin: Callable[[Engine], None]) -> Iterator[Connection]:
        """A connection in a transaction, committed at the end; `begin` is called before a file is used.

        Within it, the same thread gets the same connection: what Dagster writes in several transactions becomes one.
        """
        if self._process != os.getpid():
            # SQLite must not use, nor close, what the parent has open
            _of_the_parent.append(self._open)
            self._anew()
        if path in self._held:
            yield self._held[path]
            return
        try:
            with self._engine(path, begin).connect() as connection, connection.begin():
                self._held[path] = connection
                try:
                    yield connection
                finally:
                    del self._held[path]
        except ERRORS:
            self._suspects.add(path)
            raise

    def _engine(self, path: Path, begin: Callable[[Engine], None]) -> Engine:
        with self._lock:
            known = self._open.get(path)
            if known and known.file in (None, _identity(path)):
                self._open.move_to_end(path)
                return known.engine
            self.forget(path)  # wiped, or set aside by another process
            engine = _engine(path)
            self._open[path] = opened = _Open(engine, None)
            try:
                begin(engine)
            except BaseException:
                self.forget(path)
                raise
            opened.file = _identity(path)
            while len(self._open) > OPEN_FILES:
                self.forget(next(iter(self._open)))
            return engine

    def mend(self, problem: BaseException) -> bool:
        """Set aside what is damaged of the files that this thread has just used; return whether to try again."""
        if self._held:
            return False  # this call is part of another one, which is tried again as a whole
        suspects = set(self._suspects)
        self._suspects.clear()
        if not _hints_at_damage(problem, suspects):
            return False
        for path in suspects:
            self.forget(path)
            set_aside(path)
        return True

    def forget(self, path: Path) -> None:
        """Close what is open of a file."""
        with self._lock:
            if opened := self._open.pop(path, None):
                opened.engine.dispose()

    def close(self) -> None:
        """Close all files, which copies their write-ahead logs into them."""
        if self._process == os.getpid():
            with self._lock:
                for path in list(self._open):
                    self.forget(path)


_of_the_parent: list[Any] = []


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return (-1, -1)
    return found.st_dev, found.st_ino


def _engine(path: Path) -> Engine:
    engine = db.create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=KEPT_CONNECTIONS,
        max_overflow=MOST_CONNECTIONS - KEPT_CONNECTIONS,
        pool_timeout=BUSY_SECONDS,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    db.event.listen(engine, "connect", _settle)
    return engine


def _settle(connection: sqlite3.Connection, _: Any) -> None:
    """A power cut can cost the last events, and never the database; `full` would wait for the disk at each commit."""
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
