"""One run at a time per workspace, across processes.

The lock is the operating system's (filelock), so a killed holder frees it; the note beside it only says who holds it.
"""

import atexit
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace

# of a run that takes the lease, or gives it back, this very moment
UNKNOWN = {"pid": "?", "what": "another run", "since": "now", "for": "a moment"}


class LeaseHeld(PulseError):
    """Another run holds the workspace."""


def _lock(workspace: Workspace) -> FileLock:
    # singleton: steps of one run live in one process and may take the lease again
    return FileLock(str(workspace.home / ".lease"), timeout=0, is_singleton=True)


_kept = ExitStack()
atexit.register(_kept.close)


def _note(workspace: Workspace) -> Path:
    return workspace.home / ".lease.json"


def holder(workspace: Workspace) -> dict | None:
    """Who holds the lease: pid, what, since (ISO, UTC) and for how long; None where nobody does."""
    lock = _lock(workspace)
    if not lock.is_locked:
        try:
            with lock:
                return None
        except Timeout:
            pass
    try:
        held = json.loads(_note(workspace).read_text())
    except (OSError, ValueError):
        return UNKNOWN
    minutes = int((datetime.now(UTC) - datetime.fromisoformat(held["since"])).total_seconds() // 60)
    return {**held, "for": f"{minutes} minutes" if minutes != 1 else "1 minute"}


@contextmanager
def lease(workspace: Workspace, what: str) -> Iterator[bool]:
    """Hold the workspace while the block runs; raises LeaseHeld with holder and age.

    Gives whether the holder before was killed: only such a one leaves its note.
    """
    workspace.home.mkdir(parents=True, exist_ok=True)
    lock = _lock(workspace)
    first = not lock.is_locked
    try:
        lock.acquire(timeout=1)  # whoever only looks who holds it has it for a moment
    except Timeout:
        held = holder(workspace) or UNKNOWN
        raise LeaseHeld(
            f"{workspace.home}: {held['what']} (process {held['pid']}) works here since {held['since']}, "
            f"for {held['for']}; wait for it, or see `pulse status`",
            code="lease",
        ) from None
    killed = first and _note(workspace).exists()
    try:
        if first:
            since = datetime.now(UTC).isoformat(timespec="seconds")
            _note(workspace).write_text(json.dumps({"pid": os.getpid(), "what": what, "since": since}))
        yield killed
    finally:
        if first:
            _note(workspace).unlink(missing_ok=True)
        lock.release()


def keep(workspace: Workspace, what: str) -> None:
    """Hold the workspace until this process ends, unless it is held here already."""
    if not _lock(workspace).is_locked:
        _kept.enter_context(lease(workspace, what))
