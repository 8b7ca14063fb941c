"""`make bench`: every contender at every size, one after the other; then the table, the chart and the targets."""

import argparse
import json
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from benchmarks.measure import ROOT, Measured, fastest, measure, python
from benchmarks.report import print_report, write_readme

RESULTS = Path(__file__).resolve().parent / "results"
GRID_SECONDS = 600
SCRIPT_SECONDS = 1800
FLOOR_RUNS = 3
# 3: finished, with quarantined rows; the story has some on purpose
FINISHED = (0, 3)
STEP = re.compile(r"^\s{2}(\S.{0,21}?)\s+([\d.]+) s$", re.MULTILINE)


class Disagreement(Exception):
    """Two contenders found different numbers, so their times cannot be compared."""


@dataclass
class Benchmark:
    """One size in its own folder, and what was measured."""

    size: str
    home: Path
    grid_every: int = 1
    measured: dict[str, dict[str, Any]] = field(default_factory=dict)
    agreed: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def workspace(self) -> Path:
        return self.home / "workspace"

    def keep(self, run: Measured) -> Measured:
        """Note a result, and show that the benchmark is alive."""
        facts = asdict(run)
        facts.pop("said")
        self.measured[run.name] = facts
        how = f"{run.seconds:9.2f} s {run.peak_mb:7,} MB" if run.survived else f"did not survive ({run.ended_by})"
        print(f"  {self.size:>5}  {run.name:<24}{how}", flush=True)
        return run

    def pulse(self, name: str, *arguments: str, home: Path | None = None) -> Measured:
        """A `pulse` command as a user gives it, with the seconds of its steps."""
        run = measure(
            name,
            python("orchestration.cli", *arguments),
            home=home or self.workspace,
            codes=FINISHED,
        )
        run.facts["steps"] = {title.strip(): float(seconds) for title, seconds in STEP.findall(run.said)}
        return run

    def ask(self, *question: object) -> dict[str, Any]:
        """Something that is not timed."""
        return measure("asked", python("benchmarks.agree", *question)).facts

    def agree(self, name: str, *question: object) -> None:
        """Stop where a contender's numbers differ from ours, or where nothing was compared."""
        found = self.ask(*question)
        if found["different"] or not found["compared"]:
            raise Disagreement(f"{self.size}: {name} against kpi_inactivity_daily: {found}")
        self.agreed[name] = found


def full_arguments() -> list[str]:
    """`pulse run --full` where this version has it; without a warehouse, a run is a full one anyway."""
    helped = subprocess.run(python("orchestration.cli", "run", "--help"), cwd=ROOT, capture_output=True, text=True)
    return ["run", "--full"] if "--full" in helped.stdout else ["run"]


def history(bench: Benchmark) -> None:
    """Deliveries of one size: landing, the floors, the full build, the KPI against the others, the increment."""
    shutil.rmtree(bench.home, ignore_errors=True)
    bench.home.mkdir(parents=True)
    workspace, landing, lake = bench.workspace, bench.workspace / "landing" / "bench", bench.workspace / "lake"
    measure("deliveries", python("benchmarks.data", workspace, bench.size))

    bench.keep(bench.pulse("landing", "land"))
    for compression in ("zstd", "snappy"):
        runs = [
            measure(f"copy {compression}", python("benchmarks.copy_rows", landing, compression))
            for _ in range(FLOOR_RUNS)
        ]
        bench.keep(fastest(runs))
    for spelling in ("rows", "promised"):
        runs = [measure(f"floor: {spelling}", python("benchmarks.floor", lake, spelling)) for _ in range(FLOOR_RUNS)]
        bench.keep(fastest(runs))

    bench.keep(bench.pulse("full build", *full_arguments()))
    warehouse = workspace / "warehouse.duckdb"
    _kpi(bench, warehouse)
    _grid(bench, warehouse)
    _scripts(bench, warehouse, lake)

    shutil.copyfile(workspace / "lines_last_day.parquet", landing / "lines_last_day.parquet")
    increment = bench.pulse("increment", "run")
    assert "Nothing new" not in increment.said, "the last day was not taken in"
    bench.keep(increment)
    again = bench.pulse("nothing new", "run")
    assert "Nothing new" in again.said and not again.facts["steps"], f"engines were started for nothing: {again.said}"
    bench.keep(again)


def _kpi(bench: Benchmark, warehouse: Path) -> None:
    target = bench.home / "compiled"
    dbt = {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(bench.home / "logs")}
    project = ["--project-dir", "dbt_project", "--profiles-dir", "dbt_project"]
    # as a full build, so that a model that is built on what was there before stands as a whole
    compile_all = [*python("benchmarks.dbt"), "--quiet", "compile", "--full-refresh", *project]
    measure("compiled", compile_all, home=bench.workspace, settings=dbt)
    for part, name in (("step", "KPI step"), ("lake", "lake to KPI")):
        run = measure(name, python("benchmarks.kpi_models", part, target / "manifest.json", warehouse, bench.home))
        bench.keep(run)


def _grid(bench: Benchmark, warehouse: Path) -> None:
    result = bench.home / "grid.duckdb"
    command = python("benchmarks.grid", warehouse, result, bench.grid_every)
    grid = bench.keep(measure("grid", command, seconds_limit=GRID_SECONDS))
    if grid.survived:
        bench.agree("grid", "grid", warehouse, result, bench.grid_every)


def _scripts(bench: Benchmark, warehouse: Path, lake: Path) -> None:
    day = bench.ask("vouched_day", warehouse)["day"]
    for library in ("pandas", "polars"):
        if not find_spec(library):
            print(f"  {bench.size:>5}  {library}: not installed, left out (make bench installs it)")
            continue
        answer = bench.home / f"{library}.parquet"
        command = python(f"benchmarks.with_{library}", lake, day, answer)
        run = bench.keep(measure(library, command, seconds_limit=SCRIPT_SECONDS, memory_limited=True))
        if run.survived:
            bench.agree(library, "script", warehouse, answer, day)


def story(bench: Benchmark) -> None:
    """One small new file on the story, against `dbt build` of the same project on the same warehouse."""
    shutil.rmtree(bench.home, ignore_errors=True)
    workspace = bench.workspace
    measure("story", python("orchestration.cli", "sample", "story"), home=workspace)
    # the newest lines of the feed that delivers daily, kept back until the first run is done
    newest = max((workspace / "landing" / "serra").glob("linhas_serra_*.jsonl"))
    lines = newest.read_text().splitlines(keepends=True)
    newest.write_text("".join(lines[:-20]))
    bench.keep(bench.pulse("story: first run", "run"))
    bench.keep(bench.pulse("story: full run", *full_arguments()))  # the second one: the project is parsed by now
    causes = measure("story: causes", python("benchmarks.causes", "run", "--full"), home=workspace)
    bench.measured["story: full run"]["facts"]["causes"] = causes.facts["causes"]
    small = newest.with_name(f"{newest.stem}_late.jsonl")
    small.write_text("".join(lines[-20:]))
    run = bench.pulse("story: small file", "run")
    assert "Nothing new" not in run.said, "the small file was not taken in"
    bench.keep(run)

    aside = bench.home / "aside"
    aside.mkdir()
    shutil.copyfile(workspace / "warehouse.duckdb", aside / "warehouse.duckdb")
    variables = json.dumps({"as_of_date": "", "reporting_currency": _reporting_currency(workspace)})
    build = [
        *python("benchmarks.dbt", "build"),
        *("--project-dir", "dbt_project", "--profiles-dir", "dbt_project", "--vars", variables),
        # pulse run leaves them out as well
        *("--exclude-resource-type", "unit_test"),
    ]
    settings = {"DBT_TARGET_PATH": str(aside / "target"), "DBT_LOG_PATH": str(aside / "logs")}
    (aside / "lake").symlink_to(workspace / "lake")
    (aside / "published").symlink_to(workspace / "published")  # what earlier publishes said; dbt only reads it
    # the first one parses the project; pulse has parsed it by now, so dbt may have as well
    runs = [measure("story: dbt build", build, home=aside, settings=settings) for _ in range(2)]
    bench.keep(fastest(runs))
    bench.keep(bench.pulse("story: nothing new", "run"))


def _reporting_currency(workspace: Path) -> str:
    settings = workspace / "pulse.yml"
    found = (
        re.search(r"^reporting_currency:\s*(\w+)", settings.read_text(), re.MULTILINE) if settings.exists() else None
    )
    return found.group(1) if found else ""


def run_size(size: str, home: Path, grid_every: int = 1) -> dict[str, Any]:
    """All of one size, as it is kept; `story` is a size of its own."""
    bench = Benchmark(size, home / size, grid_every)
    story(bench) if size == "story" else history(bench)
    return {
        "size": size,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe(home),
        "measured": bench.measured,
        "agreed": bench.agreed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "sizes", nargs="*", default=["1M", "5M"], help="tiny, 1M, 5M, 20M, 50M, 100M; `story`: it alone"
    )
    parser.add_argument("--home", type=Path, default=Path(__file__).resolve().parent / "workspace")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--grid-every", type=int, default=1, help="the grid on every n-th day only, scaled")
    parser.add_argument("--keep", action="store_true", help="keep the workspaces; at 100M they are some 20 GB")
    chosen = parser.parse_args()
    chosen.results.mkdir(parents=True, exist_ok=True)
    results = []
    for size in dict.fromkeys(["story", *chosen.sizes]):
        result = run_size(size, chosen.home.resolve(), chosen.grid_every)
        (chosen.results / f"{size}.json").write_text(json.dumps(result, indent=1) + "\n")
        results.append(result)
        if not chosen.keep:
            shutil.rmtree(chosen.home / size)
    write_readme(chosen.results)
    print_report(results)


if __name__ == "__main__":
    main()
