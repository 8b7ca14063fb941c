"""The story's truth against what the pipeline made of its files."""

import csv
import shutil
from datetime import date

import duckdb
import pytest

from examples.story.generate import generate
from tests.conftest import Pulse


def test_last_orders_are_the_true_ones(story):
    """Three zones and both clock changes, four formats, late, corrected, cancelled and returned orders."""
    with (story.home / "story_truth" / "outlets.csv").open(encoding="utf-8") as file:
        truth = {f"{row['feed']}:{row['outlet']}": row for row in csv.DictReader(file)}
    found = dict(
        (outlet, (last, orders))
        for outlet, last, orders in story.ask("select outlet_id, last_order_date, lifetime_orders from dim_outlets")
    )
    expected = {
        outlet: (date.fromisoformat(row["last_order"]) if row["last_order"] else None, int(row["orders"]))
        for outlet, row in truth.items()
        if row["in_master"] == "True" or row["last_order"]
    }
    assert found == expected


def test_the_latest_version_of_an_order_wins(story):
    """A tenth of the first amount is the corrected one, so no outlet may keep the tenfold."""
    with (story.home / "landing" / "nusantara" / "pesanan_koreksi.csv").open() as file:
        fixes = {f"nusantara:{row['no_pesanan']}": row["nilai"] for row in csv.DictReader(file, delimiter=";")}
    with duckdb.connect(str(story.home / "warehouse.duckdb"), read_only=True) as warehouse:
        amounts = dict(
            warehouse.execute(
                "select order_id, source_net_amount from intermediate.int_orders_unioned "
                "where list_contains(?, order_id)",
                [list(fixes)],
            ).fetchall()
        )
    assert fixes
    assert {k: f"{v:.2f}" for k, v in amounts.items()} == {
        k: v.replace(".", "").replace(",", ".") for k, v in fixes.items()
    }


def test_flaws_of_the_files_are_found_exactly(story):
    """Spoilt rows are quarantined, repeated rows dropped, the file that came twice read once."""
    with (story.home / "story_truth" / "feeds.csv").open(encoding="utf-8") as file:
        told = {row["feed"]: (int(row["spoilt_rows"]), int(row["repeated_rows"])) for row in csv.DictReader(file)}
    with duckdb.connect() as connection:
        found = {
            feed: (quarantined, duplicate)
            for feed, quarantined, duplicate in connection.execute(
                "select feed, sum(rows_quarantined)::int, sum(rows_duplicate)::int "
                f"from read_parquet('{story.home}/lake/files/*.parquet') group by feed"
            ).fetchall()
        }
    assert found == told


def test_watermarks_are_the_true_ones(story):
    """Of a feed: the newest of its distributors'."""
    with (story.home / "story_truth" / "distributors.csv").open(encoding="utf-8") as file:
        told: dict[str, str] = {}
        for row in csv.DictReader(file):
            told[row["feed"]] = max(told.get(row["feed"], ""), row["watermark"])
    found = dict(story.ask("select feed, max(feed_watermark)::varchar from dim_distributors group by feed"))
    assert {feed: found[feed] for feed in told} == told


def test_same_seed_same_files(tmp_path):
    for name in ("one", "two"):
        generate(tmp_path / name, outlets=30, days=90, seed=3)
    files = {p.relative_to(tmp_path / "one"): p.read_bytes() for p in (tmp_path / "one").rglob("*") if p.is_file()}
    assert files
    assert all((tmp_path / "two" / name).read_bytes() == data for name, data in files.items())


def truth(story, name="outlets") -> list[dict]:
    with (story.home / "story_truth" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def lapsed(story) -> set[str]:
    """Outlets that the KPI counts as lapsed in any window, or that any ladder calls inactive or lost."""
    with duckdb.connect(str(story.home / "warehouse.duckdb"), read_only=True) as warehouse:
        counted = warehouse.execute("select outlet_id from intermediate.int_outlets_lapsed").fetchall()
    called = story.ask(
        "select outlet_id from fct_outlet_states cross join (select max(date_day) as today from dim_dates) "
        "where state in ('inactive', 'lost') and today >= valid_from and today < valid_to"
    )
    return {outlet for (outlet,) in counted + called}


def numbers(rows: list[dict], name: str = "outlet") -> set[str]:
    return {f"{row['feed']}:{row[name]}" for row in rows if row[name]}


def test_closed_outlets_do_not_count_as_lapsed(story):
    closed = [row for row in truth(story) if row["story"] == "closed"]
    assert closed and not numbers(closed) & lapsed(story)


@pytest.mark.fault("I12", "I13")
def test_outlets_of_a_late_distributor_do_not_count_as_lapsed(story):
    late = {(row["feed"], row["distributor"]) for row in truth(story, "distributors") if row["late"] == "True"}
    starved = [row for row in truth(story) if (row["feed"], row["distributor"]) in late]
    assert starved and not numbers(starved) & lapsed(story)
    assert story.ask("select sum(outlets) > 0 from rpt_false_churn where kind = 'late_feed'") == [(True,)]


@pytest.mark.fault("I12")
def test_only_the_hole_makes_no_steady_outlet_lapse_for_certain(story):
    """Steady outlets of a rhythm well below the window, whose orders fell into the hole."""
    (hole,) = story.ask("select feed, hole_from, hole_to from fct_feed_holes")
    told = [row for row in truth(story, "feeds") if row["hole_from"]]
    assert [row["feed"] for row in told] == [hole[0]]
    starved = [
        row
        for row in truth(story)
        if row["feed"] == hole[0]
        and row["story"] == "steady"
        and int(row["unseen_orders"]) > 0
        and int(row["cycle_days"]) <= 14
    ]
    with duckdb.connect(str(story.home / "warehouse.duckdb"), read_only=True) as warehouse:
        certain = warehouse.execute(
            "select outlet_id from intermediate.int_outlet_activity_intervals where status = 'lapsed' "
            "and not is_doubtful and valid_from - window_days <= ? and valid_to > ?",
            [hole[2], hole[1]],
        ).fetchall()
    assert starved and not numbers(starved) & {outlet for (outlet,) in certain}


def test_numbers_that_name_their_parent_count_as_one(story):
    known = [row for row in truth(story) if row["replaces"] and row["parent_known"] == "True"]
    links = dict(story.ask("select outlet_id, counted_outlet_id from dim_outlet_links"))
    assert known and links == {f"{row['feed']}:{row['replaces']}": f"{row['feed']}:{row['outlet']}" for row in known}
    assert not numbers(known, "replaces") & lapsed(story)


REVIEW = """
feed: review
description: Links between numbers that a person reviewed.
time_zone: UTC
currency: USD
delivers: monthly
entities:
  outlet_links:
    files: "links*.csv"
    columns: {outlet_id: outlet_id, replaced_by_outlet_id: replaced_by, kind: kind, reviewed_by: reviewed_by}
"""


@pytest.mark.fault("I11")
def test_numbers_that_name_nobody_are_proposed_and_count_as_one_once_reviewed(story, tmp_path):
    """Re-coded ones whose parent the feed does not name, and those that went to another distributor."""
    unknown = [row for row in truth(story) if row["replaces"] and row["parent_known"] == "False"]
    true_links = {f"{row['feed']}:{row['replaces']}": f"{row['feed']}:{row['outlet']}" for row in unknown}
    proposals = {
        outlet: (goes_on_as, kind)
        for outlet, goes_on_as, kind in story.ask(
            "select outlet_id, goes_on_as_outlet_id, kind from rpt_link_proposals"
        )
    }
    assert len(true_links) >= 2
    assert {outlet: goes_on_as for outlet, (goes_on_as, _) in proposals.items()} == true_links
    moved = numbers([row for row in truth(story) if row["story"] == "moved_distributor"])
    assert {outlet for outlet, (_, kind) in proposals.items() if kind == "moved_distributor"} == moved

    reviewed = Pulse(tmp_path / "workspace")
    shutil.copytree(story.home, reviewed.home, symlinks=True)
    reviewed.feed("review", REVIEW)
    wrong, *right = sorted(true_links)
    reviewed.deliver(
        "review",
        "links.csv",
        [
            {
                "outlet_id": outlet,
                "replaced_by": goes_on_as,
                "kind": "different" if outlet == wrong else proposals[outlet][1],
                "reviewed_by": "a test",
            }
            for outlet, goes_on_as in true_links.items()
        ],
    )
    reviewed("run", code=(0, 3))
    assert reviewed.ask("select count(*) from rpt_link_proposals") == [(0,)]
    links = dict(reviewed.ask("select outlet_id, counted_outlet_id from dim_outlet_links"))
    assert {outlet: links.get(outlet) for outlet in right} == {outlet: true_links[outlet] for outlet in right}
    assert wrong not in links
    assert not set(right) & lapsed(reviewed)
    removed = dict(
        reviewed.ask(
            "select window_days, sum(outlets)::int from rpt_false_churn "
            "where kind in ('recoded', 'moved_distributor') group by all"
        )
    )
    before = dict(
        story.ask("select window_days, sum(outlets)::int from rpt_false_churn where kind = 'recoded' group by all")
    )
    assert removed[30] > before[30]
