"""A reader's connection to the published marts: on one generation for its whole life, and able to read nothing else."""

import json
import re
from pathlib import Path

import duckdb

from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import literal

PARQUET = re.compile(r"'((?:[^']|'')+\.parquet)'")  # as the text of a view names a file


def reader(workspace: Workspace, writes: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A connection that can read the published marts and nothing else; it may write into a folder that is named."""
    catalog = workspace.published / "marts.duckdb"
    if not catalog.exists():
        raise PulseError(f"{catalog}: nothing is published yet; run `pulse run`")
    # an instance of its own: two connections on one file share settings, locks and, after a publish, the old generation
    connection = duckdb.connect()
    connection.execute(f"set temp_directory = {literal(f'{catalog}.tmp')}")
    connection.execute(f"attach {literal(catalog)} as marts (read_only)")
    connection.execute("use marts")
    # file by file: a folder that may be read could be written to as well
    bodies = connection.execute("select sql from duckdb_views() where not internal").fetchall()
    files = sorted({path.replace("''", "'") for (body,) in bodies for path in PARQUET.findall(body)})
    connection.execute(f"set allowed_paths = [{', '.join(map(literal, files))}]")
    if writes:
        connection.execute(f"set allowed_directories = [{literal(f'{writes.resolve()}/')}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def shown_by(workspace: Workspace, connection: duckdb.DuckDBPyConnection) -> dict:
    """The manifest of the generation that a reader's connection is on, whatever was published since it was made."""
    (body,) = connection.execute(
        "select sql from duckdb_views() where contains(sql, '/generations/') order by view_name limit 1"
    ).fetchall()[0]
    identity = body.rsplit("/generations/", 1)[1].split("/")[0]
    return json.loads((workspace.published / "generations" / identity / "manifest.json").read_text())
