"""A file read by a feed without landing it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestration.landing.arrivals import entities
from orchestration.landing.feeds import load_feed, nearest
from orchestration.landing.mapping import sandbox
from orchestration.landing.validation import judge
from orchestration.project import contract
from orchestration.workspace.errors import PulseError, of_a_file
from orchestration.workspace.files import checksum
from orchestration.workspace.layout import Workspace


@dataclass(frozen=True)
class Examination:
    """What would happen to a file as one entity."""

    entity: str
    status: str
    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    quarantined: int = 0
    reason: str = ""
    problems: list[str] = field(default_factory=list)


def examine(workspace: Workspace, file: Path, feed_name: str) -> list[Examination]:
    """Read a file by a feed and write nothing into the lake: what would be accepted and rejected, and why."""
    path = Path(feed_name) if feed_name.endswith((".yml", ".yaml")) else workspace.feeds / f"{feed_name}.yml"
    if not path.exists():
        known = [p.stem for p in workspace.feeds.glob("*.yml")]
        raise PulseError(f"{path}: no such feed file{nearest(feed_name, known) if known else ''}")
    feed = load_feed(path)
    claimed = list(entities(feed, file.name))
    if not claimed:
        patterns = ", ".join(p for part in feed.entities.values() for p in part.patterns)
        raise PulseError(f"{file}: feed {feed.feed} claims no such file; its patterns are {patterns}")
    found = []
    for entity in claimed:
        try:
            # in a place of its own: a landing may be at work in the workspace
            with TemporaryDirectory() as elsewhere, sandbox(Path(elsewhere).resolve() / "lake") as connection:
                counts = judge(
                    connection,
                    Workspace(Path(elsewhere).resolve()),
                    file,
                    feed,
                    contract.load()[entity],
                    checksum(file),
                    datetime.now(UTC).replace(tzinfo=None),
                )
                rows = connection.execute(
                    "select column_name, reason, expected, count(*), min(row_number), any_value(value) from held "
                    "group by all order by 4 desc limit 20"
                ).fetchall()
            problems = [
                f"{n:,} rows, first row {row}: {column or 'row'} {reason}"
                + (f", found {value!r}" if value is not None else "")
                + f"; expected {expected}"
                for column, reason, expected, n, row, value in rows
            ]
            found.append(Examination(entity, "readable", **counts, problems=problems))
        except Exception as problem:
            fault = of_a_file(problem, file)
            found.append(Examination(entity, "refused", reason=f"{fault.code}: {file}: {fault}"))
    return found
