"""Publishing: one audited generation, switched in one rename.

published/generations/<id>/<mart>.parquet + manifest.json   immutable
published/history/        what each publish added to the append-only marts (orchestration/publishing/history.py)
published/marts.duckdb    views on its own generation: a connection never sees a mix
published/live.duckdb     views through `current`: for tools that never reconnect
published/report.html     one page of the same generation, to pass on
"""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.project.marts import append_only
from orchestration.publishing import history
from orchestration.publishing.catalog import show, tidy
from orchestration.publishing.generations import generations, manifest_of
from orchestration.warehouse import tables
from orchestration.warehouse.build_state import BuildState
from orchestration.workspace.errors import PulseError
from orchestration.workspace.files import checksum
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import literal

KEPT_GENERATIONS = 5
KEPT_HOURS = 24  # a reader may be on a connection that it made yesterday
SCHEMA = "marts"


def publish(workspace: Workspace, build: BuildState) -> dict:
    """Write the marts of a build as a new generation and show it to readers; returns its manifest.

    Raises PulseError where the build was not built and checked as a whole. A build that is published already is only
    shown again, so that a step that is tried again adds nothing. What the checks found stays with the generation, so
    that a reader can weigh its figures. A run for an asked date or moment is a view for its readers, not what the time
    knew: it adds nothing to the history.
    """
    build.require_publishable(workspace)
    if build.generation and (earlier := manifest_of(workspace, build.generation)):
        show(workspace, earlier)
        return earlier
    fingerprint = build.inputs.fingerprint
    as_of, known_at = build.inputs.as_of or None, build.inputs.known_at or None
    now = datetime.now(UTC)
    root = workspace.published / "generations"
    root.mkdir(parents=True, exist_ok=True)
    tidy(workspace)
    identity = f"{now:%Y%m%dT%H%M%S%fZ}-{fingerprint[:8]}"
    beside = root / f".{identity}"
    beside.mkdir()
    with tables.opened(workspace) as built:
        marts = [table for schema, table in tables.stored(built) if schema == SCHEMA]
        if not marts:
            raise PulseError(f"{workspace.warehouse}: no marts to publish; run `pulse run`")
        appended = append_only()
        written = {mart: _write(built, mart, beside) for mart in marts if mart not in appended}
        added = {} if as_of or known_at else history.write(built, SCHEMA, beside, identity, now)
        views = tables.readers_views(workspace, built, SCHEMA)
        vouched = str(built.execute("select as_of_date from intermediate.int_as_of").fetchall()[0][0])
    manifest = {
        "generation": identity,
        "published_at": now.isoformat(timespec="microseconds"),
        "as_of_date": vouched,
        "asked_as_of": as_of,
        "known_at": known_at,
        "fingerprint": fingerprint,
        "incremental": build.incremental,
        "checks": build.checks,
        "marts": written,
        "views": views,
        "history": added,
    }
    (beside / "manifest.json").write_text(json.dumps(manifest, indent=1))
    for file in beside.rglob("*.parquet"):
        file.chmod(0o440)  # a statement of a reader cannot put other rows in their place
    beside.rename(root / identity)  # from here on it counts, and so does what it adds to the history
    build.end_published(workspace, identity)  # tried again from here on, it is only shown
    history.prepare(workspace)
    show(workspace, manifest)
    _prune(workspace, keep=identity)
    return manifest


def _write(built: duckdb.DuckDBPyConnection, mart: str, folder: Path) -> dict:
    path = folder / f"{mart}.parquet"
    # sorted, so that the same content gives the same file
    built.execute(
        f'copy (select * from {SCHEMA}."{mart}" order by all) to {literal(path)} (format parquet, compression zstd)'
    )
    rows, content = built.execute(
        f'select count(*), coalesce(sum(hash(mart)::hugeint), 0) from {SCHEMA}."{mart}" as mart'
    ).fetchall()[0]
    facts = {"file": path.name, "rows": rows, "bytes": path.stat().st_size, "sha256": checksum(path)}
    return {**facts, "content": f"{int(content):x}"}


def _prune(workspace: Workspace, keep: str) -> None:
    compared = history.last_plain(workspace)  # the next run is compared with it
    kept = {keep, compared["generation"] if compared else keep}
    young = (datetime.now(UTC) - timedelta(hours=KEPT_HOURS)).isoformat()
    for manifest in generations(workspace)[:-KEPT_GENERATIONS]:
        if manifest["generation"] not in kept and manifest["published_at"] < young:
            shutil.rmtree(workspace.published / "generations" / manifest["generation"])
