"""The command line of `pulse dashboard`: Streamlit on this machine alone, with nothing that calls home."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace

FOLDER = Path(__file__).resolve().parent
SETTINGS = {
    "server.address": "127.0.0.1",  # it has no login
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "browser.serverAddress": "127.0.0.1",
    "client.toolbarMode": "minimal",
    "client.disableDataExport": "true",  # a table's own download would not make formulas harmless
    "client.showErrorDetails": "none",  # a fault's details are for the terminal
    "theme.headingFontSizes": "2.1rem,1.5rem,1.2rem",
    "theme.base": "light",
    "theme.primaryColor": "#0b3c5d",
    "theme.textColor": "#1c2733",
    "theme.secondaryBackgroundColor": "#eef2f5",
}


def command(workspace: Workspace, port: int) -> list[str]:
    """What to start; a known reason why it cannot be is one line."""
    if find_spec("streamlit") is None:
        raise PulseError("streamlit is not installed; `make setup` installs it")
    if not (workspace.published / "marts.duckdb").exists():
        raise PulseError(f"{workspace.published}: nothing is published yet; run `pulse run`")
    flags = [f"--{name}={value}" for name, value in {**SETTINGS, "server.port": str(port)}.items()]
    return [sys.executable, str(FOLDER / "start.py"), str(FOLDER / "app.py"), *flags]


def environment(workspace: Workspace) -> dict[str, str]:
    """This checkout first, whatever folder one starts from."""
    paths = [str(FOLDER.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PULSE_HOME": str(workspace.home.resolve()), "PYTHONPATH": os.pathsep.join(paths)}
