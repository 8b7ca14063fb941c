"""What every step of a run shares."""

from contextlib import contextmanager
from typing import Any

import dagster as dg
import duckdb

from orchestration.warehouse.build_state import BuildState
from orchestration.warehouse.inputs import Inputs
from orchestration.workspace.errors import PulseError, of_the_machine
from orchestration.workspace.layout import Workspace, keep_from_others
from orchestration.workspace.lease import LeaseHeld, keep
from orchestration.workspace.progress import step
from orchestration.workspace.settings import reporting_currency

LEASE_TRIES, LEASE_SECONDS = 60, 30  # a run that nobody started by hand waits half an hour for another one


class PulseResource(dg.ConfigurableResource):
    """The workspace, the date and the moment asked for, and where progress goes."""

    as_of: str = ""
    full: bool = False
    known_at: str = ""
    progress: bool = True

    @property
    def workspace(self) -> Workspace:
        return Workspace.current()

    def inputs(self) -> Inputs:
        """What decides what this run makes."""
        return Inputs.now(self.workspace, self.as_of, self.known_at)

    def build(self, run: dg.DagsterRun) -> BuildState:
        """The build that a step of the run belongs to."""
        return BuildState.of_step(self.workspace, run.run_id, self.inputs, full=self.full)

    def dbt_variables(self, build: BuildState) -> dict[str, Any]:
        """The variables of dbt_project.yml."""
        return {
            "as_of_date": self.as_of,
            "known_at": self.known_at,
            "reporting_currency": reporting_currency(self.workspace),
            "compare_contracts": build.compares_contracts,
        }

    @contextmanager
    def step(self, title: str):
        """Keep the lease until the run's process ends, and show that the step is at work and how long it took.

        What must not be tried again fails at once; anything else is tried again by the asset's retry policy.
        """
        keep_from_others()  # a run that the UI starts has its server's umask
        try:
            keep(self.workspace, "a run of Dagster")
        except LeaseHeld:
            raise dg.RetryRequested(max_retries=LEASE_TRIES, seconds_to_wait=LEASE_SECONDS) from None
        try:
            with step(title, shown=self.progress):
                yield
        except PulseError as problem:
            raise dg.Failure(problem.told, allow_retries=False) from None
        except (duckdb.Error, OSError) as problem:
            if machine := of_the_machine(problem, self.workspace.home):
                raise dg.Failure(machine.told, allow_retries=False) from None
            raise
