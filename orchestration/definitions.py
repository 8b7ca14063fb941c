"""The table of contents of the orchestration: what `dagster dev` opens on and `pulse run` executes."""

import dagster as dg

from orchestration import automation, quality, raw, run, transform

defs = dg.Definitions(
    assets=[raw.lake, *transform.dbt_layers(), run.generation],
    asset_checks=[quality.layer_checks(layer) for layer in quality.LAYERS],
    jobs=[automation.pulse_job],
    resources={"pulse": run.PulseResource()},
    executor=dg.in_process_executor,
)
