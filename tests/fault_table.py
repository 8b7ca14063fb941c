"""Which faults were injected, how often, and what became of them: the table at the end of `make faults`.

A test names the row of the matrix by its marker, `@pytest.mark.fault("R1")`. It is one try, unless it counts its own.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

EVERYTHING = os.environ.get("PULSE_FAULTS") == "all"
campaign = pytest.mark.skipif(not EVERYTHING, reason="a part of `make faults`")
MATRIX = {
    "R1": "killed with SIGKILL",
    "R2": "server and worker killed",
    "R3": "stopped with SIGTERM or Ctrl-C",
    "R4": "disk full",
    "R5": "memory limit too small",
    "R6": "warehouse damaged",
    "R7": "published file damaged",
    "I1": "file cut at random bytes",
    "I2": "encodings",
    "I3": "delimiters, quotes, line ends",
    "I4": "headers and footers",
    "I5": "the same content again",
    "I6": "late orders",
    "I7": "corrected, cancelled, moved orders",
    "I8": "deliveries permuted, split, merged",
    "I9": "impossible dates",
    "I10": "impossible quantities",
    "I11": "outlets unknown, merged, reopened",
    "I12": "an empty day against a missing file",
    "I13": "a distributor silent for days",
    "I14": "a large day, thousands of tiny files",
    "I15": "file still being copied",
    "T1": "zones and clocks",
    "C1": "two runs at once",
    "C2": "readers throughout",
    "C3": "a model edited in mid-run",
    "U1": "workspace of another version",
    "Q1": "a rule mutated (make test-slow)",
    "Q2": "a check that crashes or sees no rows",
    "A1": "receiver of alerts down",
    "S": "security",
    "soak": "thirty days of random faults",
}


class Tries:
    """What one test tried."""

    def __init__(self) -> None:
        self.tries = self.survived = 0
        self.worst = 0.0  # seconds until all was well again
        self.notes: list[str] = []

    @contextmanager
    def one(self) -> Iterator[None]:
        """One injected fault; it is survived where the block ends well."""
        self.tries += 1
        yield
        self.survived += 1

    @contextmanager
    def recovery(self) -> Iterator[None]:
        """What brings things back in order after a fault."""
        start = time.monotonic()
        yield
        self.worst = max(self.worst, time.monotonic() - start)


KEPT = pytest.StashKey[Tries]()


def pytest_runtest_setup(item) -> None:
    if item.get_closest_marker("fault"):
        item.stash[KEPT] = Tries()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item, call) -> None:
    # before the report is made: it travels from the worker with what is told here
    if call.when == "call" and KEPT in item.stash:
        faults = item.get_closest_marker("fault").args
        item.user_properties.append(("fault", json.dumps([faults, vars(item.stash[KEPT])])))


@pytest.fixture
def tries(request) -> Tries:
    """The counter of a test that injects more than one fault."""
    return request.node.stash[KEPT]


def pytest_terminal_summary(terminalreporter) -> None:
    if "PULSE_FAULTS" not in os.environ:
        return
    rows: dict[str, list] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            told = dict(report.user_properties).get("fault")
            if told is None:
                continue
            faults, counted = json.loads(told)
            tried = counted["tries"] or 1
            for number, fault in enumerate(faults):
                row = rows.setdefault(fault, [0, 0, 0.0, []])
                row[0] += tried
                row[1] += counted["survived"] if counted["tries"] else int(outcome == "passed")
                row[2] = max(row[2], counted["worst"])
                row[3] += counted["notes"] if number == 0 else []
    write = terminalreporter.write_line
    write("")
    write(f"{'':5} {'fault':40} {'tries':>7} {'survived':>9} {'worst recovery':>15}")
    for fault, name in MATRIX.items():
        if fault not in rows and not EVERYTHING:
            continue
        tried, survived, worst, notes = rows.get(fault, [0, 0, 0.0, []])
        shown = f"{worst:.1f} s" if worst else ""
        write(f"{fault:5} {name:40} {tried:7,} {survived:9,} {shown:>15}{'' if tried else '  not tried'}")
        for note in notes:
            write(f"{'':6}{note}")
