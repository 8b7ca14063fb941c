"""The summary of a run, for a sales manager, and the state of a workspace."""

from typing import Any

from orchestration.landing.ledger import Ledger
from orchestration.publishing.generations import current, generations
from orchestration.publishing.readers import reader
from orchestration.reports.figures import figures
from orchestration.workspace.layout import Workspace
from orchestration.workspace.lease import holder

WHERE_TO_LOOK = "Outlets: dim_outlets, with their state. Work: rpt_revival_worklist. Why: rpt_inactivity_causes."


def summary(workspace: Workspace, landing: Any) -> dict:
    """What the published generation says, for a sales manager, and what landed."""
    manifest = current(workspace) or {}
    with reader(workspace) as marts:
        said = figures(marts)
    return {
        "generation": manifest.get("generation"),
        "as_of_date": manifest.get("as_of_date"),
        **said,
        "files_landed_now": sum(f.status == "landed" for f in landing.files),
        "files_refused_now": sum(f.is_refused for f in landing.files),
        "rows_accepted_now": sum(f.accepted for f in landing.files if f.status == "landed"),
        "rows_quarantined_now": sum(f.quarantined for f in landing.files if f.status == "landed"),
        "marts": str((workspace.published / "marts.duckdb").resolve()),
        "parquet": str((workspace.published / "current").resolve()),
        "report": str((workspace.published / "report.html").resolve()),
    }


def workspace_status(workspace: Workspace) -> dict:
    """What is published, what has landed, who is at work."""
    manifest = current(workspace)
    with Ledger(workspace) as ledger:
        feeds = ledger.totals()
    return {
        "workspace": str(workspace.home),
        "generation": manifest["generation"] if manifest else None,
        "published_at": manifest["published_at"] if manifest else None,
        "as_of_date": manifest["as_of_date"] if manifest else None,
        "generations_kept": len(generations(workspace)),
        "running": holder(workspace),
        "feeds": feeds,
    }
