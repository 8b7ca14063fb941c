"""The warehouse file: disposable, because the lake has all that it is made of."""

import duckdb

from orchestration.errors import is_damage, one_line
from orchestration.workspace import Workspace


def damage(workspace: Workspace) -> str | None:
    """Why the file cannot be opened; None where it can, or where another program only holds it.

    Damage further inside is noticed where it is read: DuckDB keeps a checksum of each block.
    """
    if not workspace.warehouse.exists():
        return None
    try:
        duckdb.connect(str(workspace.warehouse)).close()
    except duckdb.Error as problem:
        return one_line(problem) if is_damage(str(problem)) else None
    return None


def discard(workspace: Workspace) -> None:
    """Take the file away; the next run builds it anew from the lake."""
    for file in (workspace.warehouse, workspace.warehouse.with_name(f"{workspace.warehouse.name}.wal")):
        file.unlink(missing_ok=True)
