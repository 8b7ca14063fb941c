"""What readers see, and whether all is as it was written."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from orchestration.cli.output import FAILED, FINE, AsJson, console
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace


def status(as_json: AsJson = False) -> None:
    """Show what is published, what has landed, and whether a run is at work."""
    from orchestration.reports.summary import workspace_status

    facts = workspace_status(Workspace.current())
    print(json.dumps(facts, indent=1, default=str)) if as_json else show_status(console, facts)


def show_status(console: Console, facts: dict) -> None:
    """Print the state of the workspace."""
    console.print(f"Workspace  {facts['workspace']}", highlight=False, soft_wrap=True)
    if facts["generation"]:
        console.print(
            f"Published  {facts['generation']}, business date {facts['as_of_date']}, "
            f"{facts['generations_kept']} generations kept",
            highlight=False,
            soft_wrap=True,
        )
    else:
        console.print("Published  nothing yet; `pulse run` publishes")
    running = facts["running"]
    console.print(
        f"At work    {running['what']} (process {running['pid']}) since {running['since']}, for {running['for']}"
        if running
        else "At work    nobody"
    )
    if not facts["feeds"]:
        console.print("Feeds      none have delivered; `pulse sample story` prepares an invented market")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in facts["feeds"][0]:
        table.add_column(name.replace("_", " "), justify="left" if name in {"feed", "last_file_at"} else "right")
    for row in facts["feeds"]:
        table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()))
    console.print(table)


def verify(
    repair: Annotated[bool, typer.Option("--repair", help="Put right what can be put right without you.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare lake, ledger, generations and catalogs with what was written; exit code 1 where something is damaged."""
    from orchestration.pipeline.verify import verify as look
    from orchestration.workspace.lease import lease

    workspace = Workspace.current()
    with lease(workspace, "pulse verify"):
        verified = look(workspace, repair=repair)
    if as_json:
        print(json.dumps({**vars(verified), "faults": [vars(f) for f in verified.faults]}, indent=1, default=str))
    else:
        for fault in verified.faults:
            line = f"damaged: {fault.place}: {fault.found}; {'put right' if fault.repaired else fault.cure}"
            console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
        files, kept = verified.lake_files, verified.generations
        console.print(
            f"Looked at {files:,} files of the lake and {kept} generations; faults found: {len(verified.faults):,}."
            + (" Next: pulse run" if any(fault.repaired for fault in verified.faults) else ""),
            highlight=False,
            soft_wrap=True,
        )
    raise typer.Exit(FINE if all(fault.repaired for fault in verified.faults) else FAILED)


def publish_command() -> None:
    """Show readers the newest generation again (after a rollback, or a workspace that was moved)."""
    from orchestration.publishing.generations import generations
    from orchestration.reports.shown import show
    from orchestration.workspace.lease import lease

    workspace = Workspace.current()
    with lease(workspace, "pulse publish"):
        kept = generations(workspace)
        if not kept:
            raise PulseError(f"{workspace.published}: no audited generation is there; run `pulse run`")
        show(workspace, kept[-1])
    console.print(f"Readers see generation {kept[-1]['generation']} (business date {kept[-1]['as_of_date']}).")


def rollback() -> None:
    """Show readers the generation before the current one."""
    from orchestration.reports.shown import rollback as go_back
    from orchestration.workspace.lease import lease

    workspace = Workspace.current()
    with lease(workspace, "pulse rollback"):
        manifest = go_back(workspace)
    console.print(
        f"Readers see generation {manifest['generation']} (business date {manifest['as_of_date']}). "
        "`pulse publish` goes forward again."
    )
