"""What a run did on the way to its end, on a terminal and for scripts: its landing, its checks, and why it failed."""

from typing import Any

from rich.console import Console

from orchestration.publishing.generations import current
from orchestration.workspace.errors import printable
from orchestration.workspace.layout import Workspace


def landing_as_dict(report: Any) -> dict:
    """The landing report for scripts."""
    return {
        "files": [{name: value for name, value in vars(file).items()} for file in report.files],
        "unclaimed": [str(path) for path in report.unclaimed],
        "waiting": [{"path": str(file.path), "reason": file.reason} for file in report.waiting],
    }


def show_landing(console: Console, report: Any) -> None:
    """Print what landing did: totals, then one line for each file that needs a look."""
    new = [file for file in report.files if file.status != "known"]
    if new:
        console.print(
            f"Files landed: {sum(f.status == 'landed' for f in new):,}. "
            f"Rows: {sum(f.read for f in new):,} read, {sum(f.accepted for f in new):,} accepted, "
            f"{sum(f.duplicate for f in new):,} repeated, {sum(f.quarantined for f in new):,} quarantined.",
            highlight=False,
        )
    else:
        console.print("No new files.")
    for file in new:
        if file.reason:
            console.print(f"  refused: {file.reason}", style="red", markup=False, soft_wrap=True)
    held = sum(f.quarantined for f in new if f.status == "landed")
    if held:
        console.print(f"  {held:,} rows are quarantined; `pulse quarantine` shows why.", style="yellow")
    for waiting in report.waiting:
        line = f"  {printable(str(waiting.path))}: {waiting.reason}"
        console.print(line, style="yellow", markup=False, soft_wrap=True)
    for path in report.unclaimed:
        line = f"  {printable(str(path))}: no feed claims this file; add a pattern to a feed file"
        console.print(line, style="yellow", markup=False, soft_wrap=True)


def failed_run_as_dict(workspace: Workspace, result: Any) -> dict:
    """A failed run for scripts."""
    return {
        "success": False,
        "failed_checks": [vars(check) for check in result.failed_checks],
        "errors": result.errors,
        "readers_stay_on": (current(workspace) or {}).get("generation"),
    }


def show_checks(console: Console, result: Any) -> None:
    """Print how many checks passed, then one line for each that did not: the blocking ones first."""
    warned = sum(not check.blocking for check in result.failed_checks)
    console.print(f"{result.passed_checks:,} checks passed" + (f", {warned} warn:" if warned else "."))
    for check in sorted(result.failed_checks, key=lambda c: not c.blocking):
        indent, colour = ("", "red") if check.blocking else ("  ", "yellow")
        console.print(indent + check.told, style=colour, markup=False, soft_wrap=True)
        if check.sample:
            console.print(f"    for example {check.sample[:3]}", markup=False, soft_wrap=True)


def show_failed_run(console: Console, workspace: Workspace, result: Any) -> None:
    """Print why a run failed, one line a cause, and what readers see now."""
    console.print()
    show_checks(console, result)
    for error in result.errors:
        console.print(error, style="red", markup=False, soft_wrap=True)
    before = (current(workspace) or {}).get("generation")
    stay = f"Readers stay on generation {before}." if before else "Nothing was published."
    console.print(f"\nThe run failed. {stay} Put right what is named above, then `pulse run`.", markup=False)
