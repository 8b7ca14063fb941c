"""The files of the landing folder: which feed claims each, which are new, and which are whole."""

import fnmatch
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestration.landing.feeds import Feed, load_feeds
from orchestration.landing.ledger import Ledger, Look
from orchestration.project import contract
from orchestration.project.contract import Entity
from orchestration.workspace.errors import printable
from orchestration.workspace.layout import Workspace

UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".filepart")
PATIENCE = 2.0  # seconds that a run waits for a file to settle; what takes longer is left for the next run


@dataclass(frozen=True)
class Waiting:
    """A file that is left alone for now, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Claim:
    """A file of the landing folder as one entity of the feed that claims it."""

    path: Path
    feed: Feed
    entity: Entity

    @property
    def marker(self) -> Path | None:
        return self.feed.entities[self.entity.name].marker_of(self.path)

    @property
    def described(self) -> str:
        """A hash of what says how the file is to be read, its marker's text included."""
        text = self.feed.model_dump_json() + marker_text(self.marker)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def arrived(workspace: Workspace) -> dict[Path, Look]:
    """The files that the next landing would take in, with the look at each; nothing is read or written."""
    feeds = load_feeds(workspace.feeds)
    with Ledger(workspace) as ledger:
        found, _ = claims(workspace, feeds)
        new = unseen(ledger, found)
    ready, _ = whole(found, new)
    return {claim.path: new[claim.path] for claim in ready if claim.path in new}


def unseen(ledger: Ledger, found: list[Claim]) -> dict[Path, Look]:
    """The claimed files that were never looked at as they are now."""
    looks = {claim.path: looked(claim.path) for claim in found}
    return {path: look for path, look in looks.items() if look and not ledger.seen_hash(path, look)}


def claims(workspace: Workspace, feeds: dict[str, Feed]) -> tuple[list[Claim], list[Path]]:
    """The files that a feed claims, and those that none does."""
    found: list[Claim] = []
    unclaimed: list[Path] = []
    for path in sorted(p for p in workspace.landing.rglob("*") if p.is_file()):
        if path.name.startswith(".") or path.name.endswith(UNFINISHED):
            continue
        relative = path.relative_to(workspace.landing)
        feed = feeds.get(relative.parts[0])
        claimed = list(entities(feed, "/".join(relative.parts[1:]))) if feed and len(relative.parts) > 1 else []
        if feed:
            found += [Claim(path, feed, contract.load()[entity]) for entity in claimed]
        if not claimed:
            unclaimed.append(path)
    markers = {claim.marker for claim in found}
    claimed_files = [claim for claim in found if claim.path not in markers]
    return claimed_files, [path for path in unclaimed if path not in markers]


def entities(feed: Feed, file: str) -> Iterator[str]:
    """The entities whose patterns a file's name fits."""
    for entity, part in feed.entities.items():
        if any(fnmatch.fnmatchcase(file, p) or fnmatch.fnmatchcase(Path(file).name, p) for p in part.patterns):
            yield entity


def whole(claimed: list[Claim], new: dict[Path, Look]) -> tuple[list[Claim], list[Waiting]]:
    """The files that are whole, as far as their marker and their age can tell, and those that wait."""
    waiting: list[Waiting] = []
    there: list[Claim] = []
    for claim in claimed:
        marker = claim.marker
        if marker and not looked(marker) and looked(claim.path):
            waiting.append(Waiting(claim.path, f"its marker {printable(marker.name)} is not there yet"))
        else:
            there.append(claim)
    growing = _growing({claim.path: claim.feed.settle_seconds for claim in there if claim.path in new}, new)
    waiting += [Waiting(path, "it is still being written; the next run takes it") for path in sorted(growing)]
    return [claim for claim in there if claim.path not in growing], waiting


def _growing(settling: dict[Path, float], looks: dict[Path, Look]) -> set[Path]:
    """The files that change while we look, or changed too short a time ago to wait for.

    Two looks, not the clock alone: a file from a machine whose clock is ahead would never be old enough.
    """
    now = time.time()
    ages = {path: now - looks[path][1] / 1e9 for path in settling}
    left = {path: min(rest, rest - ages[path]) for path, rest in settling.items() if ages[path] < rest}
    time.sleep(max((rest for rest in left.values() if rest <= PATIENCE), default=0))
    return {path for path, rest in left.items() if rest > PATIENCE or looked(path) != looks[path]}


def looked(path: Path) -> Look | None:
    """Size and time of a file; None where it cannot be looked at."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns


def marker_text(marker: Path | None) -> str:
    """What a marker says; nothing where there is none, or none any more."""
    try:
        return marker.read_text(errors="replace") if marker else ""
    except OSError:
        return ""
