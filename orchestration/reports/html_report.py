"""The report that travels: one HTML page of the published generation, which opens anywhere and needs nothing."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.project.code import report_hash
from orchestration.publishing.readers import reader
from orchestration.reports.figures import figures
from orchestration.workspace.files import replaced
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import rows

HERE = Path(__file__).parent
WEEKS, FIRST_ROWS = 26, 10
WIDTH, HEIGHT = 720, 160  # of a chart, in its own units
NAMES = ("inactive_outlets", "low", "high")

TREND = """
with days as (
    select $day::date - (7 * back)::integer as day
    from range($weeks + 1) as weeks(back)
)
select
    days.day,
    kpi.window_days,
    sum(kpi.universe_outlets)::bigint as outlets,
    sum(kpi.inactive_outlets)::bigint as inactive_outlets,
    sum(kpi.inactive_outlets_low)::bigint as low,
    sum(kpi.inactive_outlets_high)::bigint as high
from days
inner join kpi_inactivity_daily as kpi on days.day between kpi.as_of_date and kpi.holds_until
group by all
order by all
"""
STATES = """
select
    states.label_en as state,
    sum(portfolio.outlets)::bigint as outlets,
    sum(portfolio.net_amount_last_year) as amount
from kpi_portfolio_composition as portfolio
inner join dim_states as states using (state)
where portfolio.rule_set = 'standard'
    and portfolio.as_of_date = (select max(as_of_date) from kpi_portfolio_composition)
group by states.label_en, states.sort_order
order by states.sort_order
"""
ABOUT_TO_CHURN = """
select outlet_name, outlet_id, owner_name, territory, days_silent, previous_period_net_amount as amount
from rpt_about_to_churn
order by previous_period_net_amount desc nulls last, outlet_id
limit $first
"""
CAUSES = """
select kind, measured_outlets as outlets, percent_of_explained as percent
from rpt_cause_mix
where measured_outlets > 0
order by measured_outlets desc, kind
"""
FEEDS = """
select feed, delivers, newest_business_date, watermark_date, holes,
    greatest($day::date - watermark_date, 0) as days_behind
from dim_feeds
order by watermark_date nulls first, feed
"""


def write(workspace: Workspace, marts: duckdb.DuckDBPyConnection, manifest: dict) -> None:
    """Write published/report.html from the marts of one generation, in place of the one before."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters["count"] = lambda number: "-" if number is None else f"{number:,.0f}"
    day = manifest["as_of_date"]  # a sparse mart need not have a row of its own on it
    trend = rows(marts, TREND, {"day": day, "weeks": WEEKS})
    text = environment.get_template("page.html").render(
        manifest=manifest,
        made_by=report_hash(),
        width=WIDTH,
        height=HEIGHT,
        **figures(marts),
        charts=[_chart(points) for points in _by_window(trend)],
        states=rows(marts, STATES),
        causes=rows(marts, CAUSES),
        about_to_churn=rows(marts, ABOUT_TO_CHURN, {"first": FIRST_ROWS}),
        feeds=rows(marts, FEEDS, {"day": day}),
    )
    with replaced(workspace.published / "report.html") as beside:
        beside.write_text(text, encoding="utf-8")


def write_report(workspace: Workspace, manifest: dict) -> None:
    """The page of this generation; a generation that lacks what it tells has none, and none of another one stays."""
    try:
        with reader(workspace) as marts:
            write(workspace, marts, manifest)
    except (duckdb.CatalogException, duckdb.BinderException):  # it was published by another version
        (workspace.published / "report.html").unlink(missing_ok=True)


def is_outdated(workspace: Workspace) -> bool:
    """Whether other code than today's wrote published/report.html, or none did."""
    try:
        with (workspace.published / "report.html").open(encoding="utf-8", errors="replace") as page:
            return report_hash() not in page.read(1000)
    except OSError:
        return True


def _by_window(trend: Sequence[dict]) -> list[list[dict]]:
    windows = sorted({point["window_days"] for point in trend})
    return [[point for point in trend if point["window_days"] == window] for window in windows]


def _chart(points: Sequence[dict]) -> dict[str, Any]:
    """A line of percents with its band, as points of an SVG; a plotting library would weigh more than the project."""
    shares = [[100 * p[name] / p["outlets"] if p["outlets"] else 0.0 for p in points] for name in NAMES]
    top = max(1.0, *(max(values) for values in shares))

    def path(values: Sequence[float]) -> list[str]:
        step = WIDTH / max(1, len(values) - 1)
        return [f"{step * place:.1f},{HEIGHT - HEIGHT * value / top:.1f}" for place, value in enumerate(values)]

    middle, low, high = shares
    days: list[date] = [point["day"] for point in points]
    return {
        "window_days": points[0]["window_days"],
        "line": " ".join(path(middle)),
        "band": " ".join([*path(low), *path(high)[::-1]]),
        "top": top,
        "first": days[0],
        "last": days[-1],
        "from_percent": middle[0],
        "to_percent": middle[-1],
        "points": [(day, *values) for day, *values in zip(days, middle, low, high, strict=True)],
    }
