"""What a generation was made from: if none of it changed, there is nothing to do."""

import hashlib
import json
from pathlib import Path

import yaml

from orchestration.errors import PulseError
from orchestration.ledger import Ledger
from orchestration.workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent
CODE = ("dbt_project", "expectations", "orchestration")
SUFFIXES = {".sql", ".yml", ".csv", ".py"}
PRODUCED = {"target", "logs", "__pycache__"}
NOTIFY = {"notify", "notify_owners", "notify_limit"}


def code_files() -> list[Path]:
    """The files of the project that decide what a run makes."""
    files = (path for folder in CODE for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES)
    return sorted(path for path in files if not PRODUCED & set(path.parts))


def mart_names() -> list[str]:
    """Names of the published models, from the files that define them."""
    return sorted(path.stem for path in (ROOT / "dbt_project" / "models" / "marts").rglob("*.sql"))


def settings(workspace: Workspace) -> dict:
    """pulse.yml of the workspace; empty where there is none."""
    path = workspace.home / "pulse.yml"
    try:
        found = yaml.safe_load(path.read_text()) if path.exists() else None
    except yaml.YAMLError as problem:
        # not in the library's words: they quote the line, and it may hold a password
        mark = getattr(problem, "problem_mark", None)
        raise PulseError(f"{path}: not readable as YAML" + (f", see line {mark.line + 1}" if mark else "")) from None
    if found is not None and not isinstance(found, dict):
        raise PulseError(f"{path}: expected lines such as `reporting_currency: USD`, found {type(found).__name__}")
    return found or {}


def reporting_currency(workspace: Workspace) -> str:
    """The currency in which marts state money; empty means the feeds' own, where they share one."""
    return str(settings(workspace).get("reporting_currency", ""))


def _code_and_settings(workspace: Workspace) -> "hashlib._Hash":
    """What decides how files become marts, whatever the files. Who is told of them decides nothing."""
    deciding = {name: value for name, value in settings(workspace).items() if name not in NOTIFY}
    digest = hashlib.sha256(json.dumps(deciding, sort_keys=True, default=str).encode())
    for path in code_files():
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    for path in sorted(workspace.feeds.glob("*.yml")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest


GOING_ON = "going on"


def _marker(workspace: Workspace) -> Path:
    return workspace.dbt / "last_build"


def _whole(workspace: Workspace) -> str:
    """What the marker says of a warehouse that nobody has written to since its build ended."""
    return f"{_code_and_settings(workspace).hexdigest()} {workspace.warehouse.stat().st_mtime_ns}"


def begin_build(workspace: Workspace, full: bool) -> None:
    """Decide, before anything is written, whether the warehouse can go on from the last build.

    It can if that build came to its end with the same code, settings and feeds, and nobody else wrote to the warehouse
    since, as dbt by hand does. A build that is killed leaves no marker, and the next one starts anew.
    """
    marker = _marker(workspace)
    goes_on = not full and workspace.warehouse.exists() and marker.exists() and marker.read_text() == _whole(workspace)
    marker.unlink(missing_ok=True)
    if goes_on:
        marker.write_text(GOING_ON)


def take_up_build(workspace: Workspace) -> bool:
    """Whether this build was decided to go on from the last one; true once."""
    marker = _marker(workspace)
    goes_on = marker.exists() and marker.read_text() == GOING_ON
    marker.unlink(missing_ok=True)
    return goes_on


def end_build(workspace: Workspace) -> None:
    """The warehouse is whole: the next build may go on from here."""
    _marker(workspace).write_text(_whole(workspace))


def inputs(workspace: Workspace, as_of: str, known_at: str = "") -> str:
    """One hash over the accepted files, the code, the settings, and the date and the moment asked for."""
    digest = _code_and_settings(workspace)
    digest.update(repr([as_of, known_at]).encode())
    with Ledger(workspace) as ledger:
        for line in ledger.landed():
            digest.update(repr(line).encode())
    return digest.hexdigest()
