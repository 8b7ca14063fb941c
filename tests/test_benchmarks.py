"""The benchmarks at a tiny size: all contenders find the same numbers. Never a time: speed is measured, not tested."""

import json
import subprocess
import sys
from contextlib import nullcontext
from importlib.util import find_spec

import duckdb
import pytest

from benchmarks import report
from benchmarks.grid import CELL
from benchmarks.kpi_models import INPUTS, Model, step_models
from benchmarks.measure import ContenderFailed, measure, python
from benchmarks.run import RESULTS, Benchmark, Disagreement, run_size
from tests.conftest import ROOT

SCRIPTS = [library for library in ("pandas", "polars") if find_spec(library)]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("benchmarks")


@pytest.fixture(scope="module")
def tiny(home):
    return run_size("tiny", home)


@pytest.mark.slow
def test_every_contender_ran_and_survived(tiny):
    expected = {name for name, _, _ in report.ROWS if not name.startswith("story")} - {"pandas", "polars"}
    assert set(tiny["measured"]) == expected | set(SCRIPTS)
    assert all(run["survived"] and run["peak_mb"] > 10 for run in tiny["measured"].values())


@pytest.mark.slow
def test_contenders_agree(tiny):
    """run_size stops at the first difference; this says how much was compared."""
    assert set(tiny["agreed"]) == {"grid", *SCRIPTS}
    assert all(found["different"] == 0 for found in tiny["agreed"].values())
    assert tiny["agreed"]["grid"]["outlet_days"] == 3 * tiny["measured"]["grid"]["facts"]["outlet_days"] > 500_000
    assert tiny["agreed"]["pandas"]["compared"] == 3 * 20  # windows, beats
    assert tiny["agreed"]["pandas"]["active"] > 0 < tiny["agreed"]["pandas"]["lapsed"]


@pytest.mark.slow
def test_floors_count_the_same_rows(tiny):
    rows, promised = (tiny["measured"][f"floor: {name}"]["facts"] for name in ("rows", "promised"))
    for name in ("outlet_days", "order_lines", "net_amount"):
        assert rows[name] == promised[name]


@pytest.mark.slow
def test_the_increment_was_built_and_nothing_new_was_not(tiny):
    assert "Publishing" in tiny["measured"]["increment"]["facts"]["steps"]
    assert tiny["measured"]["nothing new"]["facts"]["steps"] == {}


@pytest.fixture
def kept(tmp_path):
    """One outlet in one cell, active for 30 days, as the mart, the grid and a script's answer say it."""
    cell = "select " + ", ".join(f"'bench:x' as {name}" for name in CELL.split(", "))
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(
            f"""
            create schema marts;
            create table marts.kpi_inactivity_daily as
            select
                cell.*, date '2025-01-01' as as_of_date, date '2025-01-31' as holds_until, 30 as window_days,
                2 as universe_outlets, 1 as active_outlets, 1 as lapsed_outlets, 0 as never_ordered_outlets,
                0 as unknown_outlets
            from ({cell}) as cell
            """
        )
    with duckdb.connect(str(tmp_path / "grid.duckdb")) as connection:
        connection.execute(
            f"""
            create table counted as
            select
                cell.*, date '2025-01-01' + n::int as day, 2 as universe_outlets, 0 as unknown_outlets,
                0 as never_ordered_outlets, 1 as active_30
            from ({cell}) as cell cross join range(31) as days(n);
            copy (select 'x' as beat_id, 2 as universe, 1 as active_30, 1 as lapsed_30) to '{tmp_path}/answer.parquet'
            """
        )
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "update counted set active_30 = 2 where day = date '2025-01-15'",
        "delete from counted where day = date '2025-01-31'",
        "insert into counted by name select * replace ('other' as beat_id) from counted limit 1",
    ],
)
def test_a_difference_with_the_grid_stops_the_benchmark(kept, wrong):
    with duckdb.connect(str(kept / "grid.duckdb")) as connection:
        connection.execute(wrong or "select 1")
    with pytest.raises(Disagreement) if wrong else nullcontext():
        Benchmark("tiny", kept).agree("grid", "grid", kept / "warehouse.duckdb", kept / "grid.duckdb", 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong",
    ["", "universe_outlets = 3", "active_outlets = 0", "lapsed_outlets = 2", "beat_id = 'bench:y'", "window_days = 60"],
)
def test_a_difference_with_a_script_stops_the_benchmark(kept, wrong):
    with duckdb.connect(str(kept / "warehouse.duckdb")) as connection:
        connection.execute(f"update marts.kpi_inactivity_daily set {wrong}" if wrong else "select 1")
    question = ("script", kept / "warehouse.duckdb", kept / "answer.parquet", "2025-01-31")
    with pytest.raises((Disagreement, ContenderFailed)) if wrong else nullcontext():
        Benchmark("tiny", kept).agree("script", *question)


def test_the_step_is_what_the_grid_does_not_need():
    def model(name, *parents):
        return Model(name, name, False, "", parents)

    models = [
        model("orders"),
        *(model(name, "orders") for name in sorted(INPUTS)),
        model("spells", "int_outlet_spells"),
        model("kpi_inactivity_daily", "spells", *sorted(INPUTS)),
    ]
    assert [m.name for m in step_models(models)] == ["spells", "kpi_inactivity_daily"]
    with pytest.raises(AssertionError):
        step_models([m for m in models if m.name != "int_outlet_cells"])


def test_limits_are_results_and_errors_are_not():
    slow = measure("slow", [sys.executable, "-c", "import time; time.sleep(60)"], seconds_limit=0.3)
    assert (slow.survived, slow.ended_by) == (False, "time")
    spent = measure("spent", [sys.executable, "-c", "raise MemoryError('Out of Memory Error')"])
    assert (spent.survived, spent.ended_by) == (False, "memory")
    with pytest.raises(ContenderFailed, match="no such thing"):
        measure("broken", [sys.executable, "-c", "raise ValueError('no such thing')"])


def test_peak_memory_is_the_contenders_own():
    """Measured from a small process, as make bench does: a child's peak starts at its parent's."""
    code = (
        "import sys; from benchmarks.measure import measure\n"
        "for size in (1, 300):\n"
        "    print(measure('held', [sys.executable, '-c', f'held = bytearray({size} << 20)']).peak_mb)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    small, large = map(int, done.stdout.split())
    assert 280 < large - small < 320


def result(size, **seconds):
    measured = {
        name.replace("_", " "): {
            "seconds": value or 700,
            "wall_seconds": value or 700,
            "cpu_seconds": value or 700,
            "peak_mb": 100,
            "survived": value is not None,
            "ended_by": "" if value is not None else "time",
            "facts": {},
        }
        for name, value in seconds.items()
    }
    return {"size": size, "measured": measured, "agreed": {}, "machine": {}, "measured_at": ""}


@pytest.mark.parametrize(
    ("grid", "step", "reached"),
    [(40, 2, True), (39, 2, False), (None, 2, True), (None, 100, None)],
)
def test_targets_are_judged_at_their_boundary(grid, step, reached):
    targets = report.targets([result("5M", grid=grid, KPI_step=step)])
    assert next(t for t in targets if "grid" in t.what).reached is reached


def test_targets_at_a_size_are_judged_at_that_size():
    target = next(t for t in report.targets([result("5M", increment=1, full_build=2)]) if "Increment" in t.what)
    assert target.reached is None and "0.50 x at 5M" in target.found
    target = next(t for t in report.targets([result("50M", increment=1, full_build=2)]) if "Increment" in t.what)
    assert target.reached is False
    target = next(t for t in report.targets([result("50M", increment=1, full_build=10)]) if "Increment" in t.what)
    assert target.reached is True


def test_the_table_shows_what_did_not_survive():
    rows = {row[0]: row for row in report.rows(result("5M", grid=None, KPI_step=2, full_build=9))}
    assert "did not survive: time" in rows["grid"][2]
    assert rows["full build"][2] == "9.00 s"


@pytest.mark.skipif(not find_spec("matplotlib"), reason="matplotlib comes with make bench")
def test_results_are_written_as_a_page_with_a_chart(tmp_path):
    (tmp_path / "5M.json").write_text(json.dumps(result("5M", grid=None, KPI_step=2, full_build=9)))
    report.write_readme(tmp_path)
    assert "did not survive" in (tmp_path / "README.md").read_text()
    assert (tmp_path / "chart.svg").read_text().startswith("<?xml")


def test_the_results_that_are_kept_make_the_page_that_is_kept():
    assert report.page(report.load(RESULTS)) == (RESULTS / "README.md").read_text()


def test_the_measuring_process_imports_no_engine():
    """A child's peak memory starts at its parent's on Linux."""
    code = (
        "import sys; import benchmarks.run; sys.exit(str({'duckdb', 'pandas', 'polars', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr.strip() == "set()"


@pytest.fixture(scope="module")
def told(home):
    return run_size("story", home)


@pytest.mark.slow
def test_the_story_is_measured_against_dbt(told):
    assert set(told["measured"]) == {name for name, _, _ in report.ROWS if name.startswith("story")}
    assert "Publishing" in told["measured"]["story: small file"]["facts"]["steps"]
    assert python("benchmarks.dbt")[0] == sys.executable
