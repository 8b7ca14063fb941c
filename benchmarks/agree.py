"""Whether the contenders found the same numbers; a benchmark of different answers is worth nothing."""

import sys
from pathlib import Path

import duckdb

from benchmarks.engine import connect
from benchmarks.grid import CELL, is_chosen
from benchmarks.measure import say
from orchestration.workspace.sql import literal

COUNTS = ("universe_outlets", "active_outlets", "lapsed_outlets", "never_ordered_outlets", "unknown_outlets")


def _attach(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    connection.execute(f"attach {literal(warehouse)} as warehouse (read_only)")
    # sparse rows of the KPI: each is good from its day until holds_until
    connection.execute("create view kpi as select * from warehouse.marts.kpi_inactivity_daily")


def vouched_day(warehouse: Path) -> None:
    """The newest day for which every outlet is known: the scripts have no notion of a late feed."""
    with connect() as connection:
        _attach(connection, warehouse)
        ((day,),) = connection.execute("select min(known_to) from warehouse.intermediate.int_outlet_known").fetchall()
        say(day=day)


def with_grid(warehouse: Path, grid: Path, every: int) -> None:
    """Every cell, window and day of the grid against the KPI: how many were compared, and how many differ."""
    with connect() as connection:
        _attach(connection, warehouse)
        connection.execute(f"attach {literal(grid)} as result (read_only)")
        windows = [row[0] for row in connection.execute("select distinct window_days from kpi order by 1").fetchall()]
        compared, different, counted = 0, 0, 0
        for window in windows:
            found = connection.execute(
                f"""
                with grid as (
                    select
                        day, {CELL}, universe_outlets, active_{window} as active_outlets,
                        universe_outlets - unknown_outlets - never_ordered_outlets - active_{window} as lapsed_outlets,
                        never_ordered_outlets, unknown_outlets
                    from result.counted
                ),
                days as (
                    select unnest(generate_series(min(as_of_date), max(holds_until), interval 1 day))::date as day
                    from kpi
                ),
                chosen_days as (
                    select day from days
                    where {is_chosen(every)}
                ),
                held as (
                    select day, {CELL}, {", ".join(COUNTS)}
                    from kpi
                    inner join chosen_days on chosen_days.day between kpi.as_of_date and kpi.holds_until
                    where window_days = {window} and universe_outlets > 0
                )
                select
                    count(*) as compared,
                    count(*) filter (
                        where ({", ".join(f"grid.{name}" for name in COUNTS)})
                        is distinct from ({", ".join(f"held.{name}" for name in COUNTS)})
                    ) as different,
                    sum(grid.universe_outlets)::bigint as outlet_days
                from grid
                full join held on {" and ".join(f"grid.{name} = held.{name}" for name in ("day", *CELL.split(", ")))}
                """
            ).fetchall()[0]
            compared, different, counted = compared + found[0], different + found[1], counted + (found[2] or 0)
        say(compared=compared, different=different, outlet_days=counted)


def with_script(warehouse: Path, answer: Path, day: str) -> None:
    """A script's counts by beat on its day against the KPI's sums."""
    with connect() as connection:
        _attach(connection, warehouse)
        windows = [row[0] for row in connection.execute("select distinct window_days from kpi order by 1").fetchall()]
        script = " union all ".join(
            f"select 'bench:' || beat_id as beat_id, {window} as window_days, universe::bigint as universe, "
            f"active_{window}::bigint as active, lapsed_{window}::bigint as lapsed from read_parquet({literal(answer)})"
            for window in windows
        )
        compared, different, active, lapsed = connection.execute(
            f"""
            with script as ({script}),
            mart as (
                select
                    beat_id, window_days, sum(universe_outlets) as universe, sum(active_outlets) as active,
                    sum(lapsed_outlets) as lapsed
                from kpi
                where date {literal(day)} between as_of_date and holds_until
                group by beat_id, window_days
                having sum(universe_outlets) > 0
            )
            select
                count(*),
                count(*) filter (
                    where (script.universe, script.active, script.lapsed)
                    is distinct from (mart.universe, mart.active, mart.lapsed)
                ),
                sum(script.active)::bigint,
                sum(script.lapsed)::bigint
            from script
            full join mart on script.beat_id = mart.beat_id and script.window_days = mart.window_days
            """
        ).fetchall()[0]
        say(compared=compared, different=different, active=active, lapsed=lapsed)


if __name__ == "__main__":
    question, *rest = sys.argv[1:]
    if question == "vouched_day":
        vouched_day(Path(rest[0]))
    elif question == "grid":
        with_grid(Path(rest[0]), Path(rest[1]), int(rest[2]))
    else:
        with_script(Path(rest[0]), Path(rest[1]), rest[2])
