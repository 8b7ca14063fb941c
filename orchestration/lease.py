"""One run at a time per workspace, across processes.

The lock is the operating system's (filelock), so a killed holder frees it; the note beside it only says who holds it.
"""

import json
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.errors import PulseError
from orchestration.workspace import Workspace


class LeaseHeld(PulseError):
    """Another run holds the workspace."""


def _lock(workspace: Workspace) -> FileLock:
    # singleton: steps of one run live in one process and may take the lease again
    return FileLock(str(workspace.home / ".lease"), timeout=0, is_singleton=True)


def _note(workspace: Workspace) -> Path:
    return workspace.home / ".lease.json"


def holder(workspace: Workspace) -> dict | None:
    """Who holds the lease: pid, what, since (ISO, UTC); None where nobody does."""
    lock = _lock(workspace)
    if lock.is_locked:
        return json.loads(_note(workspace).read_text())
    try:
        with lock:
            return None
    except Timeout:
        try:
            return json.loads(_note(workspace).read_text())
        except (OSError, ValueError):
            return {"pid": "?", "what": "a run that just started", "since": "now"}


@contextmanager
def lease(workspace: Workspace, what: str):
    """Hold the workspace while the block runs; raises LeaseHeld with holder and age."""
    workspace.home.mkdir(parents=True, exist_ok=True)
    lock = _lock(workspace)
    first = not lock.is_locked
    try:
        lock.acquire()
    except Timeout:
        held = holder(workspace) or {"pid": "?", "what": "a run that just ended", "since": "now"}
        raise LeaseHeld(
            f"{workspace.home}: {held['what']} (process {held['pid']}) works here since {held['since']}; "
            "wait for it, or see `pulse status`"
        ) from None
    try:
        if first:
            since = datetime.now(UTC).isoformat(timespec="seconds")
            _note(workspace).write_text(json.dumps({"pid": os.getpid(), "what": what, "since": since}))
        yield
    finally:
        if first:
            _note(workspace).unlink(missing_ok=True)
        lock.release()
