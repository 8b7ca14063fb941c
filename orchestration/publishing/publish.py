"""Publishing: one audited generation, switched in one rename.

published/generations/<id>/<mart>.parquet + manifest.json   immutable
published/history/        what each publish added to the append-only marts (orchestration/publishing/history.py)
published/marts.duckdb    views on its own generation: a connection never sees a mix
published/live.duckdb     views through `current`: for tools that never reconnect
published/report.html     one page of the same generation, to pass on
"""

import json
import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from orchestration.publishing import history
from orchestration.publishing.generations import damage, generations, manifest_of
from orchestration.warehouse import tables as warehouse
from orchestration.warehouse.build_state import BuildState
from orchestration.workspace.errors import PulseError
from orchestration.workspace.files import checksum
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import literal

KEPT_GENERATIONS = 5
KEPT_HOURS = 24  # a reader may be on a connection that it made yesterday
SCHEMA = "marts"
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
    with warehouse.opened(workspace) as built:
        marts = [table for schema, table in warehouse.tables(built) if schema == SCHEMA]
        if not marts:
            raise PulseError(f"{workspace.warehouse}: no marts to publish; run `pulse run`")
        appended = history.append_only()
        tables = {mart: _write(built, mart, beside) for mart in marts if mart not in appended}
        added = {} if as_of or known_at else history.write(built, SCHEMA, beside, identity, now)
        views = warehouse.readers_views(workspace, built, SCHEMA)
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
        "marts": tables,
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


def show(workspace: Workspace, manifest: dict) -> None:
    """Point readers at a generation: each catalog is made beside and moved into place by one rename."""
    generation = workspace.published.resolve() / "generations" / manifest["generation"]
    published = history.files(workspace, manifest["generation"])
    _catalog(workspace.published / "marts.duckdb", generation, manifest, published)
    link = workspace.published / ".current"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("generations") / manifest["generation"])
    os.replace(link, workspace.published / "current")
    _catalog(workspace.published / "live.duckdb", workspace.published.resolve() / "current", manifest, published)
    write_report(workspace, manifest)


def write_report(workspace: Workspace, manifest: dict) -> None:
    """The page of this generation; a generation that lacks what it tells has none, and none of another one stays."""
    from orchestration.reports import html_report as page

    try:
        with reader(workspace) as marts:
            page.write(workspace, marts, manifest)
    except (duckdb.CatalogException, duckdb.BinderException):  # it was published by another version
        (workspace.published / "report.html").unlink(missing_ok=True)


def _catalog(path: Path, folder: Path, manifest: dict, published: dict[str, list[Path]]) -> None:
    beside = path.with_name(f".{path.name}")
    beside.unlink(missing_ok=True)
    with duckdb.connect(str(beside)) as catalog:
        for mart, facts in manifest["marts"].items():
            source = literal(folder / facts["file"])
            catalog.execute(f'create view "{mart}" as select * from read_parquet({source})')
        for mart, files in published.items():
            listed = ", ".join(literal(file.resolve()) for file in files)
            catalog.execute(f'create view "{mart}" as select * from read_parquet([{listed}], union_by_name = true)')
        _create_views(catalog, manifest["views"])
    os.replace(beside, path)


def _create_views(catalog: duckdb.DuckDBPyConnection, views: dict[str, str]) -> None:
    # a view that reads another one comes after it
    words = {view: set(re.findall(r"\w+", body)) for view, body in views.items()}
    named = {view: (found & set(views)) - {view} for view, found in words.items()}
    for view in TopologicalSorter(named).static_order():
        catalog.execute(f'create view "{view}" as {views[view]}')


def tidy(workspace: Workspace) -> None:
    """Take away what a publish that was killed left."""
    for leftover in (workspace.published / "generations").glob(".*"):
        shutil.rmtree(leftover)
    for leftover in workspace.published.glob(".*"):
        leftover.unlink()


def withdraw(workspace: Workspace, folder: Path) -> None:
    """Take a damaged generation away; readers who were on it see the newest whole one, or that nothing is published."""
    link = workspace.published / "current"
    shown = link.is_symlink() and link.resolve() == folder.resolve()
    folder.rename(folder.with_name(f".{folder.name}"))
    for file in (workspace.published / "history").glob(f"*/{folder.name}.parquet"):
        file.unlink()
    tidy(workspace)
    whole = [manifest for manifest in generations(workspace) if not damage(workspace, manifest)]
    if shown and whole:
        show(workspace, whole[-1])
    elif shown:
        for name in ("current", "marts.duckdb", "live.duckdb", "report.html"):
            (workspace.published / name).unlink(missing_ok=True)


def rollback(workspace: Workspace) -> dict:
    """Show readers the newest undamaged generation before the current one; returns its manifest."""
    link = workspace.published / "current"
    now = link.resolve().name if link.is_symlink() else ""  # its manifest may be what is damaged
    earlier = [m for m in generations(workspace) if m["generation"] < now and not damage(workspace, m)]
    if not earlier:
        raise PulseError(
            f"{workspace.published}: no earlier generation is kept, nothing to go back to; "
            "`pulse run --full` makes a new one"
        )
    show(workspace, earlier[-1])
    return earlier[-1]


def _prune(workspace: Workspace, keep: str) -> None:
    compared = history.last_plain(workspace)  # the next run is compared with it
    kept = {keep, compared["generation"] if compared else keep}
    young = (datetime.now(UTC) - timedelta(hours=KEPT_HOURS)).isoformat()
    for manifest in generations(workspace)[:-KEPT_GENERATIONS]:
        if manifest["generation"] not in kept and manifest["published_at"] < young:
            shutil.rmtree(workspace.published / "generations" / manifest["generation"])
