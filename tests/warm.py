"""The command line in a process of its own, forked from one that has imported the engines already.

Starting the engines anew each time takes seconds; the story's first run starts the installed command.
"""

import multiprocessing
import os
import sys
from pathlib import Path

ENGINES = [
    "dagster_dbt",
    "dbt.adapters.duckdb",
    "dbt.cli.main",
    "great_expectations",
    "orchestration.checks.gx_duckdb",
    "orchestration.pipeline.execute",
    "orchestration.checks.check",
    "orchestration.defs.models",
]
ROOT = Path(__file__).resolve().parent.parent
os.environ.update({"COLUMNS": "200", "DO_NOT_TRACK": "1"})
forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload(ENGINES)


class Command:
    """A `pulse` command at work."""

    def __init__(self, root: Path, arguments: tuple[str, ...], said: Path, environment: dict[str, str]) -> None:
        self._said = said
        self._process = forks.Process(target=_run, args=(str(root), arguments, str(said), environment))
        self._process.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.join()

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, seconds: float | None = None) -> int | None:
        """The exit code; below zero where a signal ended it, None where it goes on after these seconds."""
        self._process.join(seconds)
        return self._process.exitcode

    @property
    def said(self) -> str:
        """What it printed so far, on both streams."""
        return self._said.read_text() if self._said.exists() else ""


def _run(root: str, arguments: tuple[str, ...], said: str, environment: dict[str, str]) -> None:
    os.setsid()
    os.chdir(root)
    os.environ.update(environment)
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, closefd=False) for number in (1, 2))
    if Path(root) != ROOT:  # other code than what is imported here
        os.execv(sys.executable, [sys.executable, "-m", "orchestration.cli", *arguments])
    sys.argv = ["pulse", *arguments]
    from orchestration.cli.command import main

    main()
