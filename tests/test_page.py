"""The report that travels: its figures are the marts', it needs nothing, and it goes with what readers see."""

import re
from datetime import date, timedelta

import duckdb
import pytest

from orchestration.project.code import report_hash
from orchestration.publishing.generations import current
from orchestration.reports import html_report as page
from orchestration.reports.shown import rollback
from orchestration.workspace.layout import Workspace
from tests.conftest import END
from tests.publishing import publish_again


def text_of(pulse) -> str:
    return (pulse.home / "published" / "report.html").read_text()


def test_its_figures_are_those_of_the_marts(story):
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text_of(story)))
    for days, inactive, universe in story.ask(
        "select window_days, sum(inactive_outlets), sum(universe_outlets) from rpt_beat_silence group by all"
    ):
        assert f"{100 * inactive / universe:.1f}% silent for {days} days ({inactive:,})" in text
    for feed, newest in story.ask("select feed, newest_business_date from dim_feeds"):
        assert re.search(rf"{feed} \w+ {newest}", text)
    for name, lost in story.ask("select outlet_name, days_silent from rpt_about_to_churn limit 3"):
        assert name in text or lost


def test_the_trend_is_the_share_of_each_week(story):
    text = text_of(story)
    as_of = date.fromisoformat(current(Workspace(story.home))["as_of_date"])
    for weeks in (0, 1, 13):
        day = as_of - timedelta(days=7 * weeks)
        shares = story.ask(
            "select 100 * sum(inactive_outlets) / sum(universe_outlets), "
            "100 * sum(inactive_outlets_low) / sum(universe_outlets), "
            "100 * sum(inactive_outlets_high) / sum(universe_outlets) "
            "from kpi_inactivity_daily_filled where as_of_date = ? group by window_days order by window_days",
            day,
        )
        cells = re.findall(rf"<tr><td>{day}</td>((?:<td[^>]*>[\d.]+</td>)+)", text)
        assert [tuple(re.findall(r"[\d.]+(?=</td>)", row)) for row in cells] == [
            tuple(f"{share:.1f}" for share in row) for row in shares
        ]


def test_it_needs_nothing_from_elsewhere(story):
    text = text_of(story)
    assert not re.findall(r"https?://|<script|<link|<img|@import|url\(", text)
    assert len(text) < 200_000


def test_names_from_outside_stay_text(shop):
    hostile = "<script>alert(1)</script>"
    workspace = Workspace(shop.home)
    with duckdb.connect(str(workspace.warehouse)) as warehouse:
        (named,) = warehouse.execute("update marts.rpt_about_to_churn set outlet_name = ?", [hostile]).fetchall()[0]
    assert named > 0
    publish_again(workspace, "hostile")
    assert hostile not in text_of(shop) and "&lt;script&gt;" in text_of(shop)


def test_it_goes_back_with_the_readers(shop):
    workspace = Workspace(shop.home)
    first = current(workspace)["generation"]
    publish_again(workspace, "second")
    assert current(workspace)["generation"] in text_of(shop)
    rollback(workspace)
    assert first in text_of(shop)


def test_a_generation_without_its_marts_has_no_page_and_not_anothers(shop):
    workspace = Workspace(shop.home)
    with duckdb.connect(str(workspace.warehouse)) as warehouse:
        warehouse.execute("drop table marts.rpt_cause_mix")
    publish_again(workspace, "less")
    assert not (workspace.published / "report.html").exists()
    rollback(workspace)
    assert (workspace.published / "report.html").exists()


def test_the_trend_ends_on_the_business_date_where_nothing_changed_on_it(shop):
    """The daily KPI is sparse: its newest row may be days old."""
    workspace = Workspace(shop.home)
    with duckdb.connect(str(workspace.warehouse)) as warehouse:
        warehouse.execute("delete from marts.fct_cell_inactivity where as_of_date > $1", [END - timedelta(days=3)])
        warehouse.execute(
            "update marts.fct_cell_inactivity set holds_until = $1 where holds_until >= $2",
            [END, END - timedelta(days=3)],
        )
    publish_again(workspace, "quiet")
    assert shop.ask("select max(as_of_date) from kpi_inactivity_daily")[0][0] < END
    assert f"% on {END}</figcaption>" in text_of(shop)


@pytest.mark.parametrize("shares", [(0, 0), (5, 10)])
def test_a_chart_begins_at_zero_and_fits(shares):
    points = [
        {"window_days": 30, "day": END, "outlets": 10, "inactive_outlets": n, "low": n, "high": n} for n in shares
    ]
    drawn = page._chart(points)
    assert drawn["line"].split() == [
        f"{x:.1f},{page.HEIGHT * (1 - 100 * n / 10 / drawn['top']):.1f}"
        for x, n in zip((0, page.WIDTH), shares, strict=True)
    ]
    assert drawn["top"] == max(1.0, *(100 * n / 10 for n in shares))


def test_a_page_that_another_template_made_is_written_again_and_nothing_is_rebuilt(shop):
    page_file = shop.home / "published" / "report.html"
    made = page_file.read_text()
    page_file.write_text(made.replace(report_hash(), "an older template"))
    said = shop("run")
    assert "Nothing new" in said and "Building" not in said
    assert page_file.read_text() == made
    page_file.unlink()
    shop("run")
    assert page_file.read_text() == made
