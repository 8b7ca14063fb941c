"""The console command `pulse`: all its commands, in the order in which its help names them.

Each command imports what it needs when it is called: the engines (Dagster, dbt, Great Expectations) take seconds.
"""

import sys
from collections.abc import Callable

import typer

from orchestration.cli import alerts, files, lists, published, quarantine, run, services
from orchestration.cli.output import FAILED, HELD, notes
from orchestration.workspace.environment import shows_tracebacks
from orchestration.workspace.errors import PulseError, of_the_machine, one_line
from orchestration.workspace.layout import Workspace, keep_from_others

app = typer.Typer(
    name="pulse",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="""Which outlets are falling silent, why, what it costs, and whom to send where.

    A workspace (PULSE_HOME, default ./workspace) holds your feeds, files and marts.
    The usual way: [bold]pulse doctor[/bold] a new file, then [bold]pulse run[/bold].

    Exit codes: 0 fine, 1 failed, 2 usage, 3 finished with quarantined rows or refused files, 4 another run holds the
    workspace, 130 and 143 stopped by Ctrl-C and SIGTERM. docs/operations.md has a heading for each kind of error.""",
)
COMMANDS: dict[str, Callable[..., None]] = {
    "sample": files.sample,
    "land": files.land_command,
    "run": run.run,
    "rebuild": run.rebuild,
    "verify": published.verify,
    "status": published.status,
    "explain": lists.explain_command,
    "export": lists.export_command,
    "alerts": alerts.alerts_command,
    "doctor": files.doctor,
    "publish": published.publish_command,
    "rollback": published.rollback,
    "metrics": services.metrics_command,
    "docs": services.docs,
    "dev": services.dev,
    "dashboard": services.dashboard,
}
# what follows `pulse metrics` is for another program
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}
for name, command in COMMANDS.items():
    app.command(name, context_settings=PASSED_ON if name == "metrics" else None)(command)
quarantine_app = typer.Typer(add_completion=False)
quarantine_app.callback(invoke_without_command=True)(quarantine.quarantine_command)
quarantine_app.command("release")(quarantine.release_command)
app.add_typer(quarantine_app, name="quarantine")


def main() -> None:
    """Entry point: a known problem is one line and an exit code, never a traceback (PULSE_DEBUG=1 shows it)."""
    from orchestration.workspace.lease import LeaseHeld

    keep_from_others()
    try:
        app()
    except Exception as problem:
        if shows_tracebacks():
            raise
        known = problem if isinstance(problem, PulseError) else of_the_machine(problem, Workspace.current().home)
        said = known.told if known else f"bug: {type(problem).__name__}: {one_line(problem)}"
        hint = "" if known else " (PULSE_DEBUG=1 shows where)"
        notes.print(f"pulse: {said}{hint}", style="red", soft_wrap=True, highlight=False, markup=False)
        sys.exit(HELD if isinstance(problem, LeaseHeld) else FAILED)
