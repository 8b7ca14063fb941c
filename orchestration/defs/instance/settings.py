"""Dagster's settings in a workspace: written at each start, before anything opens it."""

import os
from pathlib import Path

PLANNED_AT_ONCE = 1000  # what a run intends to do is written before it begins, in one transaction
KEPT = "# Written by pulse at each start. Without this line the file is yours.\n"
# steps print nothing, and catching what they print starts two processes a step
DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
storage:
  custom:
    module: orchestration.defs.instance.storage
    class: OneMachineStorage
    config:
      base_dir:
        env: DAGSTER_HOME
concurrency:
  pools:
    default_limit: 1
    granularity: op
  runs:
    max_concurrent_runs: 1
run_monitoring:
  enabled: true
  poll_interval_seconds: 30
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days: {skipped: 7, failure: 30, success: 90}
"""


def prepare_dagster(home: Path) -> None:
    """Give the workspace's Dagster its settings before anything opens it."""
    home.mkdir(parents=True, exist_ok=True)
    settings = home / "dagster.yaml"
    if not settings.exists() or settings.read_text().startswith(KEPT):
        settings.write_text(KEPT + DAGSTER_YAML)
    os.environ["DAGSTER_HOME"] = str(home.resolve())
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(PLANNED_AT_ONCE))
