"""The obvious way: every outlet on every day, its last order looked up, counted by cell.

It reads the same order days, openings, cells and watermarks as the KPI's own models. It makes the counts and not the
flows, doubts or bands of the KPI, so it does less. The spelling is the fastest of those that were tried: days are
unrolled from each outlet's own interval (no join), windows are columns of one aggregate.
"""

import sys
import time
from pathlib import Path

from benchmarks.engine import connect
from benchmarks.measure import say
from orchestration.workspace.sql import literal

CELL = "feed, beat_id, rep_id, distributor_id, territory, region, country, channel, abc_class"


def is_chosen(every: int) -> str:
    """Whether a day is one of every n, for the grid and for those who compare with it."""
    return f"(day - date '2000-01-01') % {every} = 0"


def sql(windows: list[int], every: int) -> str:
    """The grid on every n-th day."""
    counted = ",\n".join(
        f"count(*) filter (where is_known and last_order_date > day - {days}) as active_{days}" for days in windows
    )
    return f"""
        create table result.counted as
        with outlet_days as (
            select outlet_id, cast(unnest(generate_series(in_from, in_to - 1, interval 1 day)) as date) as day
            from warehouse.intermediate.int_outlet_openings
        ),
        chosen_days as (
            select * from outlet_days
            where {is_chosen(every)}
        ),
        last_orders as (
            select chosen_days.outlet_id, chosen_days.day, activity.business_date as last_order_date
            from chosen_days
            asof left join warehouse.intermediate.int_outlet_spells as activity
                on chosen_days.outlet_id = activity.outlet_id and chosen_days.day >= activity.business_date
        ),
        placed as (
            select
                last_orders.day,
                last_orders.last_order_date,
                last_orders.day < known.unknown_from as is_known,
                {", ".join(f"cells.{name}" for name in CELL.split(", "))}
            from last_orders
            inner join warehouse.intermediate.int_outlet_known as known
                on last_orders.outlet_id = known.outlet_id
            inner join warehouse.intermediate.int_outlet_cells as cells
                on
                    last_orders.outlet_id = cells.outlet_id
                    and last_orders.day >= cells.valid_from
                    and last_orders.day < cells.valid_to
        )
        select
            day,
            {CELL},
            count(*) as universe_outlets,
            count(*) filter (where not is_known) as unknown_outlets,
            count(*) filter (where is_known and last_order_date is null) as never_ordered_outlets,
            {counted}
        from placed
        group by day, {CELL}
    """


def main(warehouse: Path, target: Path, every: int) -> None:
    target.unlink(missing_ok=True)
    with connect() as connection:
        connection.execute(f"attach {literal(warehouse)} as warehouse (read_only); attach {literal(target)} as result")

        connection.execute(f"set temp_directory = {literal(target.with_suffix('.spill'))}")
        windows = [
            row[0]
            for row in connection.execute(
                "select cast(value as integer) as window_days from warehouse.rules.rules "
                "where rule_set = 'general' and scope = 'default' and parameter = 'window_days' order by 1"
            ).fetchall()
        ]
        start = time.monotonic()
        connection.execute(sql(windows, every))
        seconds = time.monotonic() - start
        ((outlet_days, days),) = connection.execute(
            "select sum(universe_outlets)::bigint, count(distinct day) from result.counted"
        ).fetchall()
        say(seconds=seconds, outlet_days=outlet_days, grid_days=days, windows=windows, every=every)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
