"""Where the processor time of a run goes: imports, Dagster's event log, dbt, Great Expectations, publishing, all else.

    python -m benchmarks.causes run --full                         this checkout, on $PULSE_HOME
    python -m benchmarks.causes --checkout ../before run --full    another one, such as a worktree of an older commit

The clock counts all threads of the process; it is given to the innermost cause that is at work on the main thread.
"""

import builtins
import importlib
import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, say

IMPORTS, LOG, DBT, CHECKS, PUBLISHING, ELSE = (
    "imports",
    "event log",
    "dbt",
    "Great Expectations",
    "publishing",
    "all else",
)
# what is timed when its module is imported: module, class ("" for none), function, cause
TIMED = (
    ("dbt.cli.main", "dbtRunner", "invoke", DBT),
    ("orchestration.checks.gx", "", "validate", CHECKS),
    ("orchestration.publishing.publish", "", "publish", PUBLISHING),
    ("orchestration.gx", "", "validate", CHECKS),  # where these two stood before
    ("orchestration.publish", "", "publish", PUBLISHING),
    ("dagster._core.instance.methods.event_methods", "EventMethods", "handle_new_event", LOG),
    ("dagster._core.instance.runs.run_domain", "RunDomain", "_log_asset_planned_events", LOG),
)


class Clock:
    """Processor seconds by cause."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._causes = [ELSE]
        self._since = time.process_time()
        self._thread = threading.get_ident()

    def timed(self, function: Callable[..., Any], cause: str) -> Callable[..., Any]:
        """The function, its time given to a cause."""

        def call(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != self._thread:
                return function(*args, **kwargs)
            self.turn()
            self._causes.append(cause)
            try:
                return function(*args, **kwargs)
            finally:
                self.turn()
                self._causes.pop()

        return call

    def turn(self) -> None:
        """Give what was spent since the last turn to the cause at work."""
        now = time.process_time()
        self.spent[self._causes[-1]] += now - self._since
        self._since = now


def _watch(clock: Clock) -> None:
    """Time each import, and what is to be timed as soon as it is imported."""
    import_module, waiting = builtins.__import__, {timed[0]: timed for timed in TIMED}
    counted = clock.timed(import_module, IMPORTS)

    def importing(name: str, *args: Any, **kwargs: Any) -> Any:
        known = len(sys.modules)
        found = counted(name, *args, **kwargs) if name not in sys.modules else import_module(name, *args, **kwargs)
        if len(sys.modules) != known:
            for module in [module for module in waiting if module in sys.modules]:
                _, of, function, cause = waiting[module]
                place = getattr(sys.modules[module], of, None) if of else sys.modules[module]
                if hasattr(place, function):
                    del waiting[module]
                    setattr(place, function, clock.timed(getattr(place, function), cause))
        return found

    builtins.__import__ = importing


def _child(arguments: list[str]) -> None:
    clock = Clock()
    _watch(clock)
    sys.argv = ["pulse", *arguments]
    try:
        importlib.import_module("orchestration.cli").main()
    except SystemExit as ended:
        if ended.code not in (0, 3, None):
            raise
    finally:
        clock.turn()
        say(causes={cause: round(clock.spent[cause], 2) for cause in (IMPORTS, LOG, DBT, CHECKS, PUBLISHING, ELSE)})


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["--child"]:
        _child(arguments[1:])
        return
    checkout = ROOT
    if arguments[:1] == ["--checkout"]:
        checkout, arguments = Path(arguments[1]).resolve(), arguments[2:]
    # -P: this file's own folder has modules named like libraries
    here = {**os.environ, "PYTHONPATH": str(checkout)}
    command = [sys.executable, "-P", str(Path(__file__).resolve()), "--child", *arguments]
    done = subprocess.run(command, cwd=checkout, env=here, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    print(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
