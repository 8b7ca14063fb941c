"""Spark as the engine: its session, and the lake as its tables. pyspark is imported only where PULSE_ENGINE says so."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from orchestration.project import contract, marts
from orchestration.workspace import environment
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import literal

SPARK_TYPES = {"varchar": "string"}


def session(workspace: Workspace) -> Any:
    """The Spark session of this process; dbt and the checks work in the same one.

    PULSE_SPARK_MASTER names the cluster; without it Spark runs inside of this process. Its workers must see the
    workspace under the same path.
    """
    from pyspark.sql import SparkSession

    logging.getLogger("SQLQueryContextLogger").disabled = True  # says in pages of JSON what the exception says
    folder = _folder(workspace)
    master = environment.spark_master()
    settings = {
        "spark.app.name": "outlet-pulse",
        "spark.master": master,
        "spark.driver.memory": environment.memory().removesuffix("B"),
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
    if master.startswith(("local", "spark://127.0.0.1")):  # workers elsewhere must reach the driver
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    builder = SparkSession.builder
    for name, value in {**settings, **environment.spark_settings()}.items():
        builder = builder.config(name, value)
    with _said_to(folder / "spark.log"):
        return builder.getOrCreate()


def needs() -> None:
    """Raise where Spark cannot work here."""
    if not find_spec("pyspark"):
        raise PulseError("PULSE_ENGINE=spark: pyspark is not installed; `make spark` installs it", code="settings")
    if not environment.has_java():
        raise PulseError("PULSE_ENGINE=spark: no Java found; install Java 17 or set JAVA_HOME", code="settings")
    environment.spark_settings()


def _folder(workspace: Workspace) -> Path:
    """Where the tables lie; they name their place, so a workspace that was moved or copied begins anew."""
    folder = workspace.spark.resolve()
    note = folder / "place"
    if folder.exists() and not (note.exists() and note.read_text() == str(folder)):
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, exist_ok=True)
    note.write_text(str(folder))
    return folder


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
    sources = {
        "lake": (workspace.lake, {entity.name: entity.types for entity in contract.load().values()}),
        **{
            source: (workspace.published / source, {mart: marts.columns(mart) for mart in named})
            for source, named in marts.sources().items()
        },
    }
    for source, (folder, tables) in sources.items():
        spark.sql(f"create database if not exists {source}")
        for table, types in tables.items():
            columns = ", ".join(f"`{name}` {SPARK_TYPES.get(kind, kind)}" for name, kind in types.items())
            spark.sql(f"drop table if exists {source}.{table}")  # a name for the files, which stay
            place = literal((folder / table).resolve())
            spark.sql(f"create table {source}.{table} ({columns}) using parquet location {place}")
