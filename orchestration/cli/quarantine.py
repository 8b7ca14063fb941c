"""Rows that failed the contract: why, and their release."""

import json
from typing import Annotated

import typer

from orchestration.cli.output import FINE, QUARANTINED, AsJson, console, print_rows
from orchestration.workspace.layout import Workspace


def quarantine_command(
    context: typer.Context,
    feed: Annotated[str, typer.Option(help="Only this feed.")] = "",
    entity: Annotated[str, typer.Option(help="Only this entity, such as orders.")] = "",
    file: Annotated[str, typer.Option(help="Only the file of this name.")] = "",
    rows: Annotated[int, typer.Option(help="How many rows to show.", min=0)] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the rows that failed the contract: file, row, column, value and reason; or release them."""
    if context.invoked_subcommand:
        return
    from orchestration.landing import quarantine

    workspace = Workspace.current()
    counts = quarantine.counts(workspace, feed, entity, file)
    found = quarantine.rows(workspace, rows, feed, entity, file)
    if as_json:
        print(json.dumps({"counts": counts, "rows": found}, indent=1, default=str))
        return
    if not counts:
        console.print("No rows are quarantined.")
        return
    print_rows("Quarantined rows by reason", counts)
    print_rows("Rows", found)
    console.print("After putting the feed file right: pulse quarantine release", style="dim")


def release_command(
    feed: Annotated[str, typer.Option(help="Only this feed.")] = "",
    file: Annotated[str, typer.Option(help="Only the file of this name.")] = "",
    as_json: AsJson = False,
) -> None:
    """Read the files of quarantined rows again by the feed files of today; what fits goes to the lake, once.

    Rows are not edited by hand: put the feed file right, or ask for a corrected delivery. The next `pulse run` counts
    what was released.
    """
    from orchestration.landing.quarantine import release
    from orchestration.workspace.lease import lease

    workspace = Workspace.current()
    with lease(workspace, "pulse quarantine release"):
        outcomes = release(workspace, feed, file)
    if as_json:
        print(json.dumps({"files": [vars(outcome) for outcome in outcomes]}, indent=1))
    else:
        released, still = (sum(getattr(o, name) for o in outcomes) for name in ("released", "still_quarantined"))
        console.print(f"{released:,} rows released, {still:,} are still quarantined.", highlight=False)
        for outcome in (o for o in outcomes if o.problem):
            console.print(f"  {outcome.problem}", style="yellow", markup=False, highlight=False, soft_wrap=True)
        if released:
            console.print("Next: pulse run")
    raise typer.Exit(QUARANTINED if any(outcome.still_quarantined for outcome in outcomes) else FINE)
