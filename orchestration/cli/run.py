"""The whole way, and what a terminal or a script hears of it."""

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.cli.output import FAILED, FINE, QUARANTINED, AsJson, console, notes, print_delivery
from orchestration.workspace.layout import Workspace


def run(
    as_of: Annotated[str, typer.Option(metavar="DATE", help="Business date; default: newest day the feeds hold.")] = "",
    full: Annotated[bool, typer.Option("--full", help="Build everything anew, whatever is new.")] = False,
    known_at: Annotated[
        str, typer.Option(metavar="MOMENT", help="Only what had arrived by then (UTC); default: all that has.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Do the whole way: land new files, rebuild, check, publish, and summarise.

    Where nothing changed since the last publish, says so and stops; where files are new, only what they touch is
    recomputed. A failing check leaves readers on the old marts. With --as-of or --known-at readers see that view until
    the next run; it is not added to the KPI history, and no alert is sent.
    """
    if as_of:
        try:
            as_of = date.fromisoformat(as_of).isoformat()
        except ValueError:
            raise typer.BadParameter(f"expected a date such as 2026-06-30, found {as_of!r}") from None
    if known_at:
        known_at = _moment(known_at)
    _whole_way(as_json, "pulse run", as_of=as_of, known_at=known_at, full=full)


def rebuild(as_json: AsJson = False) -> None:
    """Throw the warehouse file away and build it anew from the lake and what has landed since; publish the outcome."""
    _whole_way(as_json, "pulse rebuild", full=True, discard=True)


def _moment(text: str) -> str:
    """A moment in UTC as all its readers write it; one that names a zone is converted."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"expected a moment such as 2026-06-30T18:00, found {text!r}") from None
    return (moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment).isoformat(timespec="microseconds")


class _Told:
    """Prints how far a run came, as it goes on; where the result is for a script, only what went wrong."""

    def __init__(self, as_json: bool) -> None:
        self._silent = as_json

    def landed(self, report: Any) -> None:
        from orchestration.cli.outcome import show_landing

        if not self._silent:
            show_landing(console, report)

    def damaged(self, file: Path) -> None:
        line = f"damaged: {file}: is not what was published; it is made anew"
        notes.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)

    def checked(self, result: Any) -> None:
        from orchestration.cli.outcome import show_checks

        if not self._silent:
            show_checks(notes, result)

    def failed(self, workspace: Workspace, result: Any) -> None:
        from orchestration.cli.outcome import failed_run_as_dict, show_failed_run

        if self._silent:
            print(json.dumps(failed_run_as_dict(workspace, result), indent=1, default=str))
        else:
            show_failed_run(notes, workspace, result)

    def stopped(self, workspace: Workspace, causes: list[str]) -> None:
        """Where a terminal shows the run, whoever started it knows already."""
        from orchestration.alerts.digests import run_failed

        if not sys.stderr.isatty():
            for problem in run_failed(workspace, causes).problems:
                notes.print(f"Alerts: {problem}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def _whole_way(as_json: bool, what: str, **asked: Any) -> None:
    from orchestration.cli.summary import show_summary
    from orchestration.pipeline.run_pipeline import Asked, RunPipeline
    from orchestration.reports.summary import summary

    workspace = Workspace.current()
    outcome = RunPipeline(workspace, _Told(as_json), progress=not as_json)(Asked(what, **asked))
    if outcome.failure:
        raise typer.Exit(FAILED)
    facts = summary(workspace, outcome.landing)
    facts["published_new"] = outcome.built
    facts["digests_sent"], facts["alerts_waiting_because"] = outcome.delivery.sent, outcome.delivery.problems
    if as_json:
        print(json.dumps(facts, indent=1, default=str))
    else:
        if not outcome.built:
            console.print("Nothing new since the last publish; nothing was rebuilt.\n")
        show_summary(console, facts)
        print_delivery(outcome.delivery)
    raise typer.Exit(QUARANTINED if facts["rows_quarantined_now"] or facts["files_refused_now"] else FINE)
