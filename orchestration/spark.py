"""Spark as the engine: its session, and the lake as its tables. Imported only where PULSE_ENGINE says so."""

import json
import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from orchestration import contract, history
from orchestration.contract import TECHNICAL
from orchestration.errors import PulseError
from orchestration.sql import literal
from orchestration.workspace import Workspace

SPARK_TYPES = {"varchar": "string"}


def session(workspace: Workspace) -> Any:
    """The Spark session of this process; dbt and the checks work in the same one.

    PULSE_SPARK_MASTER names the cluster; without it Spark runs inside of this process. Its workers must see the
    workspace under the same path.
    """
    warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")
    from pyspark.sql import SparkSession

    logging.getLogger("SQLQueryContextLogger").disabled = True  # says in pages of JSON what the exception says
    workspace.spark.mkdir(mode=0o700, exist_ok=True)
    folder = workspace.spark.resolve()
    master = os.environ.get("PULSE_SPARK_MASTER") or "local[*]"
    settings = {
        "spark.app.name": "outlet-pulse",
        "spark.master": master,
        "spark.driver.memory": os.environ.get("PULSE_MEMORY", "5GB").removesuffix("B"),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        # tables outlive the process: a step that is run by itself finds those before it
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder / 'metastore'};create=true",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={folder}",
        # dates and instants as DuckDB has them
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.timestampType": "TIMESTAMP_NTZ",
    }
    if master.startswith("local"):
        # Spark's 200 are for clusters; here each costs more than it saves
        settings["spark.sql.shuffle.partitions"] = str(2 * (os.cpu_count() or 1))
    builder = SparkSession.builder
    for name, value in settings.items():
        builder = builder.config(name, value)
    # anything else, by Spark's own names: PULSE_SPARK_CONF='{"spark.executor.memory": "4g"}'
    for name, value in json.loads(os.environ.get("PULSE_SPARK_CONF") or "{}").items():
        builder = builder.config(name, value)
    with _said_to(folder / "spark.log"):
        return builder.getOrCreate()


def needs() -> None:
    """Raise where Spark cannot work here."""
    if not find_spec("pyspark"):
        raise PulseError("PULSE_ENGINE=spark: pyspark is not installed; `make spark` installs it", code="settings")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise PulseError("PULSE_ENGINE=spark: no Java found; install Java 17 or set JAVA_HOME", code="settings")


@contextmanager
def _said_to(log: Path) -> Iterator[None]:
    """What Java says goes to a file: it is started with our streams, and has no setting for its first words."""
    streams = (1, 2)
    kept = [os.dup(stream) for stream in streams]
    try:
        with log.open("ab") as out:
            for stream in streams:
                os.dup2(out.fileno(), stream)
        yield
    finally:
        for stream, before in zip(streams, kept, strict=True):
            os.dup2(before, stream)
            os.close(before)


def lay_out(workspace: Workspace) -> None:
    """The folders that dbt reads, as tables of Spark with the columns that the contract says."""
    spark = session(workspace)
    wanted = _folders(workspace)
    note = workspace.spark / "laid_out.json"
    known = json.loads(note.read_text()) if note.exists() else {}
    for table, (columns, folder) in wanted.items():
        if known.get(table) == [columns, folder]:
            spark.sql(f"refresh table {table}")  # files have come
            continue
        spark.sql(f"create database if not exists {table.split('.')[0]}")
        spark.sql(f"drop table if exists {table}")
        spark.sql(f"create table {table} ({columns}) using parquet location {literal(folder)}")
    note.write_text(json.dumps(wanted))


def _folders(workspace: Workspace) -> dict[str, tuple[str, str]]:
    """Columns and folder of each source of dbt's."""
    found = {
        f"lake.{entity.name}": (
            {column.name: column.data_type for column in entity.columns.values()}
            | ({} if entity.written_by_landing else TECHNICAL),
            workspace.lake / entity.name,
        )
        for entity in contract.load().values()
    }
    for source, marts in history.sources().items():
        found |= {f"{source}.{mart}": (history.columns(mart), workspace.published / source / mart) for mart in marts}
    described = {
        table: ", ".join(f"`{name}` {SPARK_TYPES.get(kind, kind)}" for name, kind in types.items())
        for table, (types, _) in found.items()
    }
    return {table: (described[table], str(folder.resolve())) for table, (_, folder) in found.items()}
