"""The console command `pulse`. Engines (Dagster, dbt, Great Expectations) are imported only by what needs them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.project.code import ROOT
from orchestration.workspace.environment import shows_tracebacks
from orchestration.workspace.errors import PulseError, of_the_machine, one_line
from orchestration.workspace.layout import Workspace, keep_from_others

FINE, FAILED, USAGE, QUARANTINED, HELD = 0, 1, 2, 3, 4
EXAMPLES = ROOT / "examples"

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
quarantine_app = typer.Typer(add_completion=False)
app.add_typer(quarantine_app, name="quarantine")
console = Console()
notes = Console(stderr=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for scripts.")]


class Example(StrEnum):
    """Workspaces that can be prepared for you."""

    story = "story"
    iowa = "iowa"


class Target(StrEnum):
    """What a list is exported for."""

    csv = "csv"
    xlsx = "xlsx"
    parquet = "parquet"
    crm = "crm"


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


@app.command()
def sample(
    name: Annotated[Example, typer.Argument(help="story: an invented market. iowa: real orders, see --from.")],
    source: Annotated[Path | None, typer.Option("--from", help="Folder with the Iowa files.", exists=True)] = None,
    outlets: Annotated[int, typer.Option(help="Size of the story.", min=10)] = 1200,
    days: Annotated[int, typer.Option(help="Days of the story.", min=60)] = 420,
    seed: Annotated[int, typer.Option(help="Another seed, another market.")] = 7,
) -> None:
    """Prepare the workspace with sample data: feed files and landing files, nothing loaded yet."""
    from orchestration.workspace.lease import lease

    workspace = Workspace.current()
    with lease(workspace, "pulse sample"):
        if name is Example.story:
            from examples.story.generate import generate

            generate(workspace.home, outlets=outlets, days=days, seed=seed)
        else:
            if source is None:
                raise typer.BadParameter("iowa needs --from DIR, the folder with its files", param_hint="--from")
            workspace.feeds.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(EXAMPLES / "feeds" / f"{name.value}.yml", workspace.feeds / f"{name.value}.yml")
            landing = workspace.landing / name.value
            landing.mkdir(parents=True, exist_ok=True)
            for file in sorted(source.glob("*.parquet")):
                if not file.name.startswith("reference_"):
                    shutil.copyfile(file, landing / file.name)
    console.print(f"{workspace.home} is ready with {name.value}. Next: pulse run", highlight=False)


@app.command("land")
def land_command(as_json: AsJson = False) -> None:
    """Take in the new files of the landing folder, without building anything."""
    from orchestration.landing.land import land
    from orchestration.reports.summary import landing_as_dict, show_landing
    from orchestration.workspace.lease import lease

    workspace = Workspace.current()
    with lease(workspace, "pulse land"):
        report = land(workspace)
    print(json.dumps(landing_as_dict(report), indent=1)) if as_json else show_landing(console, report)
    raise typer.Exit(QUARANTINED if any(f.quarantined or f.is_refused for f in report.files) else FINE)


@app.command()
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
    _whole_way("pulse run", as_of=as_of, known_at=known_at, full=full, as_json=as_json)


@app.command()
def rebuild(as_json: AsJson = False) -> None:
    """Throw the warehouse file away and build it anew from the lake and what has landed since; publish the outcome."""
    _whole_way("pulse rebuild", full=True, discard=True, as_json=as_json)


def _whole_way(
    what: str, *, as_of: str = "", known_at: str = "", full: bool = False, discard: bool = False, as_json: bool
) -> None:
    from orchestration.alerts import digests as alerts
    from orchestration.landing.land import land
    from orchestration.publishing.catalog import tidy
    from orchestration.publishing.generations import current, damage, is_published
    from orchestration.reports import html_report as page
    from orchestration.reports.html_report import write_report
    from orchestration.reports.shown import show
    from orchestration.reports.summary import (
        failed_run_as_dict,
        show_checks,
        show_failed_run,
        show_landing,
        show_summary,
        summary,
    )
    from orchestration.warehouse import tables as warehouse
    from orchestration.warehouse.inputs import Inputs
    from orchestration.workspace.lease import lease
    from orchestration.workspace.settings import run_limit
    from orchestration.workspace.signals import stoppable

    workspace = Workspace.current()
    warehouse.ready()
    with (
        lease(workspace, what) as killed_before,
        stoppable(run_limit(workspace), lambda: _reap_if_begun(workspace)),
        _told(workspace),
    ):
        before = Inputs.now(workspace, as_of, known_at)
        report = land(workspace)
        if not as_json:
            show_landing(console, report)
        if known_at:
            _something_known(workspace, known_at)
        tidy(workspace)
        if discard:
            warehouse.discard(workspace)
        published = current(workspace)
        fresh = full or not is_published(workspace, before.landed(workspace))
        if published and not fresh and (broken := damage(workspace, published, by="bytes")):
            line = f"damaged: {broken[0]}: is not what was published; it is made anew"
            notes.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)
            fresh = full = True
        if fresh:
            from orchestration.workspace.progress import step

            with step("Starting the engines", shown=not as_json):
                from orchestration.pipeline.execute import execute

            result = execute(workspace, as_of=as_of, known_at=known_at, full=full, progress=not as_json)
            if not result.success:
                if as_json:
                    print(json.dumps(failed_run_as_dict(workspace, result), indent=1, default=str))
                else:
                    show_failed_run(notes, workspace, result)
                _tell_of_failure(workspace, result.told)
                raise typer.Exit(FAILED)
            if not as_json:
                show_checks(notes, result)
        elif published and not (workspace.published / "marts.duckdb").exists():
            show(workspace, published)
        elif published and page.is_outdated(workspace):
            write_report(workspace, published)
        if killed_before and not fresh:  # it published, and was killed before Dagster heard of its end
            from orchestration.defs.runs import reap

            reap(workspace)
        plain = not as_of and not known_at
        told = alerts.after_run(workspace, progress=not as_json) if plain else alerts.Delivery()
    facts = summary(workspace, report)
    facts["published_new"] = fresh
    facts["digests_sent"], facts["alerts_waiting_because"] = told.sent, told.problems
    if as_json:
        print(json.dumps(facts, indent=1, default=str))
    else:
        if not fresh:
            console.print("Nothing new since the last publish; nothing was rebuilt.\n")
        show_summary(console, facts)
        _print_delivery(told)
    raise typer.Exit(QUARANTINED if facts["rows_quarantined_now"] or facts["files_refused_now"] else FINE)


@contextmanager
def _told(workspace: Workspace) -> Iterator[None]:
    """What ends a run before its checks is told as a failed check is."""
    try:
        yield
    except PulseError as problem:
        _tell_of_failure(workspace, [problem.told])
        raise


def _tell_of_failure(workspace: Workspace, causes: list[str]) -> None:
    """Where a terminal shows the run, whoever started it knows already."""
    from orchestration.alerts.digests import run_failed

    if not sys.stderr.isatty():
        for problem in run_failed(workspace, causes).problems:
            notes.print(f"Alerts: {problem}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def _reap_if_begun(workspace: Workspace) -> None:
    """Where the engines are up, this run must not look alive in Dagster's record."""
    if "orchestration.defs.runs" in sys.modules:
        from orchestration.defs.runs import reap

        reap(workspace)


@app.command()
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


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show what is published, what has landed, and whether a run is at work."""
    from orchestration.reports.summary import show_status, workspace_status

    facts = workspace_status(Workspace.current())
    print(json.dumps(facts, indent=1, default=str)) if as_json else show_status(console, facts)


@app.command("explain")
def explain_command(
    outlet: Annotated[
        str, typer.Argument(help="Its outlet_id, the source's id, or a part of its name that only it has.")
    ],
    day: Annotated[str, typer.Argument(metavar="DATE", help="A day such as 2026-03-31.")],
    rule_set: Annotated[str, typer.Option(help="Only by this ladder of limits, such as standard.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say why an outlet had its state on a day: orders, rules, feed, holes, links and failed checks."""
    from orchestration.reports.explain import explain, show_explanation

    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise typer.BadParameter(f"expected a date such as 2026-03-31, found {day!r}", param_hint="DATE") from None
    facts = explain(Workspace.current(), outlet, on, rule_set)
    print(json.dumps(facts, indent=1, default=str)) if as_json else show_explanation(console, facts)


@app.command("export")
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


@app.command("alerts")
def alerts_command(
    send: Annotated[bool, typer.Option("--send", help="Send now what waits for a receiver.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the open alerts, how old they are, and whether their owner was told.

    Who is told is `notify` and `notify_owners` in pulse.yml, and PULSE_NOTIFY. With --send the exit code is 1 where a
    receiver did not take its digest.
    """
    from orchestration.alerts import digests as alerts
    from orchestration.workspace.lease import lease

    workspace = Workspace.current()
    told = alerts.Delivery()
    if send:
        with lease(workspace, "pulse alerts --send"):
            alerts.follow(workspace)
            told = alerts.deliver(workspace, alerts.ASKED_SECONDS, progress=not as_json)
    facts = alerts.open_alerts(workspace)
    if as_json:
        facts["digests_sent"], facts["alerts_waiting_because"] = told.sent, told.problems
        print(json.dumps(facts, indent=1))
    else:
        shown = ("owner_name", "kind", "subject_name", "raised_on", "age_days", "told")
        _print_rows(f"Open alerts on {facts['as_of_date']}", [{k: row[k] for k in shown} for row in facts["alerts"]])
        if not facts["alerts"]:
            console.print("No alerts are open.")
        _print_delivery(told)
        if send and told == alerts.Delivery() and any(row["told"] == "waiting" for row in facts["alerts"]):
            console.print("Nobody is told: see `notify` in pulse.yml.")
    raise typer.Exit(FAILED if told.problems else FINE)


@quarantine_app.callback(invoke_without_command=True)
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
    _print_rows("Quarantined rows by reason", counts)
    _print_rows("Rows", found)
    console.print("After putting the feed file right: pulse quarantine release", style="dim")


@quarantine_app.command("release")
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


@app.command()
def doctor(
    file: Annotated[Path, typer.Argument(help="A file as delivered.", exists=True, dir_okay=False)],
    feed: Annotated[str, typer.Option("--feed", help="Name of the feed in the workspace, or a feed file.")],
    as_json: AsJson = False,
) -> None:
    """Read a file by a feed without landing it: what would be accepted and rejected, and why."""
    from orchestration.landing.dry_run import examine
    from orchestration.reports.summary import doctor_as_dict, show_doctor

    report = examine(Workspace.current(), file, feed)
    print(json.dumps(doctor_as_dict(report), indent=1, default=str)) if as_json else show_doctor(console, report)
    facts = doctor_as_dict(report)
    if any(part["status"] == "refused" for part in facts["parts"]):
        raise typer.Exit(FAILED)
    raise typer.Exit(QUARANTINED if any(part["quarantined"] for part in facts["parts"]) else FINE)


@app.command("publish")
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


@app.command()
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


@app.command(
    "metrics",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)
def metrics_command(context: typer.Context) -> None:
    """Ask MetricFlow (`mf`) for metrics of the published marts, such as
    `pulse metrics query --metrics inactive_outlets --group-by metric_time__month,window_days`.

    All that follows is for `mf`: `pulse metrics list metrics`, `pulse metrics query --help`.
    """
    from orchestration.reports.metrics import metricflow

    metricflow(Workspace.current(), context.args or ["--help"])


@app.command()
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


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="Port on this machine only; the documentation is on the next one.")] = 3000,
) -> None:
    """Open the Dagster UI on this workspace, on this machine only (it has no login): runs, checks and schedules.

    The daily schedule and the look at the landing folder work as long as it is open; see `schedule` and
    `run_on_arrival` in pulse.yml.
    """
    from orchestration.defs.instance.settings import prepare_dagster
    from orchestration.defs.runs import reap
    from orchestration.warehouse import tables as warehouse
    from orchestration.workspace.lease import LeaseHeld, lease

    workspace = Workspace.current()
    workspace.prepare()
    warehouse.ready()
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


@app.command()
def dashboard(port: Annotated[int, typer.Option(help="Port on this machine only.", min=1, max=65535)] = 8501) -> None:
    """Open the dashboard on the published marts, on this machine only (it has no login)."""
    from dashboard.serve import command, environment

    workspace = Workspace.current()
    arguments = command(workspace, port)
    console.print(f"The dashboard is on http://127.0.0.1:{port} (Ctrl-C stops it).", highlight=False)
    os.execve(arguments[0], arguments, environment(workspace))


def _moment(text: str) -> str:
    """A moment in UTC as all its readers write it; one that names a zone is converted."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"expected a moment such as 2026-06-30T18:00, found {text!r}") from None
    return (moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment).isoformat(timespec="microseconds")


def _something_known(workspace: Workspace, known_at: str) -> None:
    from orchestration.landing.ledger import Ledger

    with Ledger(workspace) as ledger:
        first = ledger.first_loaded_at()
    if first is None or first.replace(" ", "T") > known_at:
        raise PulseError(
            f"{workspace.home}: nothing was known at {known_at} UTC; the first file came {first or 'never'}"
        )


def _print_delivery(told: Any) -> None:
    if told.sent:
        console.print(f"Digests of alerts sent: {told.sent}")
    for problem in told.problems:
        notes.print(f"Alerts: {problem}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def _print_rows(title: str, rows: list[dict]) -> None:
    if not rows:
        return
    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    console.print(table)
