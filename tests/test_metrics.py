"""MetricFlow's metrics on the published story equal SQL over the marts: other marts than they read, where there are."""

import csv
import json
import shlex
import shutil
import sys
from decimal import Decimal
from itertools import pairwise

import duckdb
import pytest

from orchestration.reports.metrics import PROJECT, described, environment, metricflow
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace
from tests.conftest import ROOT

CUTS = {
    "beat": "beat_id",
    "rep": "rep_id",
    "distributor": "distributor_id",
    "territory": "territory",
    "region": "region",
    "country": "country",
    "channel": "channel",
    "abc_class": "abc_class",
    "feed": "feed",
}
COUNTS = {
    "universe_outlets": "sum(active_outlets + inactive_outlets + unknown_outlets)",
    "active_outlets": "sum(active_outlets)",
    "inactive_outlets": "sum(lapsed_outlets + never_ordered_outlets)",
    "lapsed_outlets": "sum(lapsed_outlets)",
    "never_ordered_outlets": "sum(never_ordered_outlets)",
    "unknown_outlets": "sum(unknown_outlets)",
    "inactive_percent_of_universe": "100 * sum(inactive_outlets) / nullif(sum(universe_outlets), 0)",
    "inactive_percent_of_active": "100 * sum(inactive_outlets) / nullif(sum(active_outlets), 0)",
}
FLOWS = {name: f"sum({name})" for name in ("newly_inactive_outlets", "reactivated_outlets")}
RETENTION = {
    "ordering_outlets": "sum(retained_outlets + new_outlets + first_seen_outlets + resurrected_outlets)",
    "retained_outlets": "sum(active_outlets - new_outlets - first_seen_outlets - resurrected_outlets)",
    "lost_outlets": "sum(lost_outlets)",
    "new_outlets": "sum(new_outlets)",
    "first_seen_outlets": "sum(first_seen_outlets)",
    "resurrected_outlets": "sum(resurrected_outlets)",
    "dormant_outlets": "sum(dormant_outlets)",
    "retention_rate": "sum(retained_outlets) / nullif(sum(retained_outlets + lost_outlets), 0)",
    "reactivation_rate": "sum(resurrected_outlets) / nullif(sum(resurrected_outlets + dormant_outlets), 0)",
    "quick_ratio": "sum(new_outlets + resurrected_outlets) / nullif(sum(lost_outlets), 0)",
}
AT_RISK = {
    "value_at_risk": "sum(net_amount_at_risk)",
    "silent_lapses": "count(*) - count(returned_on)",
}
SAVED = {
    "treated_lapses": "count(*) filter (action_number = 1 and outcome in ('saved', 'not saved'))",
    "saved_lapses": "count(*) filter (action_number = 1 and outcome = 'saved')",
}
AMOUNTS = {"net_amount_lost": "sum(net_amount_lost)"}
OTHERS = {"save_rate", "listed_outlets", "portfolio_outlets"}
TODAY = "(select max(date_day) from dim_dates)"
OF_TODAY = f"(from kpi_inactivity_daily where {TODAY} between as_of_date and holds_until)"

pytestmark = pytest.mark.long  # MetricFlow starts anew for each question


@pytest.fixture(scope="module")
def ask(story, tmp_path_factory):
    """Query metrics as `pulse metrics query` does, in this process: starting `mf` takes seconds."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt_metricflow.cli.cli_configuration import CLIConfiguration
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

    # one process opens a file in one way only, and the tests open it, too
    copied = Workspace(tmp_path_factory.mktemp("metrics"))
    copied.published.mkdir()
    shutil.copy(story.home / "published" / "marts.duckdb", copied.published)
    folder = described(Workspace(story.home))
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment(copied, folder).items():
            patched.setenv(name, value)
        configuration = CLIConfiguration()
        configuration.setup(PROJECT, folder, configure_file_logging=False)

        def ask(metrics, by, where=None) -> dict[tuple, tuple]:
            request = MetricFlowQueryRequest.create(
                metric_names=list(metrics), group_by_names=list(by), where_constraints=[where] if where else None
            )
            found = configuration.mf.query(request).result_df
            return by_key(found.rows, found.column_names, by)

        yield ask
    DuckDBConnectionManager.close_all_connections()


@pytest.fixture(scope="module")
def metrics(story) -> list[dict]:
    manifest = described(Workspace(story.home)) / "target" / "semantic_manifest.json"
    return json.loads(manifest.read_text())["metrics"]


def by_key(rows, names, by) -> dict[tuple, tuple]:
    """Rows under what they are grouped by; where a metric has no rows or only zeros, there is nothing to compare."""
    keys, values = [list(names).index(name) for name in by], [n for n, name in enumerate(names) if name not in by]
    sorted_values = sorted(values, key=lambda n: names[n])
    found = {
        tuple(day(row[n]) for n in keys): tuple(None if row[n] is None else float(row[n]) for n in sorted_values)
        for row in rows
    }
    assert len(found) == len(rows), f"{by} is no key of the result"
    return {key: figures for key, figures in found.items() if any(figures)}


def day(value):
    if isinstance(value, Decimal):
        return int(value)
    return value.date() if hasattr(value, "date") else value


def same(asked: dict, told: dict) -> None:
    assert asked.keys() == told.keys()
    assert asked, "nothing was compared"
    for key, figures in asked.items():
        # no row and a count of zero are the same
        assert [f or 0 for f in figures] == pytest.approx([f or 0 for f in told[key]], rel=1e-9), key


def told(story, figures: dict[str, str], by: dict[str, str], of: str) -> dict[tuple, tuple]:
    """The same figures by SQL over a mart."""
    shown = [f"{sql} as {name}" for name, sql in (by | figures).items()]
    names = [*by, *figures]
    return by_key(story.ask(f"select {', '.join(shown)} from {of} group by {', '.join(by.values())}"), names, by)


@pytest.mark.parametrize("cut", CUTS)
def test_counts_on_the_business_date(story, ask, cut):
    by = {cut: CUTS[cut], "window_days": "window_days"}
    same(ask(COUNTS, by), told(story, COUNTS, by, OF_TODAY))


@pytest.mark.parametrize("cut", ["territory", "rep"])
def test_counts_of_a_month_are_those_of_its_last_day(story, ask, cut):
    by = {"metric_time__month": "month_start", cut: CUTS[cut], "window_days": "window_days"}
    same(ask(COUNTS, by), told(story, COUNTS, by, "kpi_inactivity_monthly"))


def test_counts_of_a_quarter_are_those_of_its_last_day(story, ask):
    by = {"metric_time__quarter": "date_trunc('quarter', month_start)", "window_days": "window_days"}
    ends = "(from kpi_inactivity_monthly where month_end in (select max(month_end) from kpi_inactivity_monthly "
    ends += "group by date_trunc('quarter', month_end)))"
    same(ask(COUNTS, by), told(story, COUNTS, by, ends))


def test_counts_of_days_up_to_a_day_in_the_middle(story, ask):
    (last,) = story.ask(f"select {TODAY} - 20").pop()
    by = {"metric_time__day": "date_day", "channel": "channel"}
    where = "{{ Entity('window_days') }} = 60 and {{ TimeDimension('metric_time', 'day') }} "
    days = f"(from kpi_inactivity_daily, (select date_day from dim_dates where date_day between date '{last}' - 9 and "
    days += f"date '{last}') where window_days = 60 and date_day between as_of_date and holds_until)"
    ten = ask(COUNTS, by, f"{where} between date '{last}' - 9 and date '{last}'")
    same(ten, told(story, COUNTS, by, days))
    without_time = ask(COUNTS, ["channel"], f"{where} <= date '{last}'")
    assert without_time == {(channel,): figures for (on, channel), figures in ten.items() if on == last}


@pytest.mark.parametrize("cut", ["beat", "distributor", "channel", "abc_class"])
def test_flows_add_up_over_days(story, ask, cut):
    month = {"metric_time__month": "date_trunc('month', as_of_date)"}
    by = {cut: CUTS[cut], "window_days": "window_days"}
    # that of sparse rows of days before the first of dim_dates nothing is told, as in the filled view
    sparse = "(from kpi_inactivity_daily where as_of_date >= (select min(date_day) from dim_dates))"
    same(ask(FLOWS, by), told(story, FLOWS, by, sparse))
    same(ask(FLOWS, month | by), told(story, FLOWS, month | by, sparse))


def test_a_name_instead_of_an_id(story, ask):
    by = {"rep__rep_name": "rep_name", "window_days": "window_days"}
    same(ask(COUNTS, by), told(story, COUNTS, by, f"{OF_TODAY} inner join dim_reps using (rep_id)"))


def test_windows_are_never_added_up(ask):
    counted = [*COUNTS, *FLOWS, *AMOUNTS]
    assert ask(counted, ["metric_time__month"]) == {}
    assert ask(counted, ["metric_time__month"], "{{ Entity('window_days') }} = 60")
    assert ask(["portfolio_outlets"], ["metric_time__month"]) == {}


@pytest.mark.parametrize("cut", CUTS)
def test_retention(story, ask, cut):
    by = {"metric_time__month": "month_start", cut: CUTS[cut]}
    same(ask(RETENTION, by), told(story, RETENTION, by, "kpi_retention_monthly"))
    same(ask(RETENTION, [cut]), told(story, RETENTION, {cut: CUTS[cut]}, "kpi_retention_monthly"))


def test_retained_outlets_are_those_that_ordered_in_both_months(story, ask):
    # an outlet that goes on under another number is one outlet
    months = "(select distinct coalesce(counted_outlet_id, outlet_id) as outlet_id, date_trunc('month', business_date)"
    months += "::date as month_start from fct_outlet_order_days left join dim_outlet_links using (outlet_id))"
    retained = story.ask(
        f"select month_start, count(*) from {months} as this semi join {months} as before on this.outlet_id = "
        "before.outlet_id and this.month_start = before.month_start + interval 1 month group by 1"
    )
    asked = ask(["retained_outlets"], ["metric_time__month"])
    assert asked == {(month,): (outlets,) for month, outlets in retained}


@pytest.mark.parametrize("cut", ["territory", "distributor", "abc_class"])
def test_money_lost_adds_up_over_months(story, ask, cut):
    by = {cut: CUTS[cut], "window_days": "window_days"}
    month = {"metric_time__month": "month_start"}
    same(ask(AMOUNTS, month | by), told(story, AMOUNTS, month | by, "kpi_inactivity_monthly"))
    same(ask(AMOUNTS, by), told(story, AMOUNTS, by, "kpi_inactivity_monthly"))


@pytest.mark.parametrize("cut", [*CUTS, "state"])
def test_value_at_risk_and_saves_by_the_outlet_of_today(story, ask, cut):
    by = {f"outlet__{cut}": CUTS.get(cut, cut)}
    outlets = "inner join dim_outlets using (outlet_id)"
    same(ask(AT_RISK, by), told(story, AT_RISK, by, f"fct_outlet_lapses {outlets}"))
    same(ask(SAVED, by), told(story, SAVED, by, f"fct_outlet_actions {outlets}"))
    same(ask(["listed_outlets"], by), told(story, {"listed_outlets": "count(*)"}, by, "dim_outlets"))


def test_value_at_risk_by_the_month_of_the_lapse(story, ask):
    by = {"metric_time__month": "date_trunc('month', lapsed_on)"}
    same(ask(AT_RISK, by), told(story, AT_RISK, by, "fct_outlet_lapses"))


def test_save_rate_is_that_of_the_mart(story, ask):
    rates = {kind: (lapses, rate) for kind, lapses, rate in story.ask("select kind, lapses, save_rate from "
             "rpt_action_outcomes where kind in ('visit', 'coupon', 'any')")}  # fmt: skip
    asked = {kind: figures for (kind,), figures in ask(["save_rate", "treated_lapses"], ["action__kind"]).items()}
    asked["any"] = ask(["save_rate", "treated_lapses"], []).popitem()[1]
    assert asked.keys() == rates.keys()
    for kind, (rate, lapses) in asked.items():
        assert (lapses, round(rate, 4)) == (rates[kind][0], pytest.approx(float(rates[kind][1])))


def test_outlets_by_state(story, ask):
    by = {"metric_time__month": "month_start", "portfolio__rule_set": "rule_set", "portfolio__state": "state"}
    days = "(from fct_outlet_states, (select date_trunc('month', date_day)::date as month_start, max(date_day) as ends "
    days += "from dim_dates group by 1) where ends >= valid_from and ends < coalesce(valid_to, date '9999-01-01'))"
    same(ask(["portfolio_outlets"], by), told(story, {"portfolio_outlets": "count(*)"}, by, days))


def test_each_metric_says_what_it_is(metrics):
    described_not = [
        m["name"] for m in metrics if not (m["description"] or "").strip() or not (m["label"] or "").strip()
    ]
    assert not described_not
    compared = {*COUNTS, *FLOWS, *RETENTION, *AT_RISK, *SAVED, *AMOUNTS, *OTHERS}
    parts = {m["name"] for m in metrics if m["description"].startswith(("Part of ", "Guard: "))}
    assert {m["name"] for m in metrics} == compared | parts


def test_the_examples_of_the_page_are_answered(ask):
    page = (ROOT / "docs" / "bi.md").read_text().replace("\\\n", " ")
    examples = [shlex.split(line) for line in page.splitlines() if line.startswith("pulse metrics query")]
    assert len(examples) > 2
    for words in examples:
        given = {name: value for name, value in pairwise(words) if name.startswith("--")}
        where = given.get("--where")
        assert ask(given["--metrics"].split(","), given["--group-by"].split(","), where), " ".join(words)


def test_the_command_asks_while_the_warehouse_is_being_written(story, tmp_path):
    answer = tmp_path / "answer.csv"
    with duckdb.connect(str(story.home / "warehouse.duckdb")):
        story("metrics", "query", "--metrics", "inactive_outlets", "--group-by", "window_days", "--csv", str(answer))
    rows = {int(row["window_days"]): int(row["inactive_outlets"]) for row in csv.DictReader(answer.open())}
    assert rows == dict(story.ask(f"select window_days, sum(inactive_outlets) from {OF_TODAY} group by 1"))


def test_nothing_published_is_said(pulse):
    assert "nothing is published yet" in pulse("metrics", "list", "metrics", code=1)


def test_without_metricflow_one_line_says_what_installs_it(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path)
    workspace.published.mkdir()
    (workspace.published / "marts.duckdb").touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(PulseError, match=r"MetricFlow is not installed, .*/mf is missing; `make metrics` installs it"):
        metricflow(workspace, ["list", "metrics"])
