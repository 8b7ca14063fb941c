"""What happened to each file: the durable record beside the lake (SQLite, one transaction a file)."""

import sqlite3
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from orchestration.workspace import Workspace


@dataclass(frozen=True)
class FileReport:
    """One file as one entity of one feed. For a landed file: read = accepted + duplicate + quarantined."""

    feed: str
    entity: str
    name: str
    hash: str
    status: str  # landed, refused or known
    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    quarantined: int = 0
    reason: str = ""
    loaded_at: str = ""
    feed_hash: str = ""


COLUMNS = ", ".join(f'"{field.name}"' for field in fields(FileReport))


class Ledger:
    """The ledger of a workspace; use as a context manager."""

    def __init__(self, workspace: Workspace) -> None:
        self._path = workspace.ledger

    def __enter__(self) -> "Ledger":
        if not self._path.parent.exists():
            self._path.parent.mkdir(parents=True)
        self._connection = sqlite3.connect(self._path, isolation_level=None)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute(
            f"create table if not exists files ({COLUMNS}, primary key (hash, feed, entity)) without rowid"
        )
        # a path with the same size and time has the same content: spares reading thousands of old files again
        self._connection.execute(
            "create table if not exists seen (path primary key, size, modified_ns, hash) without rowid"
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def find(self, file_hash: str, feed: str, entity: str) -> FileReport | None:
        """What happened to this content before."""
        row = self._connection.execute(
            f"select {COLUMNS} from files where hash = ? and feed = ? and entity = ?", [file_hash, feed, entity]
        ).fetchone()
        return FileReport(*row) if row else None

    def record(self, report: FileReport) -> None:
        marks = ", ".join("?" for _ in fields(FileReport))
        self._connection.execute(f"insert or replace into files ({COLUMNS}) values ({marks})", astuple(report))

    def seen_hash(self, path: Path) -> str | None:
        """The content hash of an unchanged path."""
        facts = path.stat()
        row = self._connection.execute(
            "select hash from seen where path = ? and size = ? and modified_ns = ?",
            [str(path), facts.st_size, facts.st_mtime_ns],
        ).fetchone()
        return row[0] if row else None

    def saw(self, path: Path, file_hash: str) -> None:
        facts = path.stat()
        self._connection.execute(
            "insert or replace into seen values (?, ?, ?, ?)", [str(path), facts.st_size, facts.st_mtime_ns, file_hash]
        )

    def files(self) -> list[FileReport]:
        """Every file, by feed, entity and name."""
        rows = self._connection.execute(f"select {COLUMNS} from files order by feed, entity, name, hash").fetchall()
        return [FileReport(*row) for row in rows]

    def landed(self) -> list[tuple[str, str, str]]:
        """Feed, entity and content hash of what is in the lake."""
        return self._connection.execute(
            "select feed, entity, hash from files where status = 'landed' order by feed, entity, hash"
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
