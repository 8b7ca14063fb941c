"""The whole way on a cluster of one and of two workers: seconds, what was shuffled, and how even the work was.

`python -m benchmarks.on_spark 5M 20M:2` writes results/spark.json and prints its table: 5M lines on two workers and on
one, 20M on two. `--table` prints the table alone, `--plan 10000 10` what ten thousand million lines of ten million
outlets would take.
Workers have one core each; on a machine of two cores the driver and the checks share them.
"""

import json
import os
import re
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cluster import cluster
from benchmarks.data import SIZES
from benchmarks.machine import describe
from benchmarks.measure import measure, python
from benchmarks.run import FINISHED, RESULTS, STEP

STORED = RESULTS / "spark.json"
MEMORY = "6g"
SWEEP = {"int_outlet_activity_intervals", "int_outlets_placed", "fct_cell_inactivity"}
FILE, TASK, BUSY = 256e6, 128e6, 0.7
MAKES = re.compile(r"CreateDataSourceTableAsSelectCommand\s+Arguments: .*`(\w+)`", re.MULTILINE)
SCRATCH = Path(os.environ.get("PULSE_BENCH_HOME") or tempfile.gettempdir()) / "pulse-on-spark"


def events(folder: Path) -> Iterator[dict]:
    for file in folder.rglob("*"):
        if file.is_file() and not file.name.startswith("."):
            with file.open() as lines:
                for line in lines:
                    try:
                        yield json.loads(line)
                    except ValueError:  # the last line of a log that was not closed
                        continue


def told(folder: Path) -> dict[str, Any]:
    """Sums over all tasks; the long stage whose longest task stands out most against its median, and its table."""
    tables: dict[int, str] = {}
    executions: dict[int, int] = {}
    seconds: dict[int, list[float]] = defaultdict(list)
    written: dict[int, int] = defaultdict(int)
    spilled = 0
    for event in events(folder):
        kind = event.get("Event", "").rsplit(".", 1)[-1]
        if kind == "SparkListenerSQLExecutionStart":
            if makes := MAKES.search(event["physicalPlanDescription"]):
                tables[event["executionId"]] = makes[1]
        elif kind == "SparkListenerStageSubmitted":
            execution = event["Properties"].get("spark.sql.execution.root.id", -1)
            executions[event["Stage Info"]["Stage ID"]] = int(execution)
        elif kind == "SparkListenerTaskEnd":
            metrics, stage = event.get("Task Metrics") or {}, event["Stage ID"]
            seconds[stage].append(metrics.get("Executor Run Time", 0) / 1000)
            written[stage] += (metrics.get("Shuffle Write Metrics") or {}).get("Shuffle Bytes Written", 0)
            spilled += metrics.get("Disk Bytes Spilled", 0)

    def table(stage: int) -> str:
        return tables.get(executions.get(stage, -1), "a check")

    by_table: dict[str, float] = defaultdict(float)
    for stage, tasks in seconds.items():
        by_table[table(stage)] += sum(tasks)
    uneven = {
        stage: max(tasks) / statistics.median(tasks)
        for stage, tasks in seconds.items()
        if len(tasks) > 3 and max(tasks) > 1
    }
    most = max(uneven, key=uneven.__getitem__, default=-1)
    heaviest = sorted(by_table, key=by_table.__getitem__, reverse=True)[:10]
    return {
        "task_seconds": round(sum(map(sum, seconds.values())), 1),
        "tasks": sum(map(len, seconds.values())),
        "shuffle_bytes": sum(written.values()),
        "largest_shuffle_bytes": max(written.values(), default=0),
        "spilled_bytes": spilled,
        "skew": round(uneven.get(most, 1.0), 1),
        "skew_in": table(most),
        "task_seconds_of": {name: round(by_table[name], 1) for name in heaviest},
    }


def sweep_seconds(home: Path) -> float:
    """Seconds of the models between the order days' inputs and the KPI, as the run told Dagster."""
    command = python("benchmarks.on_spark", "--sweep", home)
    return measure("asked", command).seconds


def _sweep(home: Path) -> None:
    os.environ["DAGSTER_HOME"] = str(home / "dagster")
    import dagster as dg

    from benchmarks.measure import say

    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs(limit=1)
        logs = instance.all_logs(run.run_id, of_type={dg.DagsterEventType.ASSET_MATERIALIZATION})
        found = 0.0
        for log in logs:
            made = log.get_dagster_event().step_materialization_data.materialization
            if made.asset_key.path[-1] in SWEEP and "seconds" in made.metadata:
                found += made.metadata["seconds"].value  # type: ignore[operator]
    say(seconds=round(found, 1))


def one(size: str, workers: int) -> dict:
    shutil.rmtree(SCRATCH, ignore_errors=True)
    workspace, log = SCRATCH / "workspace", SCRATCH / "events"
    for folder in (workspace, log):
        folder.mkdir(parents=True)
    measure("deliveries", python("benchmarks.data", workspace, size))
    measure("land", python("orchestration.cli", "land"), home=workspace, codes=FINISHED)
    more = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": f"file://{log}",
        "spark.sql.shuffle.partitions": "16",
    }
    with cluster(SCRATCH, workers, memory=MEMORY, more=more) as made:
        command = python("orchestration.cli", "run")
        run = measure(f"spark, {workers}", command, home=workspace, settings=made.settings, codes=FINISHED)
    steps = {title.strip(): float(seconds) for title, seconds in STEP.findall(run.said)}
    return {
        "size": size,
        "workers": workers,
        "seconds": round(run.seconds, 1),
        "sweep_seconds": sweep_seconds(workspace),
        "steps": steps,
        **told(log),
        "tables_bytes": sum(file.stat().st_size for file in (workspace / "spark" / "tables").rglob("*.parquet")),
        "lake_bytes": sum(file.stat().st_size for file in (workspace / "lake").rglob("*.parquet")),
    }


def table(stored: dict) -> str:
    lines = [
        "| lines | outlets | workers | whole run | the sweep | task time | shuffled | spilled | longest / median task "
        "| tables |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for run in stored["runs"]:
        cells = [
            run["size"],
            f"{SIZES[run['size']].outlets:,}",
            run["workers"],
            f"{run['seconds']:,.0f} s",
            f"{run['sweep_seconds']:,.0f} s",
            f"{run['task_seconds']:,.0f} s",
            f"{run['shuffle_bytes'] / 1e9:.2f} GB",
            f"{run['spilled_bytes'] / 1e9:.2f} GB",
            f"{run['skew']:.1f}, {run['skew_in']}",
            f"{run['tables_bytes'] / 1e9:.2f} GB",
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def plan(stored: dict, lines: float, outlets: float) -> str:
    """What a history of so many million lines and outlets would take: a base, a share by lines and one by outlets.

    Drawn from the runs on one worker: two workers and the driver share two cores, so that tasks wait for each other
    and their time counts the waiting.
    """
    runs = sorted((run for run in stored["runs"] if run["workers"] == 1), key=_millions)
    assert len(runs) > 2, "a base and two shares want three sizes on one worker"
    sizes = np.array([[1, _millions(run), SIZES[run["size"]].outlets / 1e6] for run in runs])

    def at(measure: str) -> float:
        shares, *_ = np.linalg.lstsq(sizes, np.array([run[measure] for run in runs]), rcond=None)
        return float(shares @ [1, lines, outlets])

    hours, shuffled, largest = at("task_seconds") / 3600, at("shuffle_bytes"), at("largest_shuffle_bytes")
    lake, tables = at("lake_bytes"), at("tables_bytes")
    return "\n".join(
        [
            f"| from {', '.join(run['size'] for run in runs)} lines to | {lines:,.0f}M lines, {outlets:g}M outlets |",
            "|---|---:|",
            f"| lake, in files of 256 MB | {lake / 1e9:,.0f} GB, {lake / FILE:,.0f} files |",
            f"| tables of one build | {tables / 1e9:,.0f} GB |",
            f"| shuffled in one build | {shuffled / 1e12:,.1f} TB |",
            f"| largest single shuffle, in tasks of 128 MB | {largest / 1e9:,.0f} GB, {largest / TASK:,.0f} tasks |",
            f"| task time | {hours:,.0f} core-hours |",
            f"| nodes of 16 cores and 64 GB, {BUSY:.0%} busy, for a build of 4 hours | {hours / 4 / 16 / BUSY:,.0f} |",
            f"| cost of a build | {hours / 16 / BUSY:,.0f} node-hours |",
        ]
    )


def _millions(run: dict) -> float:
    return SIZES[run["size"]].lines / 1e6


def main(asked: list[str]) -> None:
    stored = json.loads(STORED.read_text()) if STORED.exists() else {"runs": []}
    for size, _, only in (each.partition(":") for each in asked):
        for workers in [int(only)] if only else [2, 1]:
            run = one(size, workers)
            stored["runs"] = [r for r in stored["runs"] if (r["size"], r["workers"]) != (size, workers)] + [run]
            stored["runs"].sort(key=lambda r: (_millions(r), r["workers"]))
            stored["machine"] = describe(SCRATCH)
            STORED.write_text(json.dumps(stored, indent=1) + "\n")
            print(table(stored), flush=True)
    shutil.rmtree(SCRATCH, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1] == "--sweep":
        _sweep(Path(sys.argv[2]))
    elif sys.argv[1] == "--plan":
        print(plan(json.loads(STORED.read_text()), *map(float, sys.argv[2:])))
    elif sys.argv[1] == "--table":
        print(table(json.loads(STORED.read_text())))
    else:
        main(sys.argv[1:])
