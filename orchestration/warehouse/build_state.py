"""What a build was made from, how far it came, and what its checks found: the one note that publishing trusts.

A build is noted in $PULSE_HOME/dbt/build.json. It begins when files have landed and ends when its marts are published.
Each step notes that it is done; a step that is done again takes back what was built and checked after it. So marts
that were not built and checked from one set of inputs, in order, cannot be published, whoever ran which step.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from orchestration.warehouse.inputs import Inputs
from orchestration.workspace import environment
from orchestration.workspace.errors import PulseError
from orchestration.workspace.files import replaced
from orchestration.workspace.layout import Workspace

# what must be done before a build can be published, in order
STEPS = (
    "checks of lake",
    "staging",
    "checks of staging",
    "intermediate",
    "checks of intermediate",
    "marts",
    "checks of marts",
)
FIRST_WRITE = "staging"  # the first step that changes the warehouse


@dataclass
class BuildState:
    """A build: its inputs, whether it continues from the build before, the steps that are done with their checks.

    `continues_from` are the inputs of the last published build while the warehouse still holds it. `written` is when
    the build last wrote the warehouse file, in nanoseconds: another time means that somebody else wrote to it.
    """

    inputs: Inputs
    run_id: str = ""
    full: bool = False
    incremental: bool = False
    continues_from: Inputs | None = None
    written: int | None = None
    started: list[str] = field(default_factory=list)
    done: dict[str, dict] = field(default_factory=dict)
    compared_contracts: str = ""
    generation: str = ""

    @classmethod
    def noted(cls, workspace: Workspace) -> "BuildState | None":
        """The build that is noted; None where there is none, or none that this version can read."""
        try:
            note = json.loads(_path(workspace).read_text())
            before = note.pop("continues_from")
            state = cls(
                inputs=Inputs(**note.pop("inputs")), continues_from=Inputs(**before) if before else None, **note
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        if state.written is not None and state.written != _written(workspace):
            state.continues_from = None
            state._take_back(FIRST_WRITE)
        return state

    @classmethod
    def begin(cls, workspace: Workspace, inputs: Inputs, *, run_id: str = "", full: bool = False) -> "BuildState":
        """Note a new build; what the warehouse holds of the build before it stays known until a step changes it."""
        before = cls.noted(workspace)
        state = cls(inputs, run_id=run_id, full=full)
        if before:
            state.continues_from, state.written = before.continues_from, before.written
            state.compared_contracts = before.compared_contracts
        state.save(workspace)
        return state

    @classmethod
    def of_step(
        cls, workspace: Workspace, run_id: str, now: Callable[[], Inputs], *, full: bool = False
    ) -> "BuildState":
        """The build that a step of a run belongs to: the noted one, or a new one where its inputs are other ones.

        `now` gives the inputs as they are. The steps of one run share those with which it began, even where a feed file
        is edited meanwhile.
        """
        state = cls.noted(workspace)
        if state and run_id and state.run_id == run_id:
            return state
        inputs = now()
        if state and state.inputs == inputs:
            return state
        return cls.begin(workspace, inputs, run_id=run_id, full=full)

    def save(self, workspace: Workspace) -> None:
        """Write the note, whole or not at all."""
        path = _path(workspace)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path) as beside:
            beside.write_text(json.dumps(asdict(self), indent=1))

    def start(self, workspace: Workspace, step: str, *, whole: bool = True) -> None:
        """Note that a step that writes the warehouse is at work: it and what comes after it no longer stand.

        Before the first of them it is decided whether the build continues from the last one. `whole` is false where
        only some models of a layer are built.
        """
        if step == FIRST_WRITE:
            alike = self.continues_from is not None and self.continues_from.reads_alike(self.inputs)
            self.incremental = whole and alike and not self.full and not self.inputs.known_at
            self.started = []
        elif not whole or step in self.started:  # what was begun before may be half done
            self.incremental = False
        self.started.append(step)
        self.continues_from = None
        self._take_back(step)
        self.written = None
        self.save(workspace)

    def end(self, workspace: Workspace, step: str, *, passed: int = 0, failed: list[dict] | None = None) -> None:
        """Note that a step is done, and what its checks found."""
        if not step.startswith("checks"):
            self._take_back(step)
            self.written = _written(workspace)
        if step == "marts":
            self.compared_contracts = self._contracts
        self.done[step] = {"passed": passed, "failed": failed or []}
        self.save(workspace)

    def end_part(self, workspace: Workspace) -> None:
        """Note that some models of a layer are built: the layer as a whole is not."""
        self.written = _written(workspace)
        self.save(workspace)

    @property
    def compares_contracts(self) -> bool:
        """Whether the columns of the marts have to be compared with their contracts: the code is new."""
        return self.compared_contracts != self._contracts

    @property
    def checks(self) -> dict:
        """How many checks passed, and those that did not, for the manifest of the generation."""
        return {
            "passed": sum(step["passed"] for step in self.done.values()),
            "failed": [check for step in self.done.values() for check in step["failed"]],
        }

    def require_publishable(self, workspace: Workspace) -> None:
        """Raise PulseError where a step is missing or a critical check failed."""
        missing = [step for step in STEPS if step not in self.done]
        broken = [f"{c['asset']} {c['name']}" for c in self.checks["failed"] if c["severity"] == "critical"]
        if missing or broken:
            found = f"not done: {', '.join(missing)}" if missing else f"failed: {', '.join(broken)}"
            raise PulseError(
                f"{_path(workspace)}: expected marts that were built and checked from what has landed, found {found}; "
                "readers stay where they are; run `pulse run`, or the whole job in Dagster",
                code="build",
            )

    def end_published(self, workspace: Workspace, generation: str) -> None:
        """Note the generation that readers see. The next build may continue from here."""
        self.generation = generation
        # a build of what was known at a moment leaves out files, and Spark's tables are always built anew
        if not (self.inputs.known_at or environment.on_spark()):
            self.continues_from = self.inputs
        self.save(workspace)

    @property
    def _contracts(self) -> str:
        return f"{self.inputs.code} {self.inputs.versions}"

    def _take_back(self, step: str) -> None:
        after = STEPS[STEPS.index(step) :]
        self.done = {name: found for name, found in self.done.items() if name not in after}
        self.generation = ""


def _path(workspace: Workspace) -> Path:
    return workspace.dbt / "build.json"


def _written(workspace: Workspace) -> int | None:
    return workspace.warehouse.stat().st_mtime_ns if workspace.warehouse.exists() else None
