"""A contender in a process of its own: seconds, peak memory, and what it found.

This process stays small: on Linux a child's peak memory starts at its parent's, so no engine is imported here.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MEMORY_LIMIT_MB = 8 * 1024


class ContenderFailed(Exception):
    """A contender ended with an error that is not a limit reached."""


@dataclass(frozen=True)
class Measured:
    """How a contender did.

    `seconds` is its own work where it says so, `wall_seconds` the whole process from its start, `cpu_seconds` what it
    used of all processors: where others use the machine as well, that one still holds.
    """

    name: str
    seconds: float
    wall_seconds: float
    cpu_seconds: float
    peak_mb: int
    survived: bool = True
    ended_by: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    said: str = ""


def python(module: str, *arguments: object) -> list[str]:
    """The command line of a module of this checkout."""
    return [sys.executable, "-m", module, *(str(argument) for argument in arguments)]


def measure(
    name: str,
    command: list[str],
    *,
    home: Path | None = None,
    settings: dict[str, str] | None = None,
    seconds_limit: float = 0,
    memory_limited: bool = False,
    codes: tuple[int, ...] = (0,),
) -> Measured:
    """Run a command to its end or to a limit; a limit reached is a result, any other failure stops the benchmark."""
    environment = {**os.environ, "DO_NOT_TRACK": "1", "COLUMNS": "200", **(settings or {})}
    environment |= {"PULSE_HOME": str(home)} if home else {}
    with tempfile.TemporaryFile("w+") as output:
        start = time.monotonic()
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        watcher = _Watcher(process.pid, seconds_limit, MEMORY_LIMIT_MB if memory_limited else 0)
        try:
            # wait4 and not Popen.wait: it alone says what this one process and its own children used
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            watcher.stop()
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    peak_mb, cpu = usage.ru_maxrss // 1024, usage.ru_utime + usage.ru_stime
    ended_by = watcher.ended_by or ("memory" if _out_of_memory(said) and process.returncode else "")
    if ended_by:
        return Measured(name, wall, wall, cpu, peak_mb, survived=False, ended_by=ended_by)
    if process.returncode not in codes:
        raise ContenderFailed(f"{name}: {' '.join(command)} ended {process.returncode}:\n{said[-3000:]}")
    facts = _last_json(said)
    return Measured(name, facts.pop("seconds", wall), wall, cpu, peak_mb, facts=facts, said=said)


def fastest(runs: list[Measured]) -> Measured:
    """The best of several runs: what a floor is measured by."""
    return min(runs, key=lambda run: run.seconds)


def say(**facts: Any) -> None:
    """What a contender prints as its last line."""
    print(json.dumps(facts, default=str), flush=True)


def _last_json(said: str) -> dict[str, Any]:
    lines = said.strip().splitlines()
    return json.loads(lines[-1]) if lines and lines[-1].startswith("{") and lines[-1].endswith("}") else {}


def _out_of_memory(said: str) -> bool:
    return any(words in said for words in ("OutOfMemoryException", "Out of Memory Error", "MemoryError"))


class _Watcher:
    """Ends a process that has used up its time or its memory."""

    def __init__(self, pid: int, seconds_limit: float, memory_limit_mb: int) -> None:
        self.ended_by = ""
        self._pid = pid
        self._seconds_limit = seconds_limit
        self._memory_limit_mb = memory_limit_mb
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        start = time.monotonic()
        while (self._seconds_limit or self._memory_limit_mb) and not self._over.wait(0.1):
            if self._seconds_limit and time.monotonic() - start > self._seconds_limit:
                self._end("time")
            elif self._memory_limit_mb and self._resident_mb() > self._memory_limit_mb:
                self._end("memory")

    def _end(self, by: str) -> None:
        self.ended_by = by
        os.killpg(self._pid, signal.SIGKILL)
        self._over.set()

    def _resident_mb(self) -> int:
        try:
            pages = int(Path(f"/proc/{self._pid}/statm").read_text().split()[1])
        except (OSError, IndexError):  # just ended
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE") // 1024 // 1024
