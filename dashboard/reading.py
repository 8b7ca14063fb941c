"""The published generation that a page shows: one connection for each, and what it answered kept until the next."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st

from orchestration.publishing.readers import reader, shown_by
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import rows

KEPT_ANSWERS = 300


@dataclass(frozen=True)
class Generation:
    """A published generation and a connection that reads it and nothing else."""

    workspace: Workspace
    manifest: dict
    connection: duckdb.DuckDBPyConnection

    @property
    def identity(self) -> str:
        return self.manifest["generation"]

    @property
    def as_of_date(self) -> date:
        return date.fromisoformat(self.manifest["as_of_date"])

    @property
    def published_at(self) -> datetime:
        return datetime.fromisoformat(self.manifest["published_at"])

    def ask(self, sql: str, *values: Any) -> list[dict]:
        """The rows of a query, remembered for this generation: a few, for people to look at."""
        return _asked(str(self.workspace.home), self.identity, sql, values, self.connection)


def shown_now(workspace: Workspace) -> Generation:
    """The generation that readers see now; a publish gives the catalog another file, so the next click sees it."""
    try:
        catalog = (workspace.published / "marts.duckdb").stat()
    except FileNotFoundError:
        raise PulseError(f"{workspace.published}: nothing is published yet; run `pulse run`") from None
    return _opened(str(workspace.home), (catalog.st_ino, catalog.st_mtime_ns))


@st.cache_resource(max_entries=3, show_spinner=False)
def _opened(home: str, catalog: tuple[int, int]) -> Generation:
    workspace = Workspace(Path(home))
    connection = reader(workspace)
    return Generation(workspace, shown_by(workspace, connection), connection)


@st.cache_data(max_entries=KEPT_ANSWERS, show_spinner=False)
def _asked(
    home: str, identity: str, sql: str, values: tuple, _connection: duckdb.DuckDBPyConnection
) -> list[dict[str, Any]]:
    with _connection.cursor() as cursor:  # people ask at the same time
        cursor.execute("use marts")
        return [{name: _plain(value) for name, value in row.items()} for row in rows(cursor, sql, list(values))]


def _plain(value: Any) -> Any:
    """What a chart can draw; the marts keep the exact amounts."""
    return float(value) if isinstance(value, Decimal) else value
