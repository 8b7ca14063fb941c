"""Values and names as SQL text, for the places where DuckDB takes no bound parameter; and rows by their names."""

import duckdb


def rows(connection: duckdb.DuckDBPyConnection, sql: str, values: list | dict | None = None) -> list[dict]:
    """The rows of a query, each by the names of its columns."""
    cursor = connection.execute(sql, values or [])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def literal(value: object) -> str:
    """A string literal."""
    return "'" + str(value).replace("'", "''") + "'"


def name(identifier: str) -> str:
    """A quoted identifier."""
    return '"' + identifier.replace('"', '""') + '"'
