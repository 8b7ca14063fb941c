"""The table of contents of the orchestration: what `dagster dev` opens on and `pulse run` executes."""

import dagster as dg

from orchestration.checks import check as quality
from orchestration.defs import lake as raw
from orchestration.defs import metadata as catalogue
from orchestration.defs import models as transform
from orchestration.defs import schedules as automation
from orchestration.pipeline import execute as run
from orchestration.workspace.layout import Workspace

workspace = Workspace.current()
starts = automation.starts(workspace)
defs = dg.Definitions(
    assets=[
        *catalogue.feed_assets(workspace),
        *catalogue.described([raw.lake, *transform.dbt_layers(), run.generation], workspace),
    ],
    asset_checks=[quality.layer_checks(layer) for layer in quality.LAYERS],
    jobs=[starts.job],
    schedules=[starts.schedule],
    sensors=starts.sensors,
    resources={"pulse": run.PulseResource()},
    executor=dg.in_process_executor,
)
