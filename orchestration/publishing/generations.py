"""The generations that were published: one folder each, with a manifest that has the checksum of each file."""

import json
from pathlib import Path

from orchestration.warehouse.inputs import Inputs
from orchestration.workspace.files import checksum
from orchestration.workspace.layout import Workspace


def folders(workspace: Workspace) -> list[Path]:
    """The folders of the kept generations, oldest first."""
    return sorted((workspace.published / "generations").glob("[!.]*/"))


def generations(workspace: Workspace) -> list[dict]:
    """The manifests of the kept generations, oldest first; one whose manifest is damaged is not among them."""
    found = [_manifest(folder) for folder in folders(workspace)]
    return [manifest for manifest in found if manifest]


def manifest_of(workspace: Workspace, generation: str) -> dict | None:
    """The manifest of a generation that is kept; None where it is gone or damaged."""
    return _manifest(workspace.published / "generations" / generation)


def _manifest(folder: Path) -> dict | None:
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and manifest.get("generation") == folder.name else None


def damage(workspace: Workspace, manifest: dict, *, by: str = "sha256") -> list[Path]:
    """The files of a generation that are not as they were published; by their size alone with by="bytes"."""
    folder = workspace.published / "generations" / manifest["generation"]
    facts = {folder / mart["file"]: mart for mart in manifest["marts"].values()}
    kept = workspace.published / "history"
    facts |= {kept / mart / f"{manifest['generation']}.parquet": f for mart, f in manifest.get("history", {}).items()}

    def found(file: Path) -> int | str:
        return file.stat().st_size if by == "bytes" else checksum(file)

    return [file for file, fact in facts.items() if not file.exists() or (by in fact and found(file) != fact[by])]


def current(workspace: Workspace) -> dict | None:
    """The manifest of the generation that readers see, None before the first publish."""
    link = workspace.published / "current"
    return _manifest(link.resolve()) if link.exists() else None


def is_published(workspace: Workspace, inputs: Inputs) -> bool:
    """Whether readers see what these inputs make: then there is nothing to do."""
    published = current(workspace)
    return published is not None and published["fingerprint"] == inputs.fingerprint
