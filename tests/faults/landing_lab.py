"""A landing folder to break, with its books checked after each landing."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet

from orchestration.landing.lake import write_empty
from orchestration.landing.land import LandingReport, land
from orchestration.landing.ledger import FileReport, Ledger
from orchestration.landing.quarantine import Released, release
from orchestration.project import contract
from orchestration.workspace.layout import Workspace
from tests.conftest import FEED
from tests.test_landing import HEAD, lake, put

COLUMNS = HEAD.strip().split(",")
CODES = "encoding|header|cut|count|empty|format|unreadable|feed"


def feed(form: str = "", files: str = "orders*.csv", marker: str = "", more: str = "") -> str:
    """The plain feed of the tests with another format, other files of orders, a marker or more entities."""
    text = FEED.format(name="shop").replace('"orders*.csv"', f'"{files}"').replace("settle_seconds: 0\n", "")
    if marker:
        text = text.replace(f'"{files}"', f'"{files}"\n    marker: "{marker}"')
    return text + more + (f"format: {{{form}}}\n" if form else "")


def entity(name: str, *columns: str, **expressions: str) -> str:
    """One more entity of a feed: columns of the same name in the file, or an expression each."""
    mapped = [*(f"      {column}: {column}\n" for column in columns)]
    mapped += [f"      {column}: {{sql: {text!r}}}\n" for column, text in expressions.items()]
    return f'  {name}:\n    files: "{name}*.csv"\n    columns:\n{"".join(mapped)}'


def check_line(line: str, name: str) -> None:
    """One line with its code that names the file."""
    assert len(line.splitlines()) == 1 and line.isprintable(), repr(line)
    assert re.match(rf"({CODES}): ", line), line
    assert name in line


@cache
def empty_lake() -> TemporaryDirectory:
    """The tables without rows, written once: most of the time of a first landing."""
    folder = TemporaryDirectory()
    for described in contract.load().values():
        write_empty(Workspace(Path(folder.name)), described)
    return folder


class Lab:
    """A workspace with one feed, `shop`."""

    def __init__(self, home: Path, text: str = "") -> None:
        shutil.copytree(empty_lake().name, home)
        self.workspace = Workspace(home)
        self.workspace.prepare()
        self.says(text or feed())
        self.report = LandingReport([], [], [])

    def says(self, text: str) -> None:
        """What the feed file says from now on."""
        (self.workspace.feeds / "shop.yml").write_text(text)

    def put(self, name: str, data: str | bytes, age: float = 60) -> Path:
        """A delivered file, old enough not to be waited for."""
        path = put(self.workspace, name, data)
        os.utime(path, (time.time() - age,) * 2)
        return path

    def land(self) -> dict[str, FileReport]:
        """Land, check the books and each line that is told, and return what became of the files by name."""
        self.report = land(self.workspace)
        for file in self.report.files:
            assert file.status in ("landed", "known", "refused", "unreadable")
            if file.status in ("refused", "unreadable"):
                check_line(file.reason, file.name)
        for waiting in self.report.waiting:
            assert len(waiting.reason.splitlines()) == 1, repr(waiting.reason)
        self.check()
        return {file.name: file for file in self.report.files}

    def one(self, data: str | bytes, name: str = "orders.csv") -> FileReport:
        """Land one more file."""
        self.put(name, data)
        return self.land()[name]

    def release(self) -> list[Released]:
        outcomes = release(self.workspace)
        for outcome in outcomes:
            if outcome.problem:
                check_line(outcome.problem, outcome.name)
        self.check()
        return outcomes

    def ledger(self) -> list[FileReport]:
        with Ledger(self.workspace) as ledger:
            return ledger.files()

    def check(self) -> None:
        """The accounting identity, by the ledger and by the rows that are really there."""
        expected = {}
        for file in self.ledger():
            if file.status == "landed":
                assert file.read == file.accepted + file.duplicate + file.quarantined, file
                key = (file.entity, file.hash)
                expected |= {("lake", *key): file.accepted, ("held", *key): file.quarantined}
            else:
                assert (file.accepted, file.duplicate, file.quarantined) == (0, 0, 0), file
        reads = {(file.entity, file.hash): file.read for file in self.ledger()}
        found: dict[tuple, int] = {}
        numbers: dict[tuple, list[int]] = {}
        for place, row_entity, file_hash, number in self._rows_on_disk():
            found[place, row_entity, file_hash] = found.get((place, row_entity, file_hash), 0) + 1
            numbers.setdefault((row_entity, file_hash), []).append(number)
        assert found == {key: rows for key, rows in expected.items() if rows}
        for key, told in numbers.items():
            assert len(told) == len(set(told)), f"a row of {key} is told twice: {sorted(told)}"
            assert min(told) >= 1 and max(told) <= reads[key]

    def _rows_on_disk(self) -> Iterator[tuple]:
        for path in self.workspace.lake.glob("*/shop-*.parquet"):
            held = path.parent.name == "quarantine"
            columns = ["file_hash", "row_number", "entity"] if held else ["_file_hash", "_row_number"]
            table = pyarrow.parquet.ParquetFile(path).read(columns=columns)
            told = zip(*(table[column].to_pylist() for column in columns), strict=True)
            yield from (("held" if held else "lake", *(of or [path.parent.name]), file, row) for file, row, *of in told)

    def rows(self, columns: str = "order_id", of: str = "orders") -> list[tuple]:
        """The rows of the lake in the order of their files."""
        if not any((self.workspace.lake / of).glob("shop-*.parquet")):
            return []
        source = f"read_parquet('LAKE/{of}/shop-*.parquet')"
        return lake(self.workspace, f"select {columns} from {source} order by _file_name, _row_number")

    def held(self, columns: str = "row_number, column_name, value, reason") -> list[tuple]:
        """The rows in quarantine in the order of their files."""
        if not any((self.workspace.lake / "quarantine").glob("*.parquet")):
            return []
        source = "read_parquet('LAKE/quarantine/*.parquet')"
        return lake(self.workspace, f"select {columns} from {source} order by file_name, row_number")

    def files(self) -> dict[str, str]:
        """The lake's files of rows, each with its hash."""
        paths = self.workspace.lake.glob("*/shop-*.parquet")
        return {
            str(path.relative_to(self.workspace.lake)): sha256(path.read_bytes()).hexdigest() for path in sorted(paths)
        }


def order(number: int, day: str = "2026-01-05", amount: str = "10.00", outlet: str = "", status: str = "open") -> str:
    """One line of a file of orders."""
    return f"n{number},{outlet or f'o{number}'},{day},{amount},{status},sale\n"


def orders(*numbers: int, **facts: str) -> str:
    """A file of orders."""
    return HEAD + "".join(order(number, **facts) for number in numbers)
