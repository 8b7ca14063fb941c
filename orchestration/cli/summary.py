"""The summary of a run on a terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table

from orchestration.reports.summary import WHERE_TO_LOOK


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
    console.print(WHERE_TO_LOOK)


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
