"""What other programs show: MetricFlow, documentation, the Dagster UI and the dashboard."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.output import console
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace


def metrics_command(context: typer.Context) -> None:
    """Ask MetricFlow (`mf`) for metrics of the published marts, such as
    `pulse metrics query --metrics inactive_outlets --group-by metric_time__month,window_days`.

    All that follows is for `mf`: `pulse metrics list metrics`, `pulse metrics query --help`.
    """
    from orchestration.reports.metrics import metricflow

    metricflow(Workspace.current(), context.args or ["--help"])


def docs() -> None:
    """Write the dbt documentation of the warehouse and say where it lies, and where the checks of the last runs do."""
    from orchestration.warehouse.dbt_runner import dbt_arguments, invoke
    from orchestration.workspace.lease import lease

    workspace = Workspace.current()
    with lease(workspace, "pulse docs"):
        result = invoke(workspace, [*dbt_arguments("docs", [], {}, ("generate", "--static"))])
        if not result.success:
            raise PulseError(f"{workspace.warehouse}: dbt docs failed: {result.exception}")
        page = workspace.docs / "dbt" / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(workspace.dbt / "target" / "static_index.html", page)
    console.print(f"Models and columns: {page}", highlight=False, soft_wrap=True)
    checks = workspace.docs / "checks" / "index.html"
    if checks.exists():
        console.print(f"Checks of the last runs: {checks}", highlight=False, soft_wrap=True)


def dev(
    port: Annotated[int, typer.Option(help="Port on this machine only; the documentation is on the next one.")] = 3000,
) -> None:
    """Open the Dagster UI on this workspace, on this machine only (it has no login): runs, checks and schedules.

    The daily schedule and the look at the landing folder work as long as it is open; see `schedule` and
    `run_on_arrival` in pulse.yml.
    """
    from orchestration.defs.instance.settings import prepare_dagster
    from orchestration.defs.runs import reap
    from orchestration.warehouse import tables
    from orchestration.workspace.lease import LeaseHeld, lease

    workspace = Workspace.current()
    workspace.prepare()
    tables.ready()
    os.environ["PULSE_HOME"] = str(workspace.home.resolve())
    os.environ.setdefault("PULSE_DOCS_URL", f"http://127.0.0.1:{port + 1}")
    try:
        prepare_dagster(workspace.dagster)
        with lease(workspace, "pulse dev"):
            reap(workspace, before_the_server=True)
    except LeaseHeld:
        pass  # a run is at work; the next one looks for runs that are gone
    subprocess.Popen([sys.executable, "-m", "orchestration.reports.docs_server", str(port + 1)])
    dagster = Path(sys.executable).parent / "dagster"
    os.execv(dagster, [str(dagster), "dev", "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", str(port)])


def dashboard(port: Annotated[int, typer.Option(help="Port on this machine only.", min=1, max=65535)] = 8501) -> None:
    """Open the dashboard on the published marts, on this machine only (it has no login)."""
    from dashboard.serve import command, environment

    workspace = Workspace.current()
    arguments = command(workspace, port)
    console.print(f"The dashboard is on http://127.0.0.1:{port} (Ctrl-C stops it).", highlight=False)
    os.execve(arguments[0], arguments, environment(workspace))
