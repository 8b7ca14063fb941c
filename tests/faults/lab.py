"""What the tests of faults share: the oracles H (the same marts), Z (nothing left over), S (readers served) and A."""

import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.pipeline.verify import verify
from orchestration.project.marts import append_only
from orchestration.publishing import generations
from orchestration.publishing.readers import reader, shown_by
from orchestration.workspace.layout import Workspace
from orchestration.workspace.lease import holder
from tests.warm import forks

ALIVE = ("STARTING", "STARTED", "CANCELING")
READ = ("dim_outlets", "fct_cell_inactivity", "fct_outlet_states", "rpt_revival_worklist")


def contents(home: Path) -> dict[str, str]:
    """The content hash of each published mart; without what each publish adds to, which tells how often it was done."""
    manifest = generations.current(Workspace(home))
    assert manifest, f"{home}: nothing is published"
    return {mart: f["content"] for mart, f in manifest["marts"].items() if mart not in append_only()}


def lake_rows(home: Path) -> dict[str, tuple]:
    """Rows of each entity of the lake, and a sum of their hashes, without the moment of landing."""
    found = {}
    with duckdb.connect() as connection:
        for folder in sorted((home / "lake").glob("*/_empty.parquet")):
            files = f"read_parquet('{folder.parent}/*.parquet', union_by_name = true)"
            named = {row[0] for row in connection.execute(f"describe from {files}").fetchall()}
            rows = f"select * exclude (_loaded_at) from {files}" if "_loaded_at" in named else ""
            if rows:
                found[folder.parent.name] = connection.execute(
                    f"select count(*), coalesce(sum(hash(r)::hugeint), 0) from ({rows}) as r"
                ).fetchall()[0]
    return found


def assert_all_is_well(home: Path) -> None:
    """Z and A: no lock, temporary file or run that looks alive; every file as written, each row accounted for."""
    workspace = Workspace(home)
    assert holder(workspace) is None
    left = [*workspace.lake.rglob("*.tmp"), *workspace.lake.glob(".incoming"), *workspace.published.glob(".*")]
    left += (workspace.published / "generations").glob(".*")
    assert left == []
    assert alive(home) == 0
    assert verify(workspace).faults == []


def alive(home: Path) -> int:
    """Runs that Dagster shows as at work."""
    runs = home / "dagster" / "history" / "runs.db"
    if not runs.exists():
        return 0
    with sqlite3.connect(runs) as connection:
        marks = ", ".join("?" for _ in ALIVE)
        return connection.execute(f"select count(*) from runs where status in ({marks})", ALIVE).fetchone()[0]


@dataclass
class Seen:
    """What one reader saw."""

    queries: int = 0
    generations: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Readers:
    """Processes that query the published marts all the time; the first of them keeps its connection."""

    def __init__(self, home: Path, many: int) -> None:
        self._stop = forks.Event()
        self._told = forks.Queue()
        self._many = many
        for number in range(many):
            forks.Process(target=_read, args=(str(home), number == 0, self._stop, self._told), daemon=True).start()

    def stop(self) -> list[Seen]:
        """What each of them saw, the one that kept its connection first."""
        self._stop.set()
        told = sorted((self._told.get(timeout=60) for _ in range(self._many)), key=lambda told: not told[0])
        return [Seen(*facts) for _, facts in told]


def _read(home: str, keeps: bool, stop, told) -> None:
    seen = Seen()
    workspace = Workspace(Path(home))
    connection = None
    while not stop.is_set():
        try:
            connection = connection or reader(workspace)
            manifest = shown_by(workspace, connection)
            for mart in READ:
                (rows,) = connection.execute(f"select count(*) from {mart}").fetchall()[0]
                if rows != manifest["marts"][mart]["rows"]:
                    seen.errors.append(f"{mart}: {rows} rows, generation {manifest['generation']} has another number")
                seen.queries += 1
            if seen.generations[-1:] != [manifest["generation"]]:
                seen.generations.append(manifest["generation"])
        except Exception as problem:  # a reader's error is what the test looks for
            seen.errors.append(f"{type(problem).__name__}: {problem}")
            connection = None
        if connection and not keeps:
            connection.close()
            connection = None
        time.sleep(0.4)  # the readers share two cores with what they watch
    told.put((keeps, (seen.queries, seen.generations, seen.errors)))
