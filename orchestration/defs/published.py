"""The last asset: what readers see."""

import dagster as dg

from orchestration.defs.resource import PulseResource
from orchestration.project.marts import mart_names
from orchestration.publishing.publish import publish
from orchestration.reports.html_report import write_report

RETRIES = dg.RetryPolicy(max_retries=3, delay=1, backoff=dg.Backoff.EXPONENTIAL)  # a file that another program holds


@dg.asset(
    key=["published", "generation"],
    retry_policy=RETRIES,
    group_name="published",
    kinds={"parquet"},
    deps=[dg.AssetDep(dg.AssetKey(["marts", name])) for name in mart_names()],
)
def generation(context: dg.AssetExecutionContext, pulse: PulseResource) -> dg.MaterializeResult:
    """The generation of the marts that readers see; made only behind every blocking check."""
    with pulse.step("Publishing"):
        manifest = publish(pulse.workspace, pulse.build(context.run))
        write_report(pulse.workspace, manifest)
    return dg.MaterializeResult(
        metadata={
            "generation": manifest["generation"],
            "as_of_date": manifest["as_of_date"],
            "rows": sum(mart["rows"] for mart in manifest["marts"].values()),
        }
    )
