"""Landing: each new file once, from the folder of its feed into the lake, losing nothing.

For every file read = accepted + duplicate + quarantined; a file that cannot be read as its feed says is refused whole.
A fault of a file stops that file alone; a full disk or too little memory stops landing, because no file is at fault.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.landing.arrivals import Claim, Waiting, claims, looked, marker_text, unseen, whole
from orchestration.landing.feeds import load_feeds
from orchestration.landing.lake import export, tidy, write, write_empty
from orchestration.landing.ledger import FileReport, Ledger, Look
from orchestration.landing.mapping import sandbox
from orchestration.landing.validation import judge
from orchestration.project import contract
from orchestration.workspace.errors import FileRefused, PulseError, of_a_file, of_the_machine, printable
from orchestration.workspace.files import checksum
from orchestration.workspace.layout import Workspace

RESERVE = 32_000_000  # bytes that a landing needs besides the files themselves
Progress = Callable[[int, int, str], None]


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
            found, unclaimed = claims(workspace, feeds)
            new = unseen(ledger, found)
            ready, waiting = whole(found, new)
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
