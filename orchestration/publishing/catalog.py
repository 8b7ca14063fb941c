"""Through what readers see a generation: the catalogs and the link `current`, each put in place by one rename."""

import re
import shutil
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from orchestration.publishing import history
from orchestration.publishing.generations import damage, generations
from orchestration.workspace.errors import PulseError
from orchestration.workspace.files import pointed, replaced
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import literal


def show(workspace: Workspace, manifest: dict) -> None:
    """Point readers at a generation: each catalog is made beside and moved into place by one rename."""
    generation = workspace.published.resolve() / "generations" / manifest["generation"]
    published = history.files(workspace, manifest["generation"])
    _catalog(workspace.published / "marts.duckdb", generation, manifest, published)
    pointed(workspace.published / "current", Path("generations") / manifest["generation"])
    _catalog(workspace.published / "live.duckdb", workspace.published.resolve() / "current", manifest, published)


def _catalog(path: Path, folder: Path, manifest: dict, published: dict[str, list[Path]]) -> None:
    with replaced(path) as beside, duckdb.connect(str(beside)) as catalog:
        for mart, facts in manifest["marts"].items():
            source = literal(folder / facts["file"])
            catalog.execute(f'create view "{mart}" as select * from read_parquet({source})')
        for mart, files in published.items():
            listed = ", ".join(literal(file.resolve()) for file in files)
            catalog.execute(f'create view "{mart}" as select * from read_parquet([{listed}], union_by_name = true)')
        _create_views(catalog, manifest["views"])


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


def withdraw(workspace: Workspace, folder: Path) -> dict | None:
    """Take a damaged generation away. Returns the newest whole one where readers were on it, to be shown to them.

    Where none is whole, they see that nothing is published.
    """
    link = workspace.published / "current"
    shown = link.is_symlink() and link.resolve() == folder.resolve()
    folder.rename(folder.with_name(f".{folder.name}"))
    for file in (workspace.published / "history").glob(f"*/{folder.name}.parquet"):
        file.unlink()
    tidy(workspace)
    whole = [manifest for manifest in generations(workspace) if not damage(workspace, manifest)]
    if shown and whole:
        return whole[-1]
    if shown:
        for name in ("current", "marts.duckdb", "live.duckdb", "report.html"):
            (workspace.published / name).unlink(missing_ok=True)
    return None


def one_before(workspace: Workspace) -> dict:
    """The manifest of the newest undamaged generation before the one that readers see."""
    link = workspace.published / "current"
    now = link.resolve().name if link.is_symlink() else ""  # its manifest may be what is damaged
    earlier = [m for m in generations(workspace) if m["generation"] < now and not damage(workspace, m)]
    if not earlier:
        raise PulseError(
            f"{workspace.published}: no earlier generation is kept, nothing to go back to; "
            "`pulse run --full` makes a new one"
        )
    return earlier[-1]
