"""What a generation was made from: if none of it changed, there is nothing to do."""

import hashlib
import json
from functools import cache
from pathlib import Path

import yaml

from orchestration.errors import PulseError
from orchestration.generations import current
from orchestration.ledger import Ledger
from orchestration.workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "dbt_project"
CODE = ("dbt_project", "expectations", "orchestration")
SUFFIXES = {".sql", ".yml", ".csv", ".py"}
PRODUCED = {"target", "logs", "__pycache__"}
UNDECIDING = {
    "notify",
    "notify_owners",
    "notify_limit",
    "run_limit_minutes",
    "schedule",
    "schedule_time_zone",
    "run_on_arrival",
    "owners",
}


def code_files() -> list[Path]:
    """The files of the project that decide what a run makes."""
    files = (path for folder in CODE for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES)
    return sorted(path for path in files if not PRODUCED & set(path.parts))


def project_changed_at() -> float:
    """When a file of the dbt project changed last, as the file system tells it."""
    return max(path.stat().st_mtime for path in PROJECT.rglob("*") if path.suffix in {".sql", ".yml", ".csv"})


def mart_names() -> list[str]:
    """Names of the published models, from the files that define them."""
    return sorted(path.stem for path in (PROJECT / "models" / "marts").rglob("*.sql"))


def settings(workspace: Workspace) -> dict:
    """pulse.yml of the workspace; empty where there is none."""
    path = workspace.home / "pulse.yml"
    try:
        found = yaml.safe_load(path.read_text()) if path.exists() else None
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
    """Seconds after which a run is stopped: run_limit_minutes of pulse.yml, twelve hours where it says nothing."""
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


@cache
def code_hash() -> str:
    """The code that this process works with: taken before it is read, so an edit in mid-run is new to the next run."""
    digest = hashlib.sha256()
    for path in code_files():
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def conditions(workspace: Workspace) -> str:
    """What decides how files become marts, whatever the files. Who is told of them decides nothing."""
    deciding = {name: value for name, value in settings(workspace).items() if name not in UNDECIDING}
    digest = hashlib.sha256(json.dumps(deciding, sort_keys=True, default=str).encode())
    digest.update(code_hash().encode())
    for path in sorted(workspace.feeds.glob("*.yml")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def inputs(workspace: Workspace, decided: str, as_of: str, known_at: str = "") -> str:
    """One hash over the conditions, the accepted files, and the date and the moment asked for."""
    digest = hashlib.sha256(repr([decided, as_of, known_at]).encode())
    with Ledger(workspace) as ledger:
        for line in ledger.landed():
            digest.update(repr(line).encode())
    return digest.hexdigest()


def is_published(workspace: Workspace, inputs: str) -> bool:
    """Whether readers see what these inputs make: then there is nothing to do."""
    published = current(workspace)
    return published is not None and published["fingerprint"] == inputs


def _build(workspace: Workspace) -> Path:
    return workspace.dbt / "build.json"


def _note(workspace: Workspace) -> dict:
    try:
        return json.loads(_build(workspace).read_text())
    except (OSError, ValueError):
        return {}


def _ended(workspace: Workspace, decided: str) -> dict:
    """What the note says of a warehouse that nobody has written to since its build ended."""
    return {"ended": decided, "warehouse": workspace.warehouse.stat().st_mtime_ns}


def begin_build(workspace: Workspace, full: bool, decided: str = "") -> None:
    """Decide, before anything is written, whether the warehouse can go on from the last build.

    It can if that build came to its end under the same conditions, and nobody else wrote to the warehouse since, as dbt
    by hand does. A build that is killed leaves no note that it ended, and the next one starts anew.
    """
    decided = decided or conditions(workspace)
    exists = workspace.warehouse.exists()
    goes_on = not full and exists and _note(workspace) == _ended(workspace, decided)
    _build(workspace).write_text(json.dumps({"begun": decided, "goes_on": goes_on}))


def take_up_build(workspace: Workspace) -> bool:
    """Whether this build was decided to go on from the last one; true once."""
    note = _note(workspace)
    _build(workspace).write_text(json.dumps({"begun": begun(workspace), "goes_on": False}))
    return note.get("goes_on", False)


def begun(workspace: Workspace) -> str:
    """The conditions under which the build at work began."""
    return _note(workspace).get("begun") or conditions(workspace)


def end_build(workspace: Workspace) -> None:
    """The warehouse is whole: the next build may go on from here."""
    _build(workspace).write_text(json.dumps(_ended(workspace, begun(workspace))))
