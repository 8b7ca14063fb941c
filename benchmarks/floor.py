"""The floor: DuckDB's plain scan-and-aggregate of the lake's order lines to outlet-days.

`rows` counts and sums. `promised` counts what fct_outlet_order_days promises, so it is the least that any engine
does for the same columns. Neither drops corrected rows, cancelled orders or numbers that were replaced.
"""

import sys
import time
from pathlib import Path

from benchmarks.engine import connect
from benchmarks.measure import say
from orchestration.workspace.sql import literal

COLUMNS = {
    "rows": "count(*) as order_lines, sum(net_amount) as net_amount",
    "promised": """
        count(distinct order_id) as orders,
        count(*) as order_lines,
        count(distinct product_id) as distinct_products,
        sum(net_amount) as net_amount
    """,
}


def main(lake: Path, spelling: str) -> None:
    with connect() as connection:
        start = time.monotonic()
        connection.execute(
            f"""
            create table outlet_days as
            select outlet_id, ordered_on, {COLUMNS[spelling]}
            from read_parquet({literal(lake / "order_lines" / "*.parquet")})
            group by outlet_id, ordered_on
            """
        )
        seconds = time.monotonic() - start
        ((outlet_days, order_lines, net_amount),) = connection.execute(
            "select count(*), sum(order_lines)::bigint, sum(net_amount)::varchar from outlet_days"
        ).fetchall()
        say(seconds=seconds, outlet_days=outlet_days, order_lines=order_lines, net_amount=net_amount)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
