"""A history of any size for the benchmarks: outlets, beats, reps, products and order lines as Parquet deliveries.

Lines come as one file a month, the last day by itself: that day, of which 5% are orders of up to 60 days before, is the
daily increment. Same arguments, same rows.
"""

import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.workspace.sql import literal

DAYS = 730
START = date(2024, 1, 1)
LINES_AN_ORDER = 5
LATE_SHARE = 0.05
FEED = """\
feed: bench
description: Invented order lines for the benchmarks.
time_zone: UTC
currency: USD
delivers: daily
entities:
  outlets:
    files: "outlets.parquet"
    columns:
      outlet_id: outlet_id
      channel: channel
      beat_id: beat_id
      distributor_id: distributor_id
      opened_on: opened_on
  beats:
    files: "beats.parquet"
    columns: {beat_id: beat_id, rep_id: rep_id, territory: territory, region: region, country: country}
  order_lines:
    files: "lines_*.parquet"
    columns:
      order_id: order_id
      line_number: line_number
      outlet_id: outlet_id
      ordered_on: ordered_on
      product_id: product_id
      quantity: quantity
      net_amount: net_amount
orders_from_lines: [order_id]
"""


@dataclass(frozen=True)
class Size:
    """A history: so many order lines of so many outlets over two years."""

    lines: int
    outlets: int


SIZES = {
    "tiny": Size(20_000, 400),
    "1M": Size(1_000_000, 20_000),
    "5M": Size(5_000_000, 100_000),
    "20M": Size(20_000_000, 150_000),
    "50M": Size(50_000_000, 200_000),
    "100M": Size(100_000_000, 400_000),
}


def increment_day() -> date:
    """The last day, delivered by itself."""
    return START + timedelta(days=DAYS - 1)


def write(home: Path, size: Size) -> Path:
    """Write the feed and all deliveries but the last; returns the file of the last day, kept outside of landing."""
    landing = home / "landing" / "bench"
    landing.mkdir(parents=True, exist_ok=True)
    (home / "feeds").mkdir(exist_ok=True)
    (home / "feeds" / "bench.yml").write_text(FEED)
    beats = max(20, size.outlets // 100)
    # the usual gap of an outlet is 2 to 3 times the least; one in five falls silent for good, many pause
    orders_an_outlet = size.lines / LINES_AN_ORDER / size.outlets
    last_file = home / "lines_last_day.parquet"
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '8GB'; set preserve_insertion_order = false")
        connection.execute(
            f"""
            create macro dice(a, b) as (hash(a, b) % 1000000) / 1000000.0;
            create table outlets as select i as n, 'o' || lpad(i::varchar, 7, '0') as outlet_id,
                ['grocery', 'pharmacy', 'kiosk', 'horeca'][1 + (hash(i) % 4)::int] as channel,
                'b' || (i % {beats}) as beat_id, 'd' || (i % {beats} % 8) as distributor_id,
                case when dice(i, 'open') < 0.2 then date '{START}' + (dice(i, 'day') * 500)::int end as opened_on,
                -- the last day of one that falls silent; the middle of a pause of 20 to 150 days
                case when dice(i, 'silent') < 0.2 then (100 + dice(i, 'end') * 630)::int else {DAYS} end as ends,
                (dice(i, 'pause') * {DAYS})::int as pause_from,
                (20 + dice(i, 'pause length') * 130)::int as pause_days
            from range({size.outlets}) as r(i);
            create table beats as select 'b' || i as beat_id, 'r' || (i // 4) as rep_id, 't' || (i % 200) as territory,
                'g' || (i % 200 % 20) as region, ['ID', 'RO', 'BR'][1 + i % 200 % 20 % 3] as country
            from range({beats}) as r(i);
            copy (select outlet_id, channel, beat_id, distributor_id, opened_on from outlets)
                to {literal(landing / "outlets.parquet")};
            copy beats to {literal(landing / "beats.parquet")};
            """
        )
        # a month at a time keeps memory small at any size
        month = START
        while month < START + timedelta(days=DAYS):
            next_month = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
            first, last = (month - START).days, min((next_month - START).days, DAYS)
            connection.execute(
                f"""
                create or replace table lines as
                with days as (select i as d from range({first}, {last}) as r(i)),
                orders as (
                    select outlets.n, outlets.outlet_id, d
                    from outlets cross join days
                    where dice(n, d) < {orders_an_outlet} / {DAYS} * 1.34
                        and d <= ends and not (d >= pause_from and d < pause_from + pause_days)
                        and d >= coalesce(opened_on - date '{START}', 0)
                )
                select 'n' || d || '-' || n as order_id, line as line_number, outlet_id,
                    date '{START}' + d::int as ordered_on, 'p' || (hash(n, d, line) % 2000) as product_id,
                    (1 + hash(line, d, n) % 24)::decimal(18, 3) as quantity,
                    round(1 + dice(n, d * 10 + line) * 200, 2)::decimal(18, 4) as net_amount,
                    dice(n, d + 0.5) < {LATE_SHARE} / 60 and d >= {DAYS - 61} as is_late
                from orders cross join (select unnest(range(1, {LINES_AN_ORDER} + 1)) as line)
                """
            )
            at_the_end = f"is_late or ordered_on = date '{increment_day()}'"
            connection.execute(
                f"copy (select * exclude (is_late) from lines where not ({at_the_end})) "
                f"to {literal(landing / f'lines_{month:%Y_%m}.parquet')}"
            )
            connection.execute(
                f"create table if not exists last_day as from lines limit 0; "
                f"insert into last_day from lines where {at_the_end}"
            )
            month = next_month
        connection.execute(f"copy (select * exclude (is_late) from last_day) to {literal(last_file)}")
    return last_file


if __name__ == "__main__":
    write(Path(sys.argv[1]), SIZES[sys.argv[2]])
