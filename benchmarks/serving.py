"""The dashboard's own server, as `pulse dashboard` starts it, for tests and measurements."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from dashboard.serve import FOLDER, command, environment
from orchestration.workspace.layout import Workspace

__all__ = ["FOLDER", "free_port", "healthy", "served"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The address of a dashboard on the workspace."""
    workspace, port = Workspace(home), free_port()
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(command(workspace, port), env=environment(workspace), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        ends = time.monotonic() + 30
        while not healthy(address):
            assert process.poll() is None and time.monotonic() < ends, "the dashboard did not start"
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def healthy(address: str) -> bool:
    try:
        with urlopen(f"{address}/_stcore/health", timeout=2) as answer:
            return answer.read() == b"ok"
    except (URLError, ConnectionError, TimeoutError):
        return False
