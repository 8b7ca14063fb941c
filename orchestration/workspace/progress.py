"""What is at work right now, on the error stream: a spinner on a terminal, one line a step elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.progress import Progress

errors = Console(stderr=True, highlight=False)
WORTH_A_LINE = 3.0


@contextmanager
def step(title: str, shown: bool = True) -> Iterator[None]:
    """Show that a step is at work, and its seconds when it has ended."""
    start = time.monotonic()
    with errors.status(f"{title} ...") if shown and errors.is_terminal else nullcontext():
        yield
    if shown:
        errors.print(f"  {title:<22}{time.monotonic() - start:6.1f} s", style="dim")


@contextmanager
def counted(title: str) -> Iterator[Callable[..., None]]:
    """Show how much of a total is done, as the yielded call tells it; its seconds at the end if it took a while."""
    start = time.monotonic()
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda advance=0, total=None: bar.update(task, advance=advance, total=total)
    if time.monotonic() - start > WORTH_A_LINE:
        errors.print(f"  {title:<22}{time.monotonic() - start:6.1f} s", style="dim")
