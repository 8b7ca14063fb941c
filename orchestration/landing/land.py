"""Landing: each new file once, from the folder of its feed into the lake, losing nothing.

For every file read = accepted + duplicate + quarantined; a file that cannot be read as its feed says is refused whole.
A fault of a file stops that file alone; a full disk or too little memory stops landing, because no file is at fault.
"""

import fnmatch
import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.landing.feeds import Feed, load_feeds
from orchestration.landing.lake import export, tidy, write, write_empty
from orchestration.landing.ledger import FileReport, Ledger, Look
from orchestration.landing.mapping import sandbox
from orchestration.landing.validation import judge
from orchestration.project import contract
from orchestration.project.contract import Entity
from orchestration.workspace.errors import FileRefused, PulseError, of_a_file, of_the_machine, printable
from orchestration.workspace.files import checksum
from orchestration.workspace.layout import Workspace

UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".filepart")
RESERVE = 32_000_000  # bytes that a landing needs besides the files themselves
PATIENCE = 2.0  # seconds that a run waits for a file to settle; what takes longer is left for the next run
Progress = Callable[[int, int, str], None]


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


@dataclass(frozen=True)
class LandingReport:
    """What landing did with each file, the files that wait, and those that no feed claims."""

    files: list[FileReport]
    unclaimed: list[Path]
    waiting: list[Waiting]


def land(workspace: Workspace, progress: Progress | None = None) -> LandingReport:
    """Take in what is new; safe to repeat and to interrupt."""
    workspace.prepare()
    feeds = load_feeds(workspace.feeds)
    reports: list[FileReport] = []
    try:
        with Ledger(workspace) as ledger:
            tidy(workspace, ledger)
            for described in contract.load().values():
                write_empty(workspace, described)
            found, unclaimed = _claims(workspace, feeds)
            new = _new(ledger, found)
            ready, waiting = _ready(found, new)
            _check_room(workspace, new)
            with incoming(workspace):
                for number, claim in enumerate(ready):
                    report = _land_once(workspace, ledger, claim)
                    if report is None:
                        waiting.append(Waiting(claim.path, "it changed while it was read; the next run takes it"))
                        continue
                    if progress and report.status != "known":
                        progress(number + 1, len(ready), claim.path.name)
                    reports.append(report)
            export(workspace, feeds, ledger.files())
    except PulseError:
        raise
    except Exception as problem:
        raise of_the_machine(problem, workspace.lake) or problem from None
    return LandingReport(reports, unclaimed, waiting)


def arrived(workspace: Workspace) -> dict[Path, Look]:
    """The files that the next landing would take in, with the look at each; nothing is read or written."""
    feeds = load_feeds(workspace.feeds)
    with Ledger(workspace) as ledger:
        found, _ = _claims(workspace, feeds)
        new = _new(ledger, found)
    ready, _ = _ready(found, new)
    return {claim.path: new[claim.path] for claim in ready if claim.path in new}


def _new(ledger: Ledger, found: list[Claim]) -> dict[Path, Look]:
    """The claimed files that were never looked at as they are now."""
    looks = {claim.path: looked(claim.path) for claim in found}
    return {path: look for path, look in looks.items() if look and not ledger.seen_hash(path, look)}


@contextmanager
def incoming(workspace: Workspace) -> Iterator[None]:
    """The folder in which files are made ready, emptied before (a landing that was killed) and after."""
    folder = workspace.lake / ".incoming"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _claims(workspace: Workspace, feeds: dict[str, Feed]) -> tuple[list[Claim], list[Path]]:
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
    claims = [claim for claim in found if claim.path not in markers]
    return claims, [path for path in unclaimed if path not in markers]


def entities(feed: Feed, file: str) -> Iterator[str]:
    """The entities whose patterns a file's name fits."""
    for entity, part in feed.entities.items():
        if any(fnmatch.fnmatchcase(file, p) or fnmatch.fnmatchcase(Path(file).name, p) for p in part.patterns):
            yield entity


def _ready(claims: list[Claim], new: dict[Path, Look]) -> tuple[list[Claim], list[Waiting]]:
    """The files that are whole, as far as their marker and their age can tell, and those that wait."""
    waiting: list[Waiting] = []
    there: list[Claim] = []
    for claim in claims:
        marker = claim.marker
        if marker and not looked(marker) and looked(claim.path):
            waiting.append(Waiting(claim.path, f"its marker {printable(marker.name)} is not there yet"))
        else:
            there.append(claim)
    growing = _growing({claim.path: claim.feed.settle_seconds for claim in there if claim.path in new}, new)
    waiting += [Waiting(path, "it is still being written; the next run takes it") for path in sorted(growing)]
    return [claim for claim in there if claim.path not in growing], waiting


def _check_room(workspace: Workspace, new: dict[Path, Look]) -> None:
    """Too little disk is refused before work starts: what lands needs about its own size, at the least."""
    free = shutil.disk_usage(workspace.lake).free
    needed = sum(size for size, _ in new.values()) + RESERVE
    if new and free < needed:
        raise PulseError(
            f"{workspace.lake}: {len(new):,} new files need at least {needed / 1e6:,.0f} MB, "
            f"{free / 1e6:,.0f} MB are free; free space, then `pulse run`",
            code="disk",
        )


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


def _land_once(workspace: Workspace, ledger: Ledger, claim: Claim) -> FileReport | None:
    """Land one file; None where it changed in the meantime."""
    look, path, feed, entity = looked(claim.path), claim.path, claim.feed, claim.entity
    now = datetime.now(UTC).replace(tzinfo=None)
    report = FileReport(
        feed=feed.feed,
        entity=entity.name,
        name=printable(path.name),
        hash="",
        status="landed",
        loaded_at=now.isoformat(sep=" ", timespec="microseconds"),
    )
    kept = []
    try:
        seen = ledger.seen_hash(path, look)
        report = replace(report, hash=seen or checksum(path), feed_hash=claim.described)
        known = ledger.find(report.hash, feed.feed, entity.name)
        # a refused file is tried again once its feed file or its marker has changed
        if known and (known.status == "landed" or known.feed_hash == report.feed_hash):
            if look and not seen:
                ledger.saw(path, look, report.hash)
            return replace(known, status="known")
        with sandbox(workspace.lake.resolve()) as connection:
            counts = judge(connection, workspace, path, feed, entity, report.hash, now)
            _check_marker(claim, counts["read"])
            report = replace(report, **counts)
            kept = write(connection, workspace, report, entity)
    except Exception as problem:
        fault = of_a_file(problem, workspace.lake)
        reason = f"{fault.code}: {printable(str(path))}: {fault}"
        if not isinstance(problem, FileRefused | duckdb.Error):  # not the content's fault: tried again each time
            return replace(report, status="unreadable", reason=reason) if looked(path) else None
        report = replace(report, status="refused", reason=reason)
    if looked(path) != look:
        tidy(workspace, ledger)
        return None
    ledger.record(report, kept)
    if look:
        ledger.saw(path, look, report.hash)
    return report


def marker_text(marker: Path | None) -> str:
    """What a marker says; nothing where there is none, or none any more."""
    try:
        return marker.read_text(errors="replace") if marker else ""
    except OSError:
        return ""


def _check_marker(claim: Claim, read: int) -> None:
    """A marker that holds a number says how many rows there must be: the only sign of a cut between two rows."""
    marker = claim.marker
    text = marker_text(marker).strip()
    if not marker or not text:
        return
    shown = printable(marker.name)
    if not text.isdecimal() or len(text) > 18:
        raise FileRefused(f"{shown}: expected nothing or a number of rows, found {text[:40]!r}", code="count")
    if int(text) != read:
        raise FileRefused(
            f"expected {int(text):,} rows by {shown}, found {read:,}; the file is cut or the marker is of "
            "another one, ask for both again",
            code="cut",
        )
