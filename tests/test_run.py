"""The main job on the story: what it publishes, what it says, and what a failing check stops."""

import shutil
import subprocess
import sys
from datetime import timedelta

import duckdb
import pytest

from orchestration.publishing.generations import current
from orchestration.workspace.layout import Workspace
from tests.conftest import END, ROOT, Pulse, order

MARTS = (
    "dim_outlets",
    "dim_outlet_assignments",
    "dim_beats",
    "dim_reps",
    "dim_distributors",
    "dim_products",
    "dim_dates",
    "outlet_contacts",
    "fct_outlet_order_days",
    "kpi_inactivity_daily",
    "kpi_inactivity_daily_filled",
    "rpt_beat_silence",
    "rpt_rep_silence",
    "fct_visits",
    "fct_order_deliveries",
    "fct_coupons",
    "fct_outlet_stock_outs",
    "fct_outlet_events",
    "fct_outlet_lapses",
    "fct_outlet_actions",
    "rpt_about_to_churn",
    "rpt_almost_inactive",
    "rpt_sales_drop",
    "rpt_order_drop",
    "rpt_second_order_watch",
    "rpt_outlet_watch",
    "rpt_inactivity_causes",
    "rpt_cause_mix",
    "rpt_revival_worklist",
    "rpt_prune_candidates",
    "rpt_action_outcomes",
    "rpt_scorecards",
    "rpt_alerts",
)


@pytest.mark.parametrize("mart", MARTS)
def test_every_mart_answers(story, mart):
    rows = story.ask(f"select count(*) from {mart}")[0][0]
    assert rows > 0


def test_summary_is_for_a_sales_manager(story):
    expected = "outlets on|30 days|60 days|90 days|worst beats|lost a month|worth the work|go there first|checks passed"
    for words in f"{expected}|marts.duckdb".split("|"):
        assert words in story.first_said


def test_quarantine_names_file_row_column_and_reason(story):
    found = story.json("quarantine")
    assert found["counts"]
    assert {"file_name", "row_number", "column_name", "value", "reason"} <= set(found["rows"][0])


def test_second_run_publishes_nothing_new(story):
    before = story.json("status")
    said = story("run")
    assert "Nothing new" in said
    assert story.json("status")["generation"] == before["generation"]
    assert story.json("status")["generations_kept"] == before["generations_kept"]


def test_ledger_identity_holds_for_every_file(story):
    with duckdb.connect() as connection:
        off, files = connection.execute(
            f"select count(*) filter (rows_read <> rows_accepted + rows_duplicate + rows_quarantined), count(*) "
            f"from read_parquet('{story.home}/lake/files/*.parquet') where status = 'landed'"
        ).fetchall()[0]
    assert off == 0 and files > 20


def test_publish_rollback_and_forward(shop):
    first = shop.json("status")["generation"]
    shop.deliver("shop", "orders_2.csv", [order(500, 3, END + timedelta(days=1))])
    shop("run")
    second = shop.json("status")["generation"]
    assert second > first
    assert shop.ask("select max(as_of_date) from kpi_inactivity_daily_filled")[0][0] == END + timedelta(days=1)
    shop("rollback")
    assert shop.ask("select max(as_of_date) from kpi_inactivity_daily_filled")[0][0] == END
    shop("publish")
    assert shop.json("status")["generation"] == second
    with duckdb.connect(str(shop.home / "published" / "live.duckdb"), read_only=True) as live:
        assert live.execute("select count(*) from dim_outlets").fetchall()[0][0] == 20


def test_failing_staging_check_stops_the_marts(shop):
    before = shop.json("status")["generation"]
    strangers = [{**order(900 + n, 0, END + timedelta(days=1)), "outlet_id": f"stranger{n}"} for n in range(60)]
    shop.deliver("shop", "orders_2.csv", strangers)
    said = shop("run", code=1)
    assert "orders_name_known_outlets" in said and before in said and "Dagster" not in said
    assert shop.json("status")["generation"] == before
    assert shop.ask("select max(as_of_date) from kpi_inactivity_daily_filled")[0][0] == END
    with duckdb.connect(str(shop.home / "warehouse.duckdb"), read_only=True) as warehouse:
        built = warehouse.execute("select max(last_order_date) from marts.dim_outlets").fetchall()[0][0]
    assert built == END, "the marts were rebuilt behind a failing check"


@pytest.mark.fault("Q2")
def test_a_check_that_cannot_run_is_a_tool_error(story, tmp_path):
    from orchestration.checks.check import check_layer
    from orchestration.defs.checks import check_result
    from orchestration.project.suites import Expectation
    from orchestration.workspace.layout import Workspace

    home = tmp_path / "workspace"
    shutil.copytree(story.home, home)
    broken = Expectation(
        "marts",
        "dim_outlets",
        "no_such_column",
        "expect_column_values_to_not_be_null",
        "-",
        {"column": "nope"},
        "warning",
    )
    ((_, outcome),) = check_layer(Workspace(home), [broken])
    result = check_result(broken, outcome)
    assert not result.passed and "tool_error" in result.metadata and result.severity.name == "ERROR"


def test_as_of_an_earlier_day(shop):
    early = (END - timedelta(days=5)).isoformat()
    assert shop.json("run", "--as-of", early)["as_of_date"] == early
    assert shop.ask("select max(last_order_date) from dim_outlets")[0][0] == END - timedelta(days=5)
    shop("run", "--as-of", "31/03/2026", code=2)


@pytest.mark.fault("C1")
def test_another_run_holds_the_lease(shop):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path; from orchestration.workspace.lease import lease; "
            "from orchestration.workspace.layout import Workspace\n"
            f"with lease(Workspace(Path({str(shop.home)!r})), 'a test'): print('held', flush=True); time.sleep(60)",
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        said = shop("run", code=4)
        assert "a test" in said and str(holder.pid) in said
        assert shop.json("status")["running"]["what"] == "a test"
    finally:
        holder.kill()
        holder.wait()
    shop("land")


@pytest.mark.parametrize("arguments", [["status"], ["--help"], ["doctor", "--help"], ["run", "--help"]])
def test_light_commands_start_no_engine(pulse, arguments):
    code = (
        "import sys; sys.argv = ['pulse', *sys.argv[1:]]\n"
        "from orchestration.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "loaded = {'dagster', 'dbt', 'great_expectations', 'pandas'} & set(sys.modules)\n"
        "sys.exit(f'loaded {loaded}' if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ("    constraints: [{type: check, name: short, expression: length(outlet_id) < 7}]\n", "check: "),
        ("", "values: state"),
    ],
)
def test_a_rule_that_rows_break_is_named_with_rows_and_readers_stay(shop, tmp_path, broken, rule):
    """A constraint stops its table while it is written, a rule afterwards; a run tells both alike."""
    root = tmp_path / "project"
    for folder in ("dbt_project", "expectations", "orchestration"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
    described = root / "dbt_project" / "models" / "marts" / "core" / "_core__models.yml"
    text = described.read_text().replace("  - name: dim_outlets\n", f"  - name: dim_outlets\n{broken}", 1)
    described.write_text(
        text if broken else text.replace("values: [never_ordered, new, active,", "values: [never_ordered,")
    )
    assert described.read_text() != (ROOT / described.relative_to(root)).read_text()
    before = current(Workspace(shop.home))["generation"]
    said = Pulse(shop.home, root)("run", code=1)
    assert "failed marts/dim_outlets dim_outlets_rules: " in said and rule in said and "shop:o" in said
    assert current(Workspace(shop.home))["generation"] == before
