"""What runs when: `make test` is for each change, `make test-all` for each merge, the campaigns for releases.

Random histories are few in the first tier and many in the second. Whoever parses the dbt project first in a session
lends the outcome to all others: it is the same in every workspace, and takes longer than a run.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from orchestration.project.code import project_hash

ALL = os.environ.get("PULSE_TIER") == "all"
QUICK_SHARE = 4  # of the random histories, one in so many is tried in the first tier
LENT = Path(tempfile.gettempdir()) / f"outlet-pulse-parsed-{os.getuid()}"
MEMORY, ROOM = Path("/dev/shm"), 8 << 30

settings.register_profile("project", deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("project")


def histories(many: int) -> Callable[[Any], Any]:
    """Decorate an oracle: `many` random histories in the second tier, a share of them in the first."""

    def decorate(test: Any) -> Any:
        return pytest.mark.oracle(settings(max_examples=many if ALL else max(10, many // QUICK_SHARE))(test))

    return decorate


def work_in_memory() -> None:
    """Put the work folders of tests into memory where there is room: they are written, read once and deleted."""
    with suppress(OSError):
        if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def borrow_parsed(home: Path) -> None:
    """Give a workspace the parsed project, if another one has it; its files are named by what they were made from."""
    _copy(LENT, home / "dbt" / "parsed", f"{project_hash()[:16]}*")


def lend_parsed(home: Path) -> None:
    """Keep what a workspace has parsed for others, for a day."""
    for file in LENT.glob("*.*"):
        with suppress(OSError):
            if time.time() - file.stat().st_mtime > 24 * 3600:
                file.unlink()
    _copy(home / "dbt" / "parsed", LENT, "[!.]*.*")


def _copy(source: Path, target: Path, names: str) -> None:
    for file in source.glob(names):
        if file.is_file() and not (target / file.name).exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.mkdir(mode=0o700, exist_ok=True)
            beside = target / f".{file.name}.{os.getpid()}"
            with suppress(OSError):  # another test takes it away
                shutil.copyfile(file, beside)
                beside.chmod(0o600)
                os.replace(beside, target / file.name)
