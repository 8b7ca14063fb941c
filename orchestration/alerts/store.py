"""What was open at the last publish, and what was told of it (SQLite, mode 0600; it holds no URL of a receiver)."""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime

from orchestration.workspace.layout import Workspace

COLUMNS = ("alert_id", "owner_id", "kind", "owner_name", "subject_id", "subject_name", "raised_on", "message")
REFRESHED = ("kind", "owner_name", "subject_id", "subject_name", "message")  # raised_on stays what it was at first


class AlertStore:
    """The alerts that are open, or resolved and not told so yet; use as a context manager.

    The owner is part of the key: an alert that changes hands is over for one owner and new for the other.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._path = workspace.alerts

    def __enter__(self) -> "AlertStore":
        self._path.touch(mode=0o600)
        self._store = sqlite3.connect(self._path, isolation_level="IMMEDIATE")
        self._store.row_factory = sqlite3.Row
        self._store.execute("pragma foreign_keys = on")
        self._store.execute(
            f"create table if not exists alerts ({', '.join(COLUMNS)}, sent_at, resolved_at, "
            "primary key (alert_id, owner_id)) without rowid"
        )
        # who took a digest already, while another receiver of that owner did not
        self._store.execute(
            "create table if not exists told (alert_id, owner_id, is_resolved, receiver, "
            "primary key (alert_id, owner_id, is_resolved, receiver), "
            "foreign key (alert_id, owner_id) references alerts on delete cascade) without rowid"
        )
        self._store.execute("create table if not exists compared (generation, as_of_date)")
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    def compared(self) -> tuple[str, str]:
        """The generation that was compared last, and its business date; empty before the first."""
        row = self._store.execute("select generation, as_of_date from compared").fetchone()
        return (row["generation"], row["as_of_date"]) if row else ("", "")

    def compare(self, generation: str, as_of_date: str, found: list[tuple]) -> None:
        """Take over what is open now; what is gone is resolved. One transaction."""
        is_open = {row[:2] for row in found}
        with self._store as store:
            before = store.execute("select alert_id, owner_id from alerts where resolved_at is null").fetchall()
            gone = [key for key in map(tuple, before) if key not in is_open]
            # nobody was told of it, so nobody is told that it is over
            store.executemany(
                "delete from alerts where (alert_id, owner_id) = (?, ?) and sent_at is null "
                "and (alert_id, owner_id) not in (select alert_id, owner_id from told)",
                gone,
            )
            store.executemany(
                "update alerts set resolved_at = ? where (alert_id, owner_id) = (?, ?)",
                [(_now(), *key) for key in gone],
            )
            # what comes back after its resolution is new again
            store.executemany(
                "delete from alerts where (alert_id, owner_id) = (?, ?) and resolved_at is not null", is_open
            )
            store.executemany(
                f"insert into alerts ({', '.join(COLUMNS)}) values ({', '.join('?' for _ in COLUMNS)}) "
                f"on conflict do update set {', '.join(f'{name} = excluded.{name}' for name in REFRESHED)}",
                found,
            )
            store.execute("delete from compared")
            store.execute("insert into compared values (?, ?)", [generation, as_of_date])

    def owners_waiting(self) -> list[str]:
        """The owners with something that not all of their receivers were told."""
        rows = self._store.execute(
            "select distinct owner_id from alerts where sent_at is null or resolved_at is not null order by owner_id"
        )
        return [row["owner_id"] for row in rows]

    def due(self, owner: str, receiver: str) -> list[sqlite3.Row]:
        """What a receiver was not told of an owner's alerts; that one is over only where it was told of it."""
        return self._store.execute(
            """
            with already as (select alert_id, owner_id, is_resolved from told where receiver = :receiver)

            select * from alerts
            where owner_id = :owner
                and (alert_id, owner_id, resolved_at is not null) not in already
                and case
                    when resolved_at is null then sent_at is null
                    else sent_at is not null or (alert_id, owner_id, 0) in already
                end
            order by kind, raised_on, subject_name, alert_id
            """,
            {"owner": owner, "receiver": receiver},
        ).fetchall()

    def took(self, receiver: str, alerts: Iterable[sqlite3.Row]) -> None:
        """A receiver has them."""
        with self._store as store:
            store.executemany(
                "insert into told values (?, ?, ?, ?)",
                [(row["alert_id"], row["owner_id"], row["resolved_at"] is not None, receiver) for row in alerts],
            )

    def settle(self, owner: str) -> None:
        """All receivers of an owner have everything."""
        with self._store as store:
            store.execute("delete from alerts where owner_id = ? and resolved_at is not null", [owner])
            store.execute("update alerts set sent_at = ? where owner_id = ? and sent_at is null", [_now(), owner])
            store.execute("delete from told where owner_id = ?", [owner])

    def open(self) -> list[sqlite3.Row]:
        """What is open, by owner."""
        return self._store.execute(
            "select * from alerts where resolved_at is null order by owner_name, owner_id, kind, raised_on, alert_id"
        ).fetchall()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
