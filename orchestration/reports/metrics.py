"""MetricFlow on the published marts: `mf` with the project's metrics, on the catalog that readers use.

`mf` looks for target/semantic_manifest.json beside dbt_project.yml and nowhere else. So that the checkout stays clean,
it gets a folder of the workspace with a link to that file. The engines are never imported here: `mf` takes long enough.
"""

import os
import subprocess
import sys
from pathlib import Path

from orchestration.project.code import PROJECT, project_hash
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace


def environment(workspace: Workspace, folder: Path) -> dict[str, str]:
    """What `mf` and dbt have to be told to read the metrics in a folder from the published marts."""
    return {
        **os.environ,
        "PULSE_HOME": str(workspace.home.resolve()),
        "DBT_PROJECT_DIR": str(folder),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET": "published",
        "DBT_TARGET_PATH": str(workspace.dbt.resolve() / "metrics" / "target"),
        "DBT_LOG_PATH": str(workspace.dbt.resolve() / "logs"),
        "DO_NOT_TRACK": "1",
    }


def described(workspace: Workspace) -> Path:
    """A folder in which `mf` finds the metrics, described anew when the content of the project has changed."""
    folder = workspace.dbt.resolve() / "metrics"
    manifest, link = folder / "target" / "semantic_manifest.json", folder / "dbt_project.yml"
    of_this_project = link.is_symlink() and link.readlink() == PROJECT / link.name  # and not of another checkout
    note = manifest.with_name("project_hash")
    if of_this_project and manifest.exists() and note.exists() and note.read_text() == project_hash():
        return folder
    manifest.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(PROJECT / link.name)
    parse = [program("dbt"), "--quiet", "parse"]
    done = subprocess.run(parse, env=environment(workspace, PROJECT), capture_output=True, text=True)
    if done.returncode:
        said = " ".join((done.stdout + done.stderr).split())
        raise PulseError(f"{PROJECT}: dbt cannot parse the project: {said[:300]}")
    note.write_text(project_hash())
    return folder


def program(name: str) -> str:
    """A command of the environment that runs this."""
    path = Path(sys.executable).parent / name
    if not path.exists():
        raise PulseError(f"MetricFlow is not installed, {path} is missing; `make metrics` installs it")
    return str(path)


def metricflow(workspace: Workspace, arguments: list[str]) -> None:
    """Become `mf`; does not return."""
    catalog = workspace.published / "marts.duckdb"
    if not catalog.exists():
        raise PulseError(f"{catalog}: nothing is published yet; run `pulse run`")
    command = [program("mf"), *arguments]
    os.execve(command[0], command, environment(workspace, described(workspace)))
