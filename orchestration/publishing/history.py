"""What was published before: kept outside the disposable warehouse, and never rewritten.

published/history/<mart>/<generation>.parquet  the rows that a publish added to an append-only mart
published/before/<mart>/<generation>.parquet   a mart as the last plain run published it, to compare the next one with

dbt reads both folders as sources; orchestration/project/marts.py knows which marts are append-only. A plain run is one
without --as-of and without --known-at.
"""

import os
import shutil
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.project.marts import append_only, columns, sources
from orchestration.publishing.generations import generations
from orchestration.workspace.files import checksum, replaced
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import literal, name

EMPTY = "_empty.parquet"


def is_plain(manifest: dict) -> bool:
    """Whether a generation is what its time knew, and so counts in the history."""
    return "history" in manifest and not manifest["asked_as_of"] and not manifest["known_at"]


def last_plain(workspace: Workspace) -> dict | None:
    """The manifest of the newest generation that counts in the history, whether or not readers were taken back."""
    return next((manifest for manifest in reversed(generations(workspace)) if is_plain(manifest)), None)


def prepare(workspace: Workspace) -> None:
    """Put in place what dbt will read: nothing is a table without rows, and what a killed publish left is finished."""
    for file in sorted((workspace.published / "generations").glob("[!.]*/history/*.parquet")):
        _keep(file, workspace.published / "history" / file.stem / f"{file.parent.parent.name}.parquet")
    for mart in append_only() | set(sources()["history"]):
        _write_empty(workspace.published / "history" / mart, columns(mart))
    manifest = last_plain(workspace)
    for mart in sources()["before"]:
        folder = workspace.published / "before" / mart
        _write_empty(folder, columns(mart))
        generation = manifest["generation"] if manifest and mart in manifest["marts"] else None
        for earlier in folder.glob("[!_.]*.parquet"):
            if earlier.stem != generation:
                earlier.unlink()
        if manifest and generation:
            file = workspace.published / "generations" / generation / manifest["marts"][mart]["file"]
            _keep(file, folder / f"{generation}.parquet")


def write(warehouse: duckdb.DuckDBPyConnection, schema: str, folder: Path, generation: str, at: datetime) -> dict:
    """Write what this publish adds into its generation, signed with it; returns what was written by mart."""
    added = {}
    (folder / "history").mkdir()
    for mart in sorted(append_only()):
        source = f"{name(schema)}.{name(mart)}"
        rows = warehouse.execute(f"select count(*) from {source}").fetchall()[0][0]
        if rows:
            file = folder / "history" / f"{mart}.parquet"
            moment = literal(at.replace(tzinfo=None).isoformat(sep=" "))
            signed = f"{literal(generation)}::varchar as generation, {moment}::timestamp as published_at"
            warehouse.execute(
                f"copy (select * replace ({signed}) from {source} order by all) "
                f"to {literal(file)} (format parquet, compression zstd)"
            )
            added[mart] = {"rows": rows, "sha256": checksum(file)}
    return added


def files(workspace: Workspace, generation: str) -> dict[str, list[Path]]:
    """By append-only mart the files that were there when a generation was published, that generation's own included."""
    found = {}
    for folder in sorted((workspace.published / "history").glob("*/")):
        kept = sorted(file for file in folder.glob("[!_.]*.parquet") if file.stem <= generation)
        found[folder.name] = [folder / EMPTY, *kept]
    return found


def _keep(file: Path, target: Path) -> None:
    """The same bytes under a second name, whole or not at all; what is there stays as it is."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, target)
    except OSError:  # a file system without links
        with replaced(target) as beside:
            shutil.copyfile(file, beside)


def _write_empty(folder: Path, types: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    wanted = ", ".join(f"null::{kind} as {name(column)}" for column, kind in types.items())
    described = folder / "_empty.columns"
    if (folder / EMPTY).exists() and described.exists() and described.read_text() == wanted:
        return
    with replaced(folder / EMPTY) as beside, duckdb.connect() as connection:
        connection.execute(f"copy (select {wanted} limit 0) to {literal(beside)} (format parquet)")
    described.write_text(wanted)
