"""A workspace holds a user's data apart from the code."""

import os
from dataclasses import dataclass
from pathlib import Path

from orchestration.workspace import environment


def keep_from_others() -> None:
    """What this process writes is for its user, and for the group that may read the marts; for nobody else."""
    os.umask(os.umask(0o077) | 0o027)


@dataclass(frozen=True)
class Workspace:
    """Where things lie below PULSE_HOME."""

    home: Path

    @classmethod
    def current(cls) -> "Workspace":
        return cls(environment.home())

    @property
    def feeds(self) -> Path:
        return self.home / "feeds"

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def ledger(self) -> Path:
        return self.lake / "ledger.sqlite"

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def spark(self) -> Path:
        return self.home / "spark"

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def alerts(self) -> Path:
        return self.home / "alerts.sqlite"

    @property
    def dagster(self) -> Path:
        return self.home / "dagster"

    @property
    def dbt(self) -> Path:
        return self.home / "dbt"

    @property
    def spill(self) -> Path:
        """For what a query cannot hold in memory."""
        return self.dbt / "spill"

    @property
    def docs(self) -> Path:
        return self.home / "docs"

    def prepare(self) -> None:
        """Make the folders that a user or a run expects to find."""
        for folder in (self.feeds, self.landing, self.lake, self.published, self.dagster, self.dbt):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (self.lake, self.dagster, self.dbt):  # contacts and raw rows are for this user alone
            folder.chmod(0o700)
