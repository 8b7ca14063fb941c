"""What readers see of a generation, all of it: the catalogs, and the page of the same generation."""

from pathlib import Path

from orchestration.publishing import catalog
from orchestration.reports.html_report import write_report
from orchestration.workspace.layout import Workspace


def show(workspace: Workspace, manifest: dict) -> None:
    """Point readers at a generation."""
    catalog.show(workspace, manifest)
    write_report(workspace, manifest)


def rollback(workspace: Workspace) -> dict:
    """Show readers the newest undamaged generation before the current one; returns its manifest."""
    earlier = catalog.one_before(workspace)
    show(workspace, earlier)
    return earlier


def withdraw(workspace: Workspace, folder: Path) -> None:
    """Take a damaged generation away; readers who were on it see the newest whole one, or that nothing is published."""
    if whole := catalog.withdraw(workspace, folder):
        show(workspace, whole)
