"""What is at work right now, on the error stream: a spinner on a terminal, one line a step elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console

errors = Console(stderr=True, highlight=False)


@contextmanager
def step(title: str, shown: bool = True) -> Iterator[None]:
    """Show that a step is at work, and its seconds when it has ended."""
    start = time.monotonic()
    with errors.status(f"{title} ...") if shown and errors.is_terminal else nullcontext():
        yield
    if shown:
        errors.print(f"  {title:<22}{time.monotonic() - start:6.1f} s", style="dim")
