"""One run of the whole way: land, build, check, publish, and tell whom it concerns. It prints nothing itself."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from orchestration.alerts import digests
from orchestration.alerts.digests import Delivery
from orchestration.landing.land import LandingReport, land
from orchestration.landing.ledger import Ledger
from orchestration.publishing.catalog import tidy
from orchestration.publishing.generations import current, damage, is_published
from orchestration.reports.html_report import is_outdated, write_report
from orchestration.reports.shown import show
from orchestration.warehouse import tables
from orchestration.warehouse.inputs import Inputs
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace
from orchestration.workspace.lease import lease
from orchestration.workspace.progress import step
from orchestration.workspace.settings import run_limit
from orchestration.workspace.signals import stoppable

if TYPE_CHECKING:
    from orchestration.defs.results import RunResult  # Dagster starts only where there is something to build


@dataclass(frozen=True)
class Asked:
    """What a run is asked for; `what` is its command."""

    what: str
    as_of: str = ""
    known_at: str = ""
    full: bool = False
    discard: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it is for the present, by all that is known: only then owners are told."""
        return not self.as_of and not self.known_at


class Listener(Protocol):
    """Hears how far a run came, while it goes on."""

    def landed(self, report: LandingReport) -> None: ...

    def damaged(self, file: Path) -> None: ...

    def checked(self, result: "RunResult") -> None: ...

    def failed(self, workspace: Workspace, result: "RunResult") -> None: ...

    def stopped(self, workspace: Workspace, causes: list[str]) -> None: ...


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended: what landed, whether it built something, why it failed, and what became of the alerts."""

    landing: LandingReport
    built: bool
    failure: "RunResult | None" = None
    delivery: Delivery = field(default_factory=Delivery)


class RunPipeline:
    """The whole way on one workspace."""

    def __init__(self, workspace: Workspace, listener: Listener, *, progress: bool) -> None:
        self._workspace = workspace
        self._listener = listener
        self._progress = progress

    def __call__(self, asked: Asked) -> RunOutcome:
        """Do what is asked; raises PulseError where the run ends before its checks."""
        tables.ready()
        with (
            lease(self._workspace, asked.what) as killed_before,
            stoppable(run_limit(self._workspace), self._reap_if_begun),
        ):
            try:
                return self._run(asked, killed_before)
            except PulseError as problem:
                self._listener.stopped(self._workspace, [problem.told])
                raise

    def _run(self, asked: Asked, killed_before: bool) -> RunOutcome:
        before = Inputs.now(self._workspace, asked.as_of, asked.known_at)
        landing = land(self._workspace)
        self._listener.landed(landing)
        if asked.known_at:
            self._something_known(asked.known_at)
        tidy(self._workspace)
        if asked.discard:
            tables.discard(self._workspace)
        needs_build, full = self._needs_build(asked, before)
        if needs_build:
            result = self._build(asked, full)
            if not result.success:
                self._listener.failed(self._workspace, result)
                self._listener.stopped(self._workspace, result.told)
                return RunOutcome(landing, built=True, failure=result)
            self._listener.checked(result)
        else:
            self._complete_what_is_shown()
        if killed_before and not needs_build:  # it published, and was killed before Dagster heard of its end
            self._reap()
        delivery = digests.after_run(self._workspace, progress=self._progress) if asked.is_plain else Delivery()
        return RunOutcome(landing, built=needs_build, delivery=delivery)

    def _needs_build(self, asked: Asked, before: Inputs) -> tuple[bool, bool]:
        """Whether something is to be built, and whether anew."""
        if asked.full or not is_published(self._workspace, before.landed(self._workspace)):
            return True, asked.full
        published = current(self._workspace)
        if published and (broken := damage(self._workspace, published, by="bytes")):
            self._listener.damaged(broken[0])
            return True, True
        return False, False

    def _build(self, asked: Asked, full: bool) -> "RunResult":
        with step("Starting the engines", shown=self._progress):
            from orchestration.pipeline.execute import execute  # a run with nothing new does without them

        return execute(self._workspace, as_of=asked.as_of, known_at=asked.known_at, full=full, progress=self._progress)

    def _complete_what_is_shown(self) -> None:
        """Make what readers see of the generation that is published, where it is not there, or another version's."""
        published = current(self._workspace)
        if published and not (self._workspace.published / "marts.duckdb").exists():
            show(self._workspace, published)
        elif published and is_outdated(self._workspace):
            write_report(self._workspace, published)

    def _something_known(self, known_at: str) -> None:
        with Ledger(self._workspace) as ledger:
            first = ledger.first_loaded_at()
        if first is None or first.replace(" ", "T") > known_at:
            raise PulseError(
                f"{self._workspace.home}: nothing was known at {known_at} UTC; the first file came {first or 'never'}"
            )

    def _reap(self) -> None:
        from orchestration.defs.runs import reap  # Dagster is needed only here

        reap(self._workspace)

    def _reap_if_begun(self) -> None:
        """Where the engines are up, this run must not look alive in Dagster's record."""
        if "orchestration.defs.runs" in sys.modules:
            self._reap()
