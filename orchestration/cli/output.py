"""What the commands share: where they print, their exit codes, and how they show rows."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

FINE, FAILED, USAGE, QUARANTINED, HELD = 0, 1, 2, 3, 4
console = Console()
notes = Console(stderr=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for scripts.")]


def print_delivery(told: Any) -> None:
    if told.sent:
        console.print(f"Digests of alerts sent: {told.sent}")
    for problem in told.problems:
        notes.print(f"Alerts: {problem}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def print_rows(title: str, rows: list[dict]) -> None:
    if not rows:
        return
    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    console.print(table)
