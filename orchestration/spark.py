"""Spark as the engine: its session, and the lake as its tables. Imported only where PULSE_ENGINE says so."""

import os
from typing import Any

from orchestration import contract, history
from orchestration.contract import TECHNICAL
from orchestration.sql import literal
from orchestration.workspace import Workspace

SPARK_TYPES = {"varchar": "string"}


def session(workspace: Workspace) -> Any:
    """The Spark session of this process; dbt and the checks work in the same one."""
    from pyspark.sql import SparkSession

    folder = workspace.home.resolve() / "spark"
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = {
        "spark.app.name": "outlet-pulse",
        "spark.master": os.environ.get("PULSE_SPARK_MASTER", "local[*]"),
        "spark.driver.memory": os.environ.get("PULSE_MEMORY", "5GB").removesuffix("B"),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder / 'metastore'};create=true",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={folder} -Duser.timezone=UTC",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.timestampType": "TIMESTAMP_NTZ",
        "spark.sql.shuffle.partitions": os.environ.get("PULSE_SPARK_PARTITIONS", "8"),
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def lay_out(workspace: Workspace) -> None:
    """The folders that dbt reads as tables of Spark, with the columns that the contract says."""
    spark = session(workspace)
    lake = {
        entity.name: {column.name: column.data_type for column in entity.columns.values()}
        | ({} if entity.written_by_landing else TECHNICAL)
        for entity in contract.load().values()
    }
    folders = {"lake": (workspace.lake, lake)}
    for source, marts in history.sources().items():
        folders[source] = (workspace.published / source, {mart: history.columns(mart) for mart in marts})
    for source, (folder, tables) in folders.items():
        spark.sql(f"create database if not exists {source}")
        for table, columns in tables.items():
            described = ", ".join(f"`{name}` {SPARK_TYPES.get(kind, kind)}" for name, kind in columns.items())
            spark.sql(f"drop table if exists {source}.{table}")
            spark.sql(
                f"create table {source}.{table} ({described}) using parquet "
                f"location {literal((folder / table).resolve())}"
            )
