"""The lake as Dagster assets: one per entity of the raw contract, filled by landing."""

from typing import Any

import dagster as dg

from orchestration.defs.metadata import deliveries
from orchestration.landing.land import land
from orchestration.project import contract
from orchestration.warehouse.build_state import BuildState


@dg.multi_asset(
    name="landing",
    group_name="raw",
    specs=[
        dg.AssetSpec(["lake", entity.name], description=entity.description, kinds={"parquet"}, skippable=True)
        for entity in contract.load().values()
    ],
    can_subset=True,  # whichever is asked for, all that is new lands
)
def lake(context: dg.AssetExecutionContext, pulse: dg.ResourceParam[Any]):
    """Take in each new file once; what fails the contract is quarantined with its reason. A build begins with it."""
    with pulse.step("Landing files"):
        before = pulse.inputs()  # the feeds by which the files are read
        report = land(pulse.workspace)
        inputs = before.landed(pulse.workspace)
        BuildState.begin(pulse.workspace, inputs, run_id=context.run.run_id, full=pulse.full)
        for event in deliveries(pulse.workspace, context.instance):
            context.log_event(event)
    for name in contract.load():
        if dg.AssetKey(["lake", name]) not in context.selected_asset_keys:
            continue
        files = [file for file in report.files if file.entity == name]
        yield dg.MaterializeResult(
            asset_key=["lake", name],
            metadata={
                "files": len(files),
                "rows_accepted": sum(file.accepted for file in files),
                "rows_duplicate": sum(file.duplicate for file in files),
                "rows_quarantined": sum(file.quarantined for file in files),
            },
        )
