"""The table of contents of the orchestration: what `dagster dev` opens on and `pulse run` executes."""

import dagster as dg

from orchestration.defs import checks, lake, metadata, models, published, schedules, sensors
from orchestration.defs.resource import PulseResource
from orchestration.project.suites import LAYERS
from orchestration.workspace.layout import Workspace


def build(workspace: Workspace) -> dg.Definitions:
    """All assets, checks, jobs, schedules and sensors, by the feeds and the settings of a workspace."""
    job = schedules.whole_way(workspace)
    assets = [lake.lake, *models.dbt_layers(workspace), published.generation]
    return dg.Definitions(
        assets=[*metadata.feed_assets(workspace), *metadata.described(assets, workspace)],
        asset_checks=[checks.layer_checks(layer) for layer in LAYERS],
        jobs=[job],
        schedules=[schedules.daily(workspace, job)],
        sensors=[sensors.arrivals(workspace, job), sensors.failures(workspace), sensors.publishes(workspace)],
        resources={"pulse": PulseResource()},
        executor=dg.in_process_executor,
    )
