"""Dagster's storage on SQLite, for one machine: few transactions, connections that stay open, damage set aside.

Dagster's own event log storage makes an engine and a connection for each statement, and a transaction for each table
that an event touches. Closing the last connection copies the write-ahead log into the database and waits for the disk.
With a few hundred assets and checks that is a large part of a run. What Dagster's users say about it:
dagster-io/dagster#19618 (writing many events at once), dagster-io/dagster#2884 (locked under many writers),
dagster-io/dagster#34153 (`supports_asset_checks` asks the database each time), dagster-io/dagster#32217 (a lock that
its own thread waits for). Files, tables and queries are Dagster's: either storage reads what the other one wrote.

In dagster.yaml:

    storage:
      custom:
        module: orchestration.defs.instance.storage
        class: OneMachineStorage
        config: {base_dir: {env: DAGSTER_HOME}}

This package needs Dagster and what Dagster needs, nothing else.
"""

from pathlib import Path
from typing import Any

from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

from orchestration.defs.instance.event_log import OneMachineEventLogStorage
from orchestration.defs.instance.run_storage import OneMachineRunStorage
from orchestration.defs.instance.schedule_storage import OneMachineScheduleStorage


class OneMachineStorage(DagsterSqliteStorage):
    """Events, runs and schedules in the files where Dagster keeps them by default."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super(DagsterSqliteStorage, self).__init__()  # its own would open Dagster's storages
        folder = Path(base_dir)
        self.base_dir = base_dir
        self._inst_data = inst_data
        self._run_storage = OneMachineRunStorage.from_local(str(folder / "history"))
        self._event_log_storage = OneMachineEventLogStorage(str(folder / "history" / "runs"))
        self._schedule_storage = OneMachineScheduleStorage.from_local(str(folder / "schedules"))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "OneMachineStorage":
        return cls.from_local(inst_data=inst_data, **config_value)
