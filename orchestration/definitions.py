"""Where Dagster enters: `dagster dev -m orchestration.definitions`."""

from orchestration.defs.definitions import build
from orchestration.workspace.layout import Workspace

defs = build(Workspace.current())
