"""Landing: each new file once, from the folder of its feed into the lake, losing nothing.

For every file read = accepted + duplicate + quarantined; a file that cannot be read as its feed says is refused whole.
"""

import fnmatch
import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration import contract
from orchestration.contract import Entity
from orchestration.errors import PulseError, one_line
from orchestration.feeds import Feed, load_feeds
from orchestration.judging import judge
from orchestration.lake import export, write, write_empty
from orchestration.ledger import FileReport, Ledger
from orchestration.preflight import content_hash
from orchestration.reading import sandbox
from orchestration.workspace import Workspace

# Parquet's own count of its rows can be told by many threads; counting them as they come by one only
FILE_ROW = "file_row_number"
COUNTED = "row_number() over ()"
UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".filepart")
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class LandingReport:
    """What landing did with each file, and the files that no feed claims."""

    files: list[FileReport]
    unclaimed: list[Path]


def land(workspace: Workspace, progress: Progress | None = None) -> LandingReport:
    """Take in what is new; safe to repeat and to interrupt."""
    workspace.prepare()
    feeds = load_feeds(workspace.feeds)
    for described in contract.load().values():
        write_empty(workspace, described)
    incoming = workspace.lake / ".incoming"
    shutil.rmtree(incoming, ignore_errors=True)  # a landing that was killed
    incoming.mkdir()
    found, unclaimed = _claims(workspace, feeds)
    reports: list[FileReport] = []
    with Ledger(workspace) as ledger:
        for number, (path, feed, entity) in enumerate(found):
            report = _land_once(workspace, ledger, path, feed, contract.load()[entity])
            if progress and report.status != "known":
                progress(number + 1, len(found), path.name)
            reports.append(report)
        export(workspace, feeds, ledger.files())
    shutil.rmtree(incoming, ignore_errors=True)
    return LandingReport(reports, unclaimed)


def _claims(workspace: Workspace, feeds: dict[str, Feed]) -> tuple[list[tuple[Path, Feed, str]], list[Path]]:
    found, unclaimed = [], []
    for path in sorted(p for p in workspace.landing.rglob("*") if p.is_file()):
        if path.name.startswith(".") or path.name.endswith(UNFINISHED):
            continue
        relative = path.relative_to(workspace.landing)
        feed = feeds.get(relative.parts[0])
        claims = list(entities(feed, "/".join(relative.parts[1:]))) if feed and len(relative.parts) > 1 else []
        if feed:
            found += [(path, feed, entity) for entity in claims]
        if not claims:
            unclaimed.append(path)
    return found, unclaimed


def entities(feed: Feed, file: str) -> Iterator[str]:
    for entity, part in feed.entities.items():
        if any(fnmatch.fnmatchcase(file, p) or fnmatch.fnmatchcase(Path(file).name, p) for p in part.patterns):
            yield entity


def _feed_hash(feed: Feed) -> str:
    return hashlib.sha256(feed.model_dump_json().encode()).hexdigest()[:16]


def _land_once(workspace: Workspace, ledger: Ledger, path: Path, feed: Feed, entity: Entity) -> FileReport:
    seen = ledger.seen_hash(path)
    file_hash = seen or content_hash(path)
    known = ledger.find(file_hash, feed.feed, entity.name)
    # a refused file is tried again once its feed file has changed
    if known and (known.status == "landed" or known.feed_hash == _feed_hash(feed)):
        if not seen:
            ledger.saw(path, file_hash)
        return replace(known, status="known")
    now = datetime.now(UTC).replace(tzinfo=None)
    report = FileReport(
        feed=feed.feed,
        entity=entity.name,
        name=path.name,
        hash=file_hash,
        status="landed",
        loaded_at=now.isoformat(sep=" ", timespec="microseconds"),
        feed_hash=_feed_hash(feed),
    )
    try:
        with sandbox(workspace.lake.resolve()) as connection:
            counts = judge(connection, workspace, path, feed, entity, file_hash, now)
            report = replace(report, **counts)
            write(connection, workspace, report, entity)
    except PulseError as problem:
        report = replace(report, status="refused", reason=f"{path}: {problem}")
    except duckdb.Error as problem:
        report = replace(report, status="refused", reason=f"{path}: {one_line(problem)}")
    ledger.record(report)
    ledger.saw(path, file_hash)
    return report
