"""Beside landing: a plain DuckDB COPY of the delivered files to Parquet, which checks nothing and remembers nothing."""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.engine import connect
from benchmarks.measure import say
from orchestration.workspace.sql import literal

DELIVERED = ("outlets", "beats", "lines_*")


def main(landing: Path, compression: str) -> None:
    with connect() as connection, tempfile.TemporaryDirectory(dir=landing.parent.parent) as target:
        start = time.monotonic()
        for files in DELIVERED:
            source, copy = literal(landing / f"{files}.parquet"), literal(f"{target}/{files.strip('_*')}.parquet")
            connection.execute(
                f"copy (select * from read_parquet({source})) to {copy} (format parquet, compression {compression})"
            )
        say(seconds=time.monotonic() - start)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
