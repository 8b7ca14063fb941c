"""Whether ledger, lake, generations, catalogs and warehouse are as they were written, and what can be put right."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.landing.lake import too_many, unnamed
from orchestration.landing.ledger import Ledger
from orchestration.publishing.generations import current, damage, folders, generations
from orchestration.reports import shown
from orchestration.warehouse import tables
from orchestration.workspace.errors import one_line
from orchestration.workspace.files import checksum
from orchestration.workspace.layout import Workspace


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was written: where, what was found, and what puts it right."""

    place: Path
    found: str
    cure: str
    repaired: bool = False


@dataclass(frozen=True)
class Verified:
    """How much was looked at, and what is wrong."""

    lake_files: int
    generations: int
    faults: list[Fault]


def verify(workspace: Workspace, *, repair: bool = False) -> Verified:
    """Compare every file with its checksum and the ledger with the files.

    With `repair`: a damaged lake file is forgotten, so that its delivered file lands again, if that is still there; a
    damaged generation is taken away and readers see the newest whole one; catalogs are made anew; a damaged warehouse
    is discarded.
    """
    with Ledger(workspace) as ledger:
        faults = _ledger(workspace, ledger) + _lake(workspace, ledger, repair)
        lake_files = len(ledger.lake_files())
    kept = folders(workspace)
    faults += _generations(workspace, kept, repair)
    faults += _catalogs(workspace, repair)
    if said := tables.damage(workspace):
        faults.append(Fault(workspace.warehouse, said, "pulse rebuild", repair))
        if repair:
            tables.discard(workspace)
    return Verified(lake_files, len(kept), faults)


def _ledger(workspace: Workspace, ledger: Ledger) -> list[Fault]:
    try:
        said = ledger.integrity()
    except sqlite3.DatabaseError as problem:
        said = str(problem)
    faults = [] if said == "ok" else [Fault(ledger.path, one_line(Exception(said)), "put it back from your backup")]
    if said := too_many(unnamed(workspace, ledger)):
        faults.append(Fault(ledger.path, said, "put it back from your backup"))
    for file in ledger.files():
        told = file.accepted + file.duplicate + file.quarantined
        if file.status == "landed" and file.read != told:
            faults.append(Fault(ledger.path, f"{file.name}: {file.read:,} rows read, {told:,} told of", "report this"))
    return faults


def _lake(workspace: Workspace, ledger: Ledger, repair: bool) -> list[Fault]:
    faults = []
    for report in ledger.files():
        paths = {workspace.lake / file.path: file.sha256 for file in ledger.lake_files(report)}
        broken = {path: "is missing" for path in paths if not path.exists()}
        broken |= {p: "is not what landing wrote" for p, sha in paths.items() if p.exists() and checksum(p) != sha}
        if not broken:
            continue
        cure, there = "pulse verify --repair, then pulse run: it lands again", ledger.delivered(report) is not None
        if not there:
            cure = f"put {report.name} back into the landing folder, then pulse land, then {cure}"
        faults += [Fault(path, found, cure, repair and there) for path, found in broken.items()]
        if repair and there:
            ledger.forget(report)
            for path in paths:
                path.unlink(missing_ok=True)
    return faults


def _generations(workspace: Workspace, kept: list[Path], repair: bool) -> list[Fault]:
    manifests = {manifest["generation"]: manifest for manifest in generations(workspace)}
    faults, cure = [], "pulse verify --repair, or pulse rollback"
    for folder in kept:
        manifest = manifests.get(folder.name)
        broken = damage(workspace, manifest) if manifest else [folder / "manifest.json"]
        faults += [Fault(file, "is not what was published", cure, repair) for file in broken]
        if broken and repair:
            shown.withdraw(workspace, folder)
    return faults


def _catalogs(workspace: Workspace, repair: bool) -> list[Fault]:
    manifest = current(workspace)
    if not manifest:
        return []
    for catalog in ("marts.duckdb", "live.duckdb"):
        try:
            with duckdb.connect(str(workspace.published / catalog), read_only=True) as connection:
                for mart in [*manifest["marts"], *manifest["views"]]:
                    connection.execute(f'select * from "{mart}" limit 0')
        except duckdb.Error as problem:
            if repair:
                shown.show(workspace, manifest)
            cure = "pulse verify --repair, or pulse publish"
            return [Fault(workspace.published / catalog, one_line(problem), cure, repair)]
    return []
