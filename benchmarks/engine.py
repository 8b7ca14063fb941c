"""DuckDB as every contender gets it: two threads, 8 GB, and tables without an order, as dbt's profile has it."""

from pathlib import Path

import duckdb

from orchestration.workspace.sql import literal

THREADS = 2
MEMORY = "8GB"


def connect(database: Path | None = None, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A database file, or one in memory."""
    connection = duckdb.connect(str(database or ":memory:"), read_only=read_only)
    connection.execute(
        f"set threads = {THREADS}; set memory_limit = {literal(MEMORY)}; set timezone = 'UTC'; "
        "set preserve_insertion_order = false"
    )
    return connection
