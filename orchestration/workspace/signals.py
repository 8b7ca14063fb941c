"""How a run is stopped: at once, because it is built to be killed anywhere; the next run takes up what it left."""

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = {signal.SIGINT, signal.SIGTERM}
LAST_WORDS = 5.0  # seconds for what is done at the end
LOOK = 0.5


@contextmanager
def stoppable(seconds: float, at_last: Callable[[], None]) -> Iterator[None]:
    """SIGTERM, Ctrl-C and the limit in seconds end the process with one line, within ten seconds.

    A thread hears of the signals by Python's wakeup descriptor. An exception in the main thread would have to find its
    way out of dbt, Dagster and queries at work, and each of them takes signals in its own way; blocking the signals
    would block them in every process that is started, too. `at_last` is called before the end.
    """
    ended, stopping = threading.Event(), threading.Event()
    hears, tells = os.pipe()
    os.set_blocking(tells, False)
    before = {number: signal.signal(number, lambda *_: None) for number in SIGNALS}
    wakeup = signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
    start = time.monotonic()

    def watch() -> None:
        while not ended.is_set():
            told = os.read(hears, 1) if select.select([hears], [], [], LOOK)[0] else b""
            heard = told[0] if told else 0
            if heard in SIGNALS and not ended.is_set():
                stopping.set()
                _end(f"{signal.Signals(heard).name} after", start, 128 + heard, at_last)
            if time.monotonic() - start > seconds:
                stopping.set()
                _end(f"its limit of {seconds / 60:g} minutes (run_limit_minutes in pulse.yml),", start, 1, at_last)
        os.close(hears)

    threading.Thread(target=watch, daemon=True, name="stopping").start()
    try:
        yield
    finally:
        if stopping.is_set():  # a library took the signal, too; the process ends with the last words
            time.sleep(2 * LAST_WORDS)
        ended.set()
        signal.set_wakeup_fd(wakeup)
        os.close(tells)
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(why: str, start: float, code: int, at_last: Callable[[], None]) -> None:
    shown = "\x1b[?25h\r" if sys.stderr.isatty() else ""  # a spinner hides the cursor
    line = (
        f"{shown}pulse: stopped: by {why} {time.monotonic() - start:.0f} s; nothing is lost, readers stay on the last "
        "generation; `pulse run` goes on\n"
    )
    os.write(sys.stderr.fileno(), line.encode())
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # what the main thread has to say about its interruption is no news
        os.dup2(silence, stream)
    last = threading.Thread(target=at_last, daemon=True)
    last.start()
    last.join(LAST_WORDS)
    os._exit(code)
