"""What people read: the summary of a run, the state of a workspace, the quarantine. Reads published marts only."""

from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from orchestration.landing.ledger import Ledger
from orchestration.publishing.generations import current, generations
from orchestration.publishing.readers import reader
from orchestration.workspace.errors import printable
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import rows

WORST_BEATS = FIRST_WORK = 5


def summary(workspace: Workspace, landing: Any) -> dict:
    """What the published generation says, for a sales manager, and what landed."""
    manifest = current(workspace) or {}
    with reader(workspace) as marts:
        said = figures(marts)
    return {
        "generation": manifest.get("generation"),
        "as_of_date": manifest.get("as_of_date"),
        **said,
        "files_landed_now": sum(f.status == "landed" for f in landing.files),
        "files_refused_now": sum(f.is_refused for f in landing.files),
        "rows_accepted_now": sum(f.accepted for f in landing.files if f.status == "landed"),
        "rows_quarantined_now": sum(f.quarantined for f in landing.files if f.status == "landed"),
        "marts": str((workspace.published / "marts.duckdb").resolve()),
        "parquet": str((workspace.published / "current").resolve()),
        "report": str((workspace.published / "report.html").resolve()),
    }


def figures(marts: duckdb.DuckDBPyConnection) -> dict:
    """The figures of the summary: silence by window, the worst beats, the work and where to go first."""
    windows = rows(
        marts,
        """
        select
            window_days,
            sum(universe_outlets)::bigint as outlets,
            sum(inactive_outlets)::bigint as inactive_outlets,
            sum(lapsed_outlets)::bigint as lapsed_outlets,
            sum(never_ordered_outlets)::bigint as never_ordered_outlets,
            sum(unknown_outlets)::bigint as unknown_outlets,
            sum(active_outlets)::bigint as active_outlets,
            sum(monthly_net_amount_lost) as monthly_net_amount_lost,
            any_value(reporting_currency) as currency
        from rpt_beat_silence
        group by window_days
        order by window_days
        """,
    )
    beats = rows(
        marts,
        """
        select beat_id, beat_name, rep_name, territory, window_days, universe_outlets as outlets, lapsed_outlets,
            monthly_net_amount_lost
        from rpt_beat_silence
        where window_days = (select max(window_days) from rpt_beat_silence)
            and lapsed_outlets > 0 and beat_id <> 'unknown'
        order by monthly_net_amount_lost desc nulls last, lapsed_outlets desc, beat_id
        limit ?
        """,
        [WORST_BEATS],
    )
    work = rows(
        marts,
        """
        select
            count(*) as outlets,
            (select count(*) from rpt_about_to_churn) as about_to_churn,
            (select count(*) from rpt_prune_candidates) as to_prune,
            sum(monthly_value_at_risk) as monthly_value_at_risk
        from rpt_revival_worklist
        """,
    )[0]
    first_work = rows(
        marts,
        """
        select outlet_id, outlet_name, owner_name, days_silent, monthly_value_at_risk, chance_of_return,
            likely_cause, next_step
        from rpt_revival_worklist
        where work_day is not null and expected_monthly_value > 0
        order by rank
        limit ?
        """,
        [FIRST_WORK],
    )
    for window in windows:
        window["percent_of_universe"] = _percent(window["inactive_outlets"], window["outlets"])
        window["percent_of_active"] = _percent(window["inactive_outlets"], window["active_outlets"])
    return {"windows": windows, "worst_beats": beats, "work": work, "first_work": first_work}


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _money(amount: Any) -> str:
    return "not known" if amount is None else f"{amount:,.0f}"


def show_summary(console: Console, facts: dict) -> None:
    """Print the summary."""
    windows, beats = facts["windows"], facts["worst_beats"]
    if not windows:
        console.print("No outlets are known yet: put files in the landing folder and run again.")
        return
    first = windows[0]
    console.print(f"[bold]{first['outlets']:,} outlets on {facts['as_of_date']}[/bold]", highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    money = f"{first['currency'] or 'money'} lost a month"
    for heading in ("silent for", "outlets", "of all", "to active", "ordered before", "never", money):
        table.add_column(heading, justify="right")
    for row in windows:
        table.add_row(
            f"{row['window_days']} days",
            f"{row['inactive_outlets']:,}",
            "-" if row["percent_of_universe"] is None else f"{row['percent_of_universe']}%",
            "-" if row["percent_of_active"] is None else f"{row['percent_of_active']}%",
            f"{row['lapsed_outlets']:,}",
            f"{row['never_ordered_outlets']:,}",
            _money(row["monthly_net_amount_lost"]),
        )
    console.print(table)
    if first["unknown_outlets"]:
        console.print(f"{first['unknown_outlets']:,} outlets are unknown: their feed has not delivered up to this day.")
    if beats:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for heading, side in (("worst beats", "left"), ("rep", "left"), ("territory", "left")):
            table.add_column(heading, justify=side)  # type: ignore[arg-type]
        table.add_column(f"silent {beats[0]['window_days']} days", justify="right")
        table.add_column(money, justify="right")
        for row in beats:
            table.add_row(
                row["beat_name"],
                row["rep_name"],
                row["territory"],
                f"{row['lapsed_outlets']} of {row['outlets']}",
                _money(row["monthly_net_amount_lost"]),
            )
        console.print()
        console.print(table)
    _show_work(console, facts["work"], facts["first_work"], first["currency"])
    console.print("\nLost a month: what these outlets bought a month before they fell silent.", style="dim")
    console.print(f"Marts:       {facts['marts']}", soft_wrap=True, highlight=False)
    console.print(f"As Parquet:  {facts['parquet']}", soft_wrap=True, highlight=False)
    console.print(f"To pass on:  {facts['report']}", soft_wrap=True, highlight=False)
    console.print("Outlets: dim_outlets, with their state. Work: rpt_revival_worklist. Why: rpt_inactivity_causes.")


def _show_work(console: Console, work: dict, first: list[dict], currency: str | None) -> None:
    console.print(
        f"\n{work['about_to_churn']:,} outlets are about to churn. {work['outlets']:,} silent or endangered ones are "
        f"worth the work, {_money(work['monthly_value_at_risk'])} {currency or ''} a month; "
        f"{work['to_prune']:,} are not.",
        highlight=False,
    )
    if first:
        console.print("go there first", style="dim")
    for row in first:
        outlet = row["outlet_name"] if row["outlet_name"] != "unknown" else row["outlet_id"]
        chance = row["chance_of_return"]
        back = "" if chance is None else f", {chance:.0%} come back"
        worth = f"{row['days_silent']} days silent, worth {_money(row['monthly_value_at_risk'])} a month{back}"
        console.print(f"{outlet} ({row['owner_name']}): {worth}", markup=False, highlight=False)
        console.print(f"    {row['next_step']}", markup=False, highlight=False)


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


def workspace_status(workspace: Workspace) -> dict:
    """What is published, what has landed, who is at work."""
    from orchestration.workspace.lease import holder

    manifest = current(workspace)
    with Ledger(workspace) as ledger:
        feeds = ledger.totals()
    return {
        "workspace": str(workspace.home),
        "generation": manifest["generation"] if manifest else None,
        "published_at": manifest["published_at"] if manifest else None,
        "as_of_date": manifest["as_of_date"] if manifest else None,
        "generations_kept": len(generations(workspace)),
        "running": holder(workspace),
        "feeds": feeds,
    }


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


def doctor_as_dict(report: Any) -> dict:
    """What the doctor found, for scripts."""
    return {"parts": [vars(part) for part in report]}


def show_doctor(console: Console, report: Any) -> None:
    """Print what would be accepted and rejected, and why."""
    for part in report:
        if part.status == "refused":
            console.print(f"{part.entity}: would be refused. {part.reason}", style="red", markup=False, soft_wrap=True)
            continue
        console.print(
            f"{part.entity}: {part.read:,} rows, {part.accepted:,} would be accepted, {part.duplicate:,} repeated, "
            f"{part.quarantined:,} quarantined",
            highlight=False,
        )
        for problem in part.problems:
            console.print(f"  {problem}", style="yellow", markup=False, soft_wrap=True)
