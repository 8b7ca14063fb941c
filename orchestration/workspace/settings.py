"""pulse.yml of the workspace."""

import yaml

from orchestration.workspace import yml
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace


def settings(workspace: Workspace) -> dict:
    """The settings by name; empty where there is no pulse.yml. Raises PulseError where it is not readable."""
    path = workspace.home / "pulse.yml"
    try:
        found = yml.load(path.read_text()) if path.exists() else None
    except yaml.YAMLError as problem:
        # not in the library's words: they quote the line, and it may hold a password
        mark = getattr(problem, "problem_mark", None)
        raise PulseError(
            f"{path}: not readable as YAML" + (f", see line {mark.line + 1}" if mark else ""), code="settings"
        ) from None
    if found is not None and not isinstance(found, dict):
        raise PulseError(
            f"{path}: expected lines such as `reporting_currency: USD`, found {type(found).__name__}", code="settings"
        )
    return found or {}


def run_limit(workspace: Workspace) -> float:
    """Seconds after which a run is stopped: run_limit_minutes of pulse.yml, twelve hours by default."""
    minutes = settings(workspace).get("run_limit_minutes", 720)
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or minutes <= 0:
        raise PulseError(
            f"{workspace.home / 'pulse.yml'}, run_limit_minutes: expected such as 120, found {minutes!r}",
            code="settings",
        )
    return 60.0 * minutes


def reporting_currency(workspace: Workspace) -> str:
    """The currency in which marts state money; empty means the feeds' own, where they share one."""
    return str(settings(workspace).get("reporting_currency", ""))
