"""One date of the KPI as a pandas user would write it: Arrow types, only the columns that are needed."""

import sys
import time
from datetime import date
from pathlib import Path

import pandas as pd

from benchmarks.measure import say

WINDOWS = (30, 60, 90)
TIMESTAMP = "timestamp[s][pyarrow]"


def main(lake: Path, day: date, answer: Path) -> None:
    start = time.monotonic()
    lines = pd.read_parquet(
        lake / "order_lines",
        columns=["order_id", "outlet_id", "ordered_on", "net_amount", "order_type", "order_status"],
        filters=[("ordered_on", "<=", day)],
        dtype_backend="pyarrow",
    )
    is_sale = lines["order_type"].fillna("sale") != "return"
    is_open = lines["order_status"].fillna("open") != "cancelled"
    # decimals are slow in a groupby; the sign of a sum needs none
    lines = lines[is_sale & is_open].astype({"net_amount": "double[pyarrow]", "ordered_on": TIMESTAMP})
    orders = lines.groupby("order_id", sort=False).agg(
        outlet_id=("outlet_id", "first"), ordered_on=("ordered_on", "first"), net_amount=("net_amount", "sum")
    )
    last_orders = orders[orders["net_amount"] > 0].groupby("outlet_id")["ordered_on"].max().rename("last_order_date")
    outlets = pd.read_parquet(
        lake / "outlets", columns=["outlet_id", "beat_id", "opened_on", "closed_on"], dtype_backend="pyarrow"
    )
    for column in ("opened_on", "closed_on"):
        outlets[column] = outlets[column].astype(TIMESTAMP)
    today = pd.Timestamp(day)
    in_universe = (outlets["opened_on"].isna() | (outlets["opened_on"] <= today)) & (
        outlets["closed_on"].isna() | (outlets["closed_on"] > today)
    )
    universe = outlets[in_universe].merge(last_orders, how="left", left_on="outlet_id", right_index=True)
    silent = (today - universe["last_order_date"]).dt.days
    universe["universe"] = 1
    for window in WINDOWS:
        universe[f"active_{window}"] = silent < window
        universe[f"lapsed_{window}"] = silent >= window
    named = ["universe", *(f"{word}_{window}" for window in WINDOWS for word in ("active", "lapsed"))]
    counts = universe.groupby("beat_id")[named].sum().reset_index()
    seconds = time.monotonic() - start
    counts.to_parquet(answer)
    say(seconds=seconds, beats=len(counts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), Path(sys.argv[3]))
