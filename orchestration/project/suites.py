"""The suites of Great Expectations, YAML in expectations/<layer>/<table>.yml: no code knows a table or a threshold."""

from dataclasses import dataclass, field
from pathlib import Path

from orchestration.project.code import EXPECTATIONS
from orchestration.workspace import yml

LAYERS = ("lake", "staging", "intermediate", "marts")


@dataclass(frozen=True)
class Expectation:
    """One line of a suite: GX's own type and arguments, our name, and what a failure means."""

    layer: str
    table: str
    name: str
    type: str
    means: str
    kwargs: dict = field(default_factory=dict)
    severity: str = "critical"
    keys: list[str] = field(default_factory=list)

    @property
    def blocking(self) -> bool:
        return self.severity == "critical"


def load_suites(layer: str, folder: Path = EXPECTATIONS) -> list[Expectation]:
    """The expectations of a layer in the order of their files."""
    suites = [yml.load(path.read_text()) for path in sorted((folder / layer).glob("*.yml"))]
    return [Expectation(layer, suite["table"], **line) for suite in suites for line in suite["expectations"]]
