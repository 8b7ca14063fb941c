"""Workspaces are built once per session by the real command, in a process of its own."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from tests.tiers import borrow_parsed, lend_parsed, work_in_memory
from tests.warm import Command

pytest_plugins = ["tests.fault_table"]
work_in_memory()
ROOT = Path(__file__).resolve().parent.parent
END = date(2026, 3, 31)
REAL_DATA = ROOT.parent / "shared" / "data"


@dataclass
class Pulse:
    """A workspace and the command line on it."""

    home: Path
    root: Path = ROOT

    def __call__(self, *arguments: str, code: int | tuple[int, ...] = 0, **environment: str) -> str:
        """Run `pulse`, expect an exit code, return what it printed on both streams."""
        with tempfile.TemporaryDirectory() as folder:
            command = self.start(*arguments, said=Path(folder) / "said", **environment)
            ended, said = command.wait(), command.said
            lend_parsed(self.home)
        expected = (code,) if isinstance(code, int) else code
        assert ended in expected, f"pulse {' '.join(arguments)} ended {ended}:\n{said}"
        return said

    def start(self, *arguments: str, said: Path, **environment: str) -> Command:
        """Start `pulse` and go on; what it prints goes to a file."""
        if self.root == ROOT:
            borrow_parsed(self.home)
        return Command(self.root, arguments, said, {"PULSE_HOME": str(self.home), **environment})

    def json(self, *arguments: str, code: int | tuple[int, ...] = (0, 3)) -> dict:
        said = self(*arguments, "--json", code=code)
        return json.loads(said[said.index("{") : said.rindex("}") + 1])

    def feed(self, name: str, text: str) -> None:
        (self.home / "feeds").mkdir(parents=True, exist_ok=True)
        (self.home / "feeds" / f"{name}.yml").write_text(text)

    def deliver(self, feed: str, file: str, rows: list[dict] | bytes) -> None:
        path = self.home / "landing" / feed / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(rows, bytes):
            path.write_bytes(rows)
            return
        with path.open("w", newline="") as out:
            writer = csv.DictWriter(out, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def copied(self, home: Path) -> "Pulse":
        """The workspace as it is, for a test of its own; its catalogs name the copied files."""
        from orchestration.publishing.generations import current
        from orchestration.reports.shown import show
        from orchestration.workspace.layout import Workspace

        shutil.copytree(self.home, home, symlinks=True)
        workspace = Workspace(home)
        show(workspace, current(workspace))
        return Pulse(home, self.root)

    @property
    def first_said(self) -> str:
        """What its first run said."""
        return (self.home / "first").read_text()

    def ask(self, sql: str, *values) -> list[tuple]:
        """Query the published marts as a reader does."""
        with duckdb.connect(str(self.home / "published" / "marts.duckdb"), read_only=True) as marts:
            return marts.execute(sql, list(values)).fetchall()


FEED = """\
feed: {name}
description: A plain feed for tests.
time_zone: UTC
currency: USD
delivers: daily
settle_seconds: 0
entities:
  outlets:
    files: "outlets*.csv"
    columns:
      outlet_id: outlet_id
      channel: channel
      beat_id: beat_id
      opened_on: opened_on
      closed_on: closed_on
  orders:
    files: "orders*.csv"
    columns:
      order_id: order_id
      outlet_id: outlet_id
      ordered_on: ordered_on
      net_amount: net_amount
      order_status: order_status
      order_type: order_type
"""


def outlet(number: int, **facts) -> dict:
    plain = {"outlet_id": f"o{number}", "channel": "grocery", "beat_id": f"b{number % 7}"}
    return {**plain, "opened_on": "", "closed_on": "", **facts}


def order(number: int, of: int, on: date, **facts) -> dict:
    plain = {"order_id": f"n{number}", "outlet_id": f"o{of}", "ordered_on": on.isoformat(), "net_amount": "10.00"}
    return {**plain, "order_status": "", "order_type": "", **facts}


@pytest.fixture
def pulse(tmp_path) -> Pulse:
    return Pulse(tmp_path / "workspace")


def built_once(tmp_path_factory, name: str, build: Callable[[Pulse], None]) -> Pulse:
    """A workspace that the first worker of the session builds; each worker has a copy of its own."""
    session = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        session = session.parent
    built, ready = Pulse(session / "built" / name), session / "built" / f"{name}.ready"
    ready.parent.mkdir(exist_ok=True)
    with FileLock(f"{ready}.lock"):
        if not ready.exists():
            shutil.rmtree(built.home, ignore_errors=True)  # the first worker failed
            build(built)
            ready.touch()
    # views of a warehouse name files of the workspace that it was built in: it stays where it is
    return built.copied(tmp_path_factory.mktemp(name) / "workspace")


@pytest.fixture(scope="session")
def first_shop(tmp_path_factory) -> Pulse:
    """Twenty outlets with an order each, five days apart, after one run."""

    def build(pulse: Pulse) -> None:
        pulse.feed("shop", FEED.format(name="shop"))
        pulse.deliver("shop", "outlets.csv", [outlet(n) for n in range(20)])
        pulse.deliver("shop", "orders.csv", [order(n, n, END - timedelta(days=5 * n)) for n in range(20)])
        pulse("run")

    return built_once(tmp_path_factory, "shop", build)


@pytest.fixture
def shop(first_shop, tmp_path) -> Pulse:
    """The shop after one run, in a workspace of the test's own."""
    return first_shop.copied(tmp_path / "shop")


@pytest.fixture(scope="session")
def story(tmp_path_factory) -> Pulse:
    """The built-in story, small, after one run; `first_said` is what the run said."""

    def build(pulse: Pulse) -> None:
        pulse("sample", "story", "--outlets", "200", "--days", "200")
        # as a user does, and not from a process that has the engines
        borrow_parsed(pulse.home)
        installed = [Path(sys.executable).parent / "pulse", "run"]
        here = {**os.environ, "PULSE_HOME": str(pulse.home)}
        done = subprocess.run(installed, env=here, capture_output=True, text=True)
        assert done.returncode == 3, done.stderr
        (pulse.home / "first").write_text(done.stdout + done.stderr)

    return built_once(tmp_path_factory, "story", build)


@pytest.fixture(scope="session")
def iowa(tmp_path_factory) -> Pulse:
    """The real orders, after one run."""
    if not (REAL_DATA / "iowa").exists():
        pytest.skip("../shared/data/iowa is not here: the tests on real orders did not run")

    def build(pulse: Pulse) -> None:
        pulse("sample", "iowa", "--from", str(REAL_DATA / "iowa"))
        (pulse.home / "first").write_text(pulse("run"))

    return built_once(tmp_path_factory, "iowa", build)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """The dbt models, compiled once, to be built over rows in memory."""
    from tests.models import Models

    return Models(tmp_path_factory.mktemp("compiled"))
