"""The results as a table, as bars, as a chart, and as the list of what must be reached."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

Result = dict[str, Any]
ORDER = ("tiny", "1M", "5M", "20M", "50M", "100M", "story")
# name, what it does, what it is compared with
ROWS = (
    ("landing", "pulse land, all deliveries but the last day", "copy zstd"),
    ("copy zstd", "DuckDB COPY of the same files, zstd", ""),
    ("copy snappy", "DuckDB COPY of the same files, default compression", ""),
    ("floor: rows", "lake to outlet-days: count and sum", ""),
    ("floor: promised", "lake to outlet-days: the columns of fct_outlet_order_days", ""),
    ("full build", "pulse run: lake to published, all marts and checks", "floor: promised"),
    ("increment", "pulse run: the last day's file, 5% of it late", "full build"),
    ("nothing new", "pulse run: nothing has come", ""),
    ("KPI step", "the models that the grid replaces: every day, all windows, all cells", ""),
    ("grid", "outlets x days in SQL: the same counts", "KPI step"),
    ("lake to KPI", "all models from the lake to the KPI of every day", ""),
    ("pandas", "lake to the KPI of one date", "lake to KPI"),
    ("polars", "lake to the KPI of one date", "lake to KPI"),
    ("story: first run", "pulse run: the story, from its files", ""),
    ("story: full run", "pulse run --full: the second of two runs", "story: dbt build"),
    ("story: small file", "pulse run: 20 new lines on the story", "story: dbt build"),
    ("story: dbt build", "dbt build by command line, the same project and warehouse", ""),
    ("story: nothing new", "pulse run: nothing has come", ""),
)
HEADS = ("contender", "what", "time", "processor", "peak memory", "ratio of times")


@dataclass(frozen=True)
class Target:
    """A thing that must be reached. `reached` is None where no run could tell."""

    what: str
    wanted: str
    reached: bool | None
    found: str


def load(folder: Path) -> list[Result]:
    """All kept results, small sizes first; Spark's are a table of their own."""
    kept = (folder / f"{size}.json" for size in ORDER)
    return [json.loads(path.read_text()) for path in kept if path.exists()]


def seconds(result: Result, name: str) -> float | None:
    """What a contender took, scaled to all days where the grid saw a part of them; None where it did not survive."""
    run = result["measured"].get(name)
    if run is None or not run["survived"]:
        return None
    return run["seconds"] * run["facts"].get("every", 1)


def ratio(result: Result, name: str, to: str) -> float | None:
    """How many times as long."""
    above, below = seconds(result, name), seconds(result, to)
    return None if above is None or not below else above / below


def rows(result: Result) -> Iterator[tuple[str, ...]]:
    """Contender, what it does, its time, processor time, peak memory and ratio, as text."""
    for name, does, to in ROWS:
        run = result["measured"].get(name)
        if run is None:
            continue
        took = seconds(result, name)
        every = run["facts"].get("every", 1)
        if took is None:
            time, of = f"did not survive: {run['ended_by']} after {run['wall_seconds']:,.0f} s", ""
        else:
            time = f"{took:,.2f} s" + (f" (every {every}th day, scaled)" if every > 1 else "")
            times = ratio(result, name, to) if to else None
            of = "" if times is None else f"{times:,.2f} x {to}"
        yield name, does, time, f"{run['cpu_seconds']:,.2f} s", f"{run['peak_mb']:,} MB", of


def targets(results: list[Result]) -> list[Target]:
    """The list of issue 3, with what the runs found; the largest size speaks where the list names none."""
    by_size = {result["size"]: result for result in results}
    histories = [result for result in results if result["size"] != "story"]
    largest = histories[-1] if histories else None
    fifty, hundred, told = by_size.get("50M"), by_size.get("100M"), by_size.get("story")

    def at_fifty(what: str, times: float, name: str, to: str) -> Target:
        target = _at_most(f"{what}, 50M", times, fifty, name, to)
        # what a smaller size says is shown and not judged
        found = ratio(largest, name, to) if largest and target.reached is None else None
        said = f"not measured; {found:.2f} x at {largest['size']}" if largest and found else target.found
        return Target(target.what, target.wanted, target.reached, said)

    return [
        _at_least("KPI step, every day: faster than the grid", 20, largest, "grid", "KPI step"),
        at_fifty("Full build against the floor with the promised columns", 8, "full build", "floor: promised"),
        at_fifty("Full build against the floor of count and sum", 8, "full build", "floor: rows"),
        _peak("Full build, peak memory, 50M", 6 * 1024, fifty),
        _growth(fifty, hundred),
        _at_most("Landing against a plain COPY (zstd)", 3, largest, "landing", "copy zstd"),
        _at_most("Landing against a plain COPY (default compression)", 3, largest, "landing", "copy snappy"),
        at_fifty("Increment of a day against the full build", 0.1, "increment", "full build"),
        _within("Nothing new", 2, largest, "nothing new"),
        _within("Nothing new on the story", 2, told, "story: nothing new"),
        _at_most("One small file on the story against dbt build", 3, told, "story: small file", "story: dbt build"),
        _processor("pulse run --full on the story, the second of two", 28, told, "story: full run"),
        _processor("the same, above the bare dbt build beside it", 12, told, "story: full run", "story: dbt build"),
        _processor("Twenty new lines on the story", 28, told, "story: small file"),
        _processor("Nothing new on the story", 1.5, told, "story: nothing new"),
        *(_faster(library, histories) for library in ("pandas", "polars")),
    ]


def _missing(what: str, wanted: str) -> Target:
    return Target(what, wanted, None, "not measured")


def _at_least(what: str, times: float, result: Result | None, slow: str, fast: str) -> Target:
    wanted = f"at least {times:g} x"
    if result is None or slow not in result["measured"] or fast not in result["measured"]:
        return _missing(what, wanted)
    found = ratio(result, slow, fast)
    if found is None:  # the slow one was ended, so it is at least as slow as that
        run = result["measured"][slow]
        least = run["wall_seconds"] / (seconds(result, fast) or 1)
        reached = True if least >= times else None
        return Target(what, wanted, reached, f"more than {least:.1f} x at {result['size']}: ended by {run['ended_by']}")
    return Target(what, wanted, found >= times, f"{found:.1f} x at {result['size']}")


def _at_most(what: str, times: float, result: Result | None, name: str, to: str) -> Target:
    wanted = f"at most {times:g} x"
    found = ratio(result, name, to) if result else None
    if result is None or found is None:
        return _missing(what, wanted)
    return Target(what, wanted, found <= times, f"{found:.2f} x at {result['size']}")


def _within(what: str, limit: float, result: Result | None, name: str) -> Target:
    wanted = f"at most {limit:g} s"
    found = seconds(result, name) if result else None
    if result is None or found is None:
        return _missing(what, wanted)
    return Target(what, wanted, found <= limit, f"{found:.2f} s at {result['size']}")


def _processor(what: str, limit: float, result: Result | None, name: str, above: str = "") -> Target:
    """Processor seconds, of all cores; `above` another contender's where it is named."""
    wanted = f"at most {limit:g} processor seconds"
    measured = result["measured"] if result else {}
    if name not in measured or (above and above not in measured):
        return _missing(what, wanted)
    found = measured[name]["cpu_seconds"] - (measured[above]["cpu_seconds"] if above else 0)
    return Target(what, wanted, found <= limit, f"{found:.1f} s")


def _peak(what: str, limit_mb: int, result: Result | None) -> Target:
    wanted = f"under {limit_mb:,} MB"
    if result is None or "full build" not in result["measured"]:
        return _missing(what, wanted)
    found = result["measured"]["full build"]["peak_mb"]
    return Target(what, wanted, found < limit_mb, f"{found:,} MB")


def _growth(fifty: Result | None, hundred: Result | None) -> Target:
    what, wanted = "Full build, 100M against 50M", "at most 2.2 x"
    small = seconds(fifty, "full build") if fifty else None
    large = seconds(hundred, "full build") if hundred else None
    if small is None or large is None:
        return _missing(what, wanted)
    return Target(what, wanted, large / small <= 2.2, f"{large / small:.2f} x")


def _faster(library: str, results: list[Result]) -> Target:
    what = f"Every day of the KPI from the lake, faster than one date in {library}, at every size that it survives"
    times = {result["size"]: ratio(result, library, "lake to KPI") for result in results}
    found = {size: value for size, value in times.items() if value is not None}
    if not found:
        return _missing(what, "at least 1 x")
    days = {result["size"]: result["measured"]["lake to KPI"]["facts"].get("days", 1) for result in results}
    said = ", ".join(f"{value:.2f} x at {size} ({value * days[size]:,.0f} x a date)" for size, value in found.items())
    return Target(what, "at least 1 x", all(value > 1 for value in found.values()), said)


def print_report(results: list[Result]) -> None:
    """Tables, bars and targets on the terminal."""
    console = Console(width=None if sys.stdout.isatty() else 150)
    for result in results:
        table = Table(title=f"{result['size']}", title_justify="left")
        for head in HEADS:
            table.add_column(head, justify="right" if head in HEADS[2:] else "left")
        for row in rows(result):
            table.add_row(*row)
        console.print(table)
        _print_bars(console, result)
    table = Table(title="Must reach", title_justify="left")
    for head in ("what", "target", "reached", ""):
        table.add_column(head)
    for target in targets(results):
        table.add_row(target.what, target.wanted, target.found, _word(target))
    console.print(table)


def _word(target: Target) -> str:
    return "not measured" if target.reached is None else "yes" if target.reached else "no"


def _print_bars(console: Console, result: Result, width: int = 60) -> None:
    took = {name: value for name, _, _ in ROWS if (value := seconds(result, name)) is not None}
    longest = max(took.values())
    for name, value in took.items():
        console.print(f"  {name:<20}{value:10,.2f} s  {'█' * max(1, round(width * value / longest))}", highlight=False)
    console.print()


def write_readme(folder: Path) -> None:
    """README.md of the results, from all that are kept there, with the chart beside it."""
    results = load(folder)
    draw(results, folder / "chart.svg")
    (folder / "README.md").write_text(page(results))


def page(results: list[Result]) -> str:
    """The text of the results' README."""
    lines = [
        "# Results",
        "",
        "Written by `make bench` from the JSON files of this folder; what is measured and why is in",
        "[the folder above](../README.md). Each size keeps its newest run.",
        "",
        "![Seconds by contender and size](chart.svg)",
        "",
        "## Must reach",
        "",
        "| what | target | reached | |",
        "|---|---|---|---|",
        *(f"| {t.what} | {t.wanted} | {t.found} | {_word(t)} |" for t in targets(results)),
    ]
    for result in results:
        machine = ", ".join(f"{name}: {value}" for name, value in result["machine"].items())
        lines += [
            "",
            f"## {result['size']}",
            "",
            f"{result['measured_at']}. {machine}.",
            "",
            f"| {' | '.join(HEADS)} |",
            "|---|---|---:|---:|---:|---:|",
            *(f"| {' | '.join(row)} |" for row in rows(result)),
            *_steps(result),
            *_agreed(result),
        ]
    return "\n".join(lines) + "\n"


def _steps(result: Result) -> Iterator[str]:
    for name, run in result["measured"].items():
        for kind, unit in (("steps", "Steps"), ("models", "Models"), ("causes", "Processor seconds by cause")):
            if found := run["facts"].get(kind):
                yield ""
                longest = sorted(found.items(), key=lambda item: -item[1])[:8]
                yield (
                    f"{unit} of {name}, the longest: "
                    + ", ".join(f"{part} {took:.1f} s" for part, took in longest)
                    + "."
                )


def _agreed(result: Result) -> Iterator[str]:
    if result["agreed"]:
        yield ""
        yield (
            "Numbers compared with `kpi_inactivity_daily` and found equal: "
            + ", ".join(f"{name} {found['compared']:,}" for name, found in result["agreed"].items())
            + "."
        )


def draw(results: list[Result], path: Path) -> None:
    """Bars on a logarithmic scale, a panel for each size."""
    import matplotlib

    matplotlib.use("svg")
    # the same results give the same file
    matplotlib.rcParams["svg.hashsalt"] = "outlet-pulse"
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(
        len(results), 1, figsize=(9, 0.6 + 3.4 * len(results)), squeeze=False, layout="constrained"
    )
    for panel, result in zip(panels[:, 0], results, strict=True):
        took = [(name, value) for name, _, _ in ROWS if (value := seconds(result, name)) is not None]
        names = [name for name, _ in reversed(took)]
        values = [value for _, value in reversed(took)]
        bars = panel.barh(names, values, color="#4c78a8")
        panel.bar_label(bars, [f"{value:,.2f} s" for value in values], padding=3, fontsize=8)
        panel.set_xscale("log")
        panel.margins(x=0.25)
        panel.set_title(f"{result['size']}: seconds, logarithmic", loc="left", fontsize=10)
        panel.tick_params(labelsize=8)
        panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
