"""One date of the KPI as a Polars user would write it: lazy, streaming, only the columns that are needed."""

import sys
import time
from datetime import date
from pathlib import Path

import polars as pl

from benchmarks.measure import say

WINDOWS = (30, 60, 90)


def main(lake: Path, day: date, answer: Path) -> None:
    start = time.monotonic()
    lines = pl.scan_parquet(lake / "order_lines" / "*.parquet")
    outlets = pl.scan_parquet(lake / "outlets" / "*.parquet")
    last_orders = (
        lines.filter(
            pl.col("ordered_on") <= day,
            pl.col("order_type").fill_null("sale") != "return",
            pl.col("order_status").fill_null("open") != "cancelled",
        )
        .group_by("order_id")
        .agg(pl.col("outlet_id").first(), pl.col("ordered_on").first(), pl.col("net_amount").sum())
        .filter(pl.col("net_amount") > 0)
        .group_by("outlet_id")
        .agg(pl.col("ordered_on").max().alias("last_order_date"))
    )
    silent = pl.lit(day) - pl.col("last_order_date")
    counts = (
        outlets.filter(
            pl.col("opened_on").is_null() | (pl.col("opened_on") <= day),
            pl.col("closed_on").is_null() | (pl.col("closed_on") > day),
        )
        .select("outlet_id", "beat_id")
        .join(last_orders, on="outlet_id", how="left")
        .group_by("beat_id")
        .agg(
            pl.len().alias("universe"),
            *(
                expression
                for window in WINDOWS
                for expression in (
                    (silent < pl.duration(days=window)).sum().alias(f"active_{window}"),
                    (silent >= pl.duration(days=window)).sum().alias(f"lapsed_{window}"),
                )
            ),
        )
        .sort("beat_id")
        .collect(engine="streaming")
    )
    seconds = time.monotonic() - start
    counts.write_parquet(answer)
    say(seconds=seconds, beats=len(counts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), Path(sys.argv[3]))
