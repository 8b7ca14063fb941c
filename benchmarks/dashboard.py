"""How long the dashboard takes on many outlets: `python -m benchmarks.dashboard [OUTLETS] [WORKSPACE]`.

The marts are those of a published workspace, repeated under other numbers until there are so many outlets; what is
measured is each page's queries and script in a fresh process, and what a browser shows when.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.browser import EXECUTABLE, browser
from benchmarks.serving import served
from dashboard.serve import environment
from orchestration.publishing.generations import current
from orchestration.reports.shown import show
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import literal, name

OUTLETS = 200_000
ONCE = {"dim_states", "dim_dates", "dim_feeds", "dim_products", "rpt_cause_mix", "rpt_action_outcomes"}
TERRITORIES = 10  # copies share territories, as beats do
PAGES = ("", "portfolio", "map", "beats", "lists", "outlet", "feeds")
VISITS = 3


def repeat(source: Workspace, target: Workspace, outlets: int) -> int:
    """Write the source's newest generation over and over into another workspace; returns how many outlets it has."""
    manifest = current(source)
    if manifest is None:
        sys.exit(f"{source.published}: nothing is published yet; run `pulse run`")
    old = source.published / "generations" / manifest["generation"]
    new = target.published / "generations" / manifest["generation"]
    new.mkdir(parents=True)
    if (source.published / "history").exists():
        shutil.copytree(source.published / "history", target.published / "history")
    copies = -(-outlets // max(manifest["marts"]["dim_outlets"]["rows"], 1))
    with duckdb.connect() as connection:
        connection.execute(f"set temp_directory = {literal(target.home / 'spill')}")
        for mart, facts in manifest["marts"].items():
            _repeat(connection, old / facts["file"], new / facts["file"], 1 if mart in ONCE else copies)
        rows = connection.execute(f"select count(*) from {literal(new / 'dim_outlets.parquet')}").fetchall()[0][0]
    (new / "manifest.json").write_text(json.dumps(manifest))
    show(target, manifest)
    return rows


def _repeat(connection: duckdb.DuckDBPyConnection, old: Path, new: Path, copies: int) -> None:
    columns = connection.execute(f"describe select * from {literal(old)}").fetchall()
    told = []
    for column, kind, *_ in columns:
        if column.endswith("_id") and column not in ("product_id", "promotion_id"):
            told.append(f"case when {name(column)} = 'unknown' then 'unknown' else {name(column)} || '-' || copy end "
                        f"as {name(column)}")  # fmt: skip
        elif column == "territory":
            told.append(f"territory || ' ' || copy % {TERRITORIES} as territory")
        elif column == "cell_number" or (column == "rank" and kind == "INTEGER"):
            told.append(f"({name(column)} + copy)::{kind} as {name(column)}")
        elif column in ("latitude", "longitude"):
            told.append(f"{column} + 0.01 * (hash(copy, {column}) % 100) as {column}")
    changes = f" replace ({', '.join(told)})" if told else ""
    connection.execute(
        f"copy (select * exclude (copy){changes} from {literal(old)}, range({copies}) as copies(copy) order by all) "
        f"to {literal(new)} (format parquet, compression zstd)"
    )


def pages(home: Path, outlet: str) -> list[dict]:
    """Grain: page; its queries, their seconds, and the script's, in a process that has just started."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.dashboard_pages", outlet, *PAGES],
        env=environment(Workspace(home)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def paints(home: Path) -> list[dict]:
    """Grain: visit, the first on a server that has just started; seconds until something, then the figures, shows."""
    found = []
    with served(home) as address, tempfile.TemporaryDirectory() as downloads, browser(Path(downloads)) as tab:
        tab.size(1400, 1000)
        for visit in range(VISITS):
            tab.open("about:blank", settle=False)
            began = time.monotonic()
            tab.open(f"{address}/?language=en", settle=False)
            tab.until("document.querySelector('[data-testid=\"stMetricValue\"]')", "the figures")
            figures = time.monotonic() - began
            tab.settle()
            whole = time.monotonic() - began
            first = tab.run("performance.getEntriesByName('first-contentful-paint')[0]?.startTime / 1000")
            found.append({"visit": visit + 1, "first paint": first, "figures": figures, "whole page": whole})
    return found


def main() -> None:
    outlets = int(sys.argv[1]) if len(sys.argv) > 1 else OUTLETS
    source = Workspace(Path(sys.argv[2]).resolve()) if len(sys.argv) > 2 else Workspace.current()
    with tempfile.TemporaryDirectory() as folder:
        target = Workspace(Path(folder) / "workspace")
        rows = repeat(source, target, outlets)
        with duckdb.connect(str(target.published / "marts.duckdb"), read_only=True) as marts:
            outlet = marts.execute("select outlet_id from rpt_revival_worklist order by rank limit 1").fetchall()[0][0]
        print(f"{rows:,} outlets")
        print(f"{'page':<12}{'queries':>10}{'in queries':>14}{'whole script':>14}{'clicked again':>16}")
        for page in pages(target.home, outlet):
            print(
                f"{page['page']:<12}{page['queries']:>10}{page['seconds']:>12.2f} s{page['script']:>12.2f} s"
                f"{page['again']:>14.2f} s"
            )
        if EXECUTABLE is None:
            print("chromium is not here: the first paint was not measured")
            return
        print(f"{'visit':<12}{'first paint':>14}{'figures':>14}{'whole page':>14}")
        for paint in paints(target.home):
            print(f"{paint['visit']:<12}" + "".join(f"{paint[what]:>12.2f} s" for what in list(paint)[1:]))


if __name__ == "__main__":
    main()
