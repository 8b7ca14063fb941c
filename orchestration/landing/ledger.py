"""What happened to each file: the durable record beside the lake (SQLite, one transaction a file)."""

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from orchestration.workspace.errors import PulseError
from orchestration.workspace.files import checksum
from orchestration.workspace.layout import Workspace

# 1: files and seen. 2: what of the lake belongs to each file, with its checksum.
VERSION = 2
Look = tuple[int, int]  # size, and time of the last change in nanoseconds


@dataclass(frozen=True)
class FileReport:
    """One file as one entity of one feed. For a landed file: read = accepted + duplicate + quarantined."""

    feed: str
    entity: str
    name: str
    hash: str
    status: str  # landed, refused, known, or unreadable (which is not recorded: it is tried again)
    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    quarantined: int = 0
    reason: str = ""
    loaded_at: str = ""
    feed_hash: str = ""

    @property
    def is_refused(self) -> bool:
        return self.status in ("refused", "unreadable")


@dataclass(frozen=True)
class LakeFile:
    """A Parquet file of the lake that counts, by its path below the lake."""

    path: str
    rows: int
    sha256: str


COLUMNS = ", ".join(f'"{field.name}"' for field in fields(FileReport))


class Ledger:
    """The ledger of a workspace; use as a context manager."""

    def __init__(self, workspace: Workspace) -> None:
        self._path = workspace.ledger

    def __enter__(self) -> "Ledger":
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = sqlite3.connect(self._path, isolation_level=None)
            self._connection.execute("pragma journal_mode = wal")
            (version,) = self._connection.execute("pragma user_version").fetchone()
        except sqlite3.DatabaseError as problem:
            if "full" in str(problem):
                raise
            raise PulseError(
                f"{self._path}: the ledger cannot be read ({problem}); put it back from your backup", code="damaged"
            ) from None
        if version > VERSION:
            raise PulseError(
                f"{self._path.parent.parent}: the workspace is of version {version}, this Outlet Pulse knows "
                f"version {VERSION}; update Outlet Pulse, or name another workspace in PULSE_HOME",
                code="version",
            )
        if version < VERSION:
            self._migrate()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _migrate(self) -> None:
        """A new ledger, or one of the version before, brought to this one; all of it or nothing."""
        self._connection.execute("begin immediate")
        self._connection.execute(
            f"create table if not exists files ({COLUMNS}, primary key (hash, feed, entity)) without rowid"
        )
        # a path with the same size and time has the same content: spares reading thousands of old files again
        self._connection.execute(
            "create table if not exists seen (path primary key, size, modified_ns, hash) without rowid"
        )
        self._connection.execute("update seen set path = cast(path as blob)")  # a name need not be UTF-8
        self._connection.execute(
            "create table lake_files (path primary key, rows, sha256, hash, feed, entity) without rowid"
        )
        for file in self.files():
            if file.status == "landed":
                held = f"quarantine/{file.feed}-{file.entity}-{file.hash[:16]}.parquet"
                rows = {f"{file.entity}/{file.feed}-{file.hash[:16]}.parquet": file.accepted, held: file.quarantined}
                lake = self._path.parent
                there = [LakeFile(p, n, checksum(lake / p)) for p, n in rows.items() if (lake / p).exists()]
                self._keep(file, there)
        self._connection.execute(f"pragma user_version = {VERSION}")
        self._connection.execute("commit")

    @property
    def path(self) -> Path:
        return self._path

    def integrity(self) -> str:
        """What SQLite says of its own file: ok, or what is wrong."""
        return self._connection.execute("pragma integrity_check(1)").fetchone()[0]

    def forget(self, report: FileReport) -> None:
        """A file that never landed; it lands again if it is still there."""
        key = [report.hash, report.feed, report.entity]
        self._connection.execute("begin immediate")
        for table in ("files", "lake_files"):
            self._connection.execute(f"delete from {table} where hash = ? and feed = ? and entity = ?", key)
        self._connection.execute("commit")

    def find(self, file_hash: str, feed: str, entity: str) -> FileReport | None:
        """What happened to this content before."""
        row = self._connection.execute(
            f"select {COLUMNS} from files where hash = ? and feed = ? and entity = ?", [file_hash, feed, entity]
        ).fetchone()
        return FileReport(*row) if row else None

    def record(self, report: FileReport, kept: Sequence[LakeFile]) -> None:
        """What happened to a file and all that the lake holds of it, in one transaction: from here on it counts."""
        marks = ", ".join("?" for _ in fields(FileReport))
        self._connection.execute("begin immediate")
        self._connection.execute(f"insert or replace into files ({COLUMNS}) values ({marks})", astuple(report))
        self._keep(report, kept)
        self._connection.execute("commit")

    def _keep(self, report: FileReport, kept: Sequence[LakeFile]) -> None:
        key = [report.hash, report.feed, report.entity]
        self._connection.execute("delete from lake_files where hash = ? and feed = ? and entity = ?", key)
        self._connection.executemany(
            "insert into lake_files values (?, ?, ?, ?, ?, ?)", [[*astuple(file), *key] for file in kept]
        )

    def lake_files(self, report: FileReport | None = None) -> list[LakeFile]:
        """What the lake holds of one file, or of all."""
        key = [report.hash, report.feed, report.entity] if report else []
        where = "where hash = ? and feed = ? and entity = ?" if report else ""
        rows = self._connection.execute(f"select path, rows, sha256 from lake_files {where} order by path", key)
        return [LakeFile(*row) for row in rows.fetchall()]

    def seen_hash(self, path: Path, look: Look | None) -> str | None:
        """The content hash of an unchanged path; `look` is its size and time."""
        row = self._connection.execute(
            "select hash from seen where path = ? and size = ? and modified_ns = ?",
            [os.fsencode(path), *(look or (None, None))],
        ).fetchone()
        return row[0] if row else None

    def saw(self, path: Path, look: Look, file_hash: str) -> None:
        self._connection.execute(
            "insert or replace into seen values (?, ?, ?, ?)",
            [os.fsencode(path), *look, file_hash],
        )

    def delivered(self, report: FileReport) -> Path | None:
        """Where a file still lies as it was delivered."""
        seen = self._connection.execute("select path from seen where hash = ? order by path", [report.hash]).fetchall()
        paths = [Path(os.fsdecode(row[0])) for row in seen]
        return next((path for path in paths if path.exists() and checksum(path) == report.hash), None)

    def files(self) -> list[FileReport]:
        """Every file, by feed, entity and name."""
        rows = self._connection.execute(f"select {COLUMNS} from files order by feed, entity, name, hash").fetchall()
        return [FileReport(*row) for row in rows]

    def landed(self) -> list[tuple]:
        """Feed, entity, content hash and what the lake holds of it."""
        return self._connection.execute(
            "select feed, entity, hash, path from files left join lake_files using (hash, feed, entity) "
            "where status = 'landed' order by feed, entity, hash, path"
        ).fetchall()

    def first_loaded_at(self) -> str | None:
        """When the first file was taken in, UTC; None before it."""
        return self._connection.execute("select min(loaded_at) from files where status = 'landed'").fetchone()[0]

    def totals(self) -> list[dict]:
        """Files and rows by feed."""
        cursor = self._connection.execute(
            """
            select feed, sum(status = 'landed') as files_landed, sum(status = 'refused') as files_refused,
                sum(accepted) as rows_accepted, sum(duplicate) as rows_repeated,
                sum(quarantined) as rows_quarantined, substr(max(loaded_at), 1, 19) as last_file_at
            from files group by feed order by feed
            """
        )
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
