"""How well the lists find what the story planted: precision and recall of each, and the planted causes (`make score`).

The truth is read from story_truth, which the pipeline never sees; the lists from the published marts.
"""

import argparse
import csv
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

CAUSES = {
    "rep_left": "coverage",
    "stock_out": "stock_out",
    "poor_fill": "fill_rate",
    "no_promotion": "promotion_gap",
    "ordering_effort": "ordering_effort",
    "competitor": "competitor",
    "none": "unexplained",
}
MISSES = {
    "recoded": "goes on under a number that nobody has linked yet (rpt_link_proposals)",
    "moved_distributor": "goes on at another distributor, not linked yet (rpt_link_proposals)",
    "seasonal": "out of season; the worklist says when it came back last year, where it has seen a year",
    "silent": "fell silent within the month: the beginning of what the churn list will hold",
    "slow_goodbye": "fades all the time, and this month as well",
    "steady": "chance: few orders in one of the months",
    "new": "chance: it has ordered for two months only",
    "sales_drop": "the fall of its last month is smaller than the rule asks for",
    "one_order": "not to be told from others that stopped",
}


@dataclass(frozen=True)
class Truth:
    """What really is with an outlet on the business date."""

    outlet: str
    story: str
    cause: str
    note: str
    stopped: bool
    silent_days: int | None

    def has_stopped(self, least: int, below: int = 9999) -> bool:
        return self.stopped and self.silent_days is not None and least <= self.silent_days < below


@dataclass(frozen=True)
class Score:
    """One list against its truth; `wrong` and `missed` count outlets by story."""

    name: str
    listed: int
    right: int
    expected: int
    wrong: Counter
    missed: Counter

    @property
    def precision(self) -> float | None:
        return self.right / self.listed if self.listed else None

    @property
    def recall(self) -> float | None:
        return self.right / self.expected if self.expected else None


# what each list is for; the days are those of the rules as they are delivered
LISTS: dict[str, Callable[[Truth], bool]] = {
    "rpt_about_to_churn": lambda truth: truth.has_stopped(30, 60),
    "rpt_almost_inactive": lambda truth: truth.has_stopped(46, 60),
    "rpt_lost": lambda truth: truth.has_stopped(180),
    "rpt_sales_drop": lambda truth: truth.story == "sales_drop",
    "rpt_order_drop": lambda truth: truth.story == "sales_drop" and truth.note == "fewer orders",
    "rpt_slow_goodbye": lambda truth: truth.story == "slow_goodbye" and not truth.has_stopped(30),
    "rpt_second_order_watch": lambda truth: truth.story == "one_order" and not truth.has_stopped(180),
    "rpt_revival_worklist, rpt_prune_candidates": lambda truth: truth.story == "never_ordered" or truth.has_stopped(30),
}


def truths(home: Path, as_of: date) -> dict[str, Truth]:
    """Outlets by outlet_id, without those whose distributor has not delivered: of them nobody can know."""
    with (home / "story_truth" / "distributors.csv").open(encoding="utf-8") as file:
        late = {(row["feed"], row["distributor"]) for row in csv.DictReader(file) if row["late"] == "True"}
    found = {}
    with (home / "story_truth" / "outlets.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if (row["feed"], row["distributor"]) in late:
                continue
            last = date.fromisoformat(row["last_order"]) if row["last_order"] else None
            # one that goes on elsewhere, is closed, waits for its season or for supply has not stopped
            leaves = row["story"] in ("silent", "slow_goodbye", "one_order")
            outlet = f"{row['feed']}:{row['outlet']}"
            found[outlet] = Truth(
                outlet=outlet,
                story=row["story"],
                cause=row["cause"],
                note=row["note"],
                stopped=leaves and bool(row["silent_from"]) and not row["returned_on"],
                silent_days=(as_of - last).days if last else None,
            )
    return found


def scores(home: Path) -> tuple[list[Score], Counter]:
    """Each list against the truth, and how often which first cause was found for each planted one."""
    with duckdb.connect(str(home / "published" / "marts.duckdb"), read_only=True) as marts:
        ((as_of,),) = marts.execute("select max(date_day) from dim_dates").fetchall()
        truth = truths(home, as_of)
        found = []
        for names, belongs in LISTS.items():
            listed = {
                outlet
                for name in names.split(", ")
                for (outlet,) in marts.execute(f"select outlet_id from {name}").fetchall()
                if outlet in truth
            }
            expected = {outlet for outlet, facts in truth.items() if belongs(facts)}
            found.append(
                Score(
                    name=names.replace(", ", " and "),
                    listed=len(listed),
                    right=len(listed & expected),
                    expected=len(expected),
                    wrong=Counter(truth[outlet].story for outlet in listed - expected),
                    missed=Counter(truth[outlet].story for outlet in expected - listed),
                )
            )
        first = dict(
            marts.execute("select outlet_id, cause from rpt_inactivity_causes where cause_rank = 1").fetchall()
        )
    told = Counter(
        (facts.cause, first[outlet]) for outlet, facts in truth.items() if facts.story == "silent" and outlet in first
    )
    return found, told


def show(console: Console, found: list[Score], told: Counter) -> None:
    """Two tables, and why what is not right is not."""
    table = Table(title="Lists against the story's truth", title_justify="left")
    for heading in ("list", "listed", "should be", "right", "precision", "recall", "not right"):
        table.add_column(heading, justify="left" if heading in ("list", "not right") else "right")
    for score in found:
        misses = [f"{count} {story} listed" for story, count in score.wrong.most_common()]
        misses += [f"{count} {story} missed" for story, count in score.missed.most_common()]
        shares = [f"{share:.0%}" if share is not None else "" for share in (score.precision, score.recall)]
        counts = map(str, (score.listed, score.expected, score.right))
        table.add_row(score.name, *counts, *shares, ", ".join(misses))
    console.print(table)
    table = Table(title="First cause of outlets that fell silent", title_justify="left")
    for heading in ("planted", "outlets", "found first", "share", "else"):
        table.add_column(heading, justify="left" if heading in ("planted", "else") else "right")
    for planted, cause in CAUSES.items():
        by_cause = Counter({found_cause: n for (what, found_cause), n in told.items() if what == planted})
        outlets, right = sum(by_cause.values()), by_cause.pop(cause, 0)
        others = ", ".join(f"{n} {other}" for other, n in by_cause.most_common())
        table.add_row(planted, str(outlets), str(right), f"{right / outlets:.0%}" if outlets else "", others)
    with_cause = sum(n for (planted, _), n in told.items() if planted != "none")
    first = sum(n for (planted, found_cause), n in told.items() if planted != "none" and CAUSES[planted] == found_cause)
    table.add_row("any but none", str(with_cause), str(first), f"{first / with_cause:.0%}" if with_cause else "", "")
    console.print(table)
    for story in sorted({story for score in found for story in (*score.wrong, *score.missed)}):
        console.print(f"{story}: {MISSES.get(story, 'not explained')}", highlight=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("PULSE_HOME") or "workspace"))
    show(Console(width=150), *scores(parser.parse_args().home))


if __name__ == "__main__":
    main()
