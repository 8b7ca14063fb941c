"""Questions to the published marts: why an outlet has its state, and a list to hand over."""

import json
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.output import AsJson, console
from orchestration.workspace.layout import Workspace


class Target(StrEnum):
    """What a list is exported for."""

    csv = "csv"
    xlsx = "xlsx"
    parquet = "parquet"
    crm = "crm"


def explain_command(
    outlet: Annotated[
        str, typer.Argument(help="Its outlet_id, the source's id, or a part of its name that only it has.")
    ],
    day: Annotated[str, typer.Argument(metavar="DATE", help="A day such as 2026-03-31.")],
    rule_set: Annotated[str, typer.Option(help="Only by this ladder of limits, such as standard.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say why an outlet had its state on a day: orders, rules, feed, holes, links and failed checks."""
    from orchestration.cli.explanation import show_explanation
    from orchestration.reports.explain import explain

    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise typer.BadParameter(f"expected a date such as 2026-03-31, found {day!r}", param_hint="DATE") from None
    facts = explain(Workspace.current(), outlet, on, rule_set)
    print(json.dumps(facts, indent=1, default=str)) if as_json else show_explanation(console, facts)


def export_command(
    listed: Annotated[str, typer.Argument(metavar="LIST", help="A published mart or view, such as rpt_beat_silence.")],
    to: Annotated[Target, typer.Option("--to", help="crm: CSV with a stable external_id for an import.")],
    rep: Annotated[
        str | None, typer.Option(help="Only this rep's rows: rep_id, the source's id, or a part of a name.")
    ] = None,
    state: Annotated[list[str] | None, typer.Option(help="Only rows in this state; may be given again.")] = None,
    unmask: Annotated[bool, typer.Option("--unmask", help="Contacts in full; noted in exports/unmasked.log.")] = False,
    by_rep: Annotated[bool, typer.Option("--by-rep", help="One file for each rep.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Default: exports in the workspace.")] = None,
) -> None:
    """Write a published list to a file for those who act on it; contacts are masked unless you ask."""
    from orchestration.reports.export import export

    files = export(Workspace.current(), listed, to, rep=rep, states=state or [], unmask=unmask, by_rep=by_rep, out=out)
    for file in files:
        rows = "1 row" if file["rows"] == 1 else f"{file['rows']:,} rows"
        console.print(f"{file['path']}  {rows}", markup=False, highlight=False, soft_wrap=True)
    if not files:
        console.print(f"{listed} has no such rows; no file was written.", markup=False, highlight=False)
