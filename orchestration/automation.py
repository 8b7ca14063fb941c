"""The one job: everything from the landing folder to the published marts."""

import dagster as dg

pulse_job = dg.define_asset_job(
    "pulse",
    selection=dg.AssetSelection.all(),
    description="Take in what has landed, rebuild, check, and publish one generation.",
)
