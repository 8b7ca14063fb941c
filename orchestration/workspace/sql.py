"""DuckDB for everybody: values and names as SQL text, where it takes no parameter; rows by their names; its limits."""

from pathlib import Path

import duckdb

from orchestration.workspace import environment


def rows(connection: duckdb.DuckDBPyConnection, sql: str, values: list | dict | None = None) -> list[dict]:
    """The rows of a query, each by the names of its columns."""
    cursor = connection.execute(sql, values) if values else connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def literal(value: object) -> str:
    """A string literal."""
    return "'" + str(value).replace("'", "''") + "'"


def constant(value: object) -> str:
    """A value as SQL text, of any type.

    Where a run has nothing to do it passes values so: DuckDB imports pandas for its first parameter.
    """
    if value is None:
        return "null"
    return str(value) if isinstance(value, bool | int | float) else literal(value)


def name(identifier: str) -> str:
    """A quoted identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def bound(connection: duckdb.DuckDBPyConnection, spill: Path) -> None:
    """Give a connection the run's limit, and a folder for what does not fit.

    DuckDB's own limit is four fifths of the machine, which has other work, too.
    """
    connection.execute(f"set memory_limit = {literal(environment.memory())}")
    connection.execute(f"set temp_directory = {literal(spill)}")
