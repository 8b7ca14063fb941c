"""The story's truth against what the pipeline made of its files."""

import csv
from datetime import date

import duckdb

from examples.story.generate import generate


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
                "select order_id, net_amount from staging.stg_orders where list_contains(?, order_id)", [list(fixes)]
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
