"""The one kind of error that people see."""

import errno
import os
from pathlib import Path

import duckdb


class PulseError(Exception):
    """One clear line: what, where, expected, found, what to do next.

    A fault has a code: the heading in docs/operations.md under which it says what to do. A wrong question has none.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code

    @property
    def told(self) -> str:
        """The code and the line."""
        return f"{self.code}: {self}" if self.code else str(self)


class FeedWrong(PulseError):
    """A feed file that does not say how its files are to be read."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="feed")


class SettingsWrong(PulseError):
    """A line of pulse.yml, or of its environment variables, that cannot be meant."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="settings")


class FileRefused(PulseError):
    """A file that cannot be read as its feed says."""

    def __init__(self, message: str, code: str = "format") -> None:
        super().__init__(message, code)


def one_line(problem: BaseException) -> str:
    """What a library says, on one line."""
    return " ".join(str(problem).split())[:300]


def printable(text: str) -> str:
    """A name that comes from outside, on one line and in UTF-8."""
    plain = os.fsencode(text).decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in plain)


FULL = ("No space left on device", "disk is full", "Disk quota exceeded", "File too large")
NO_MEMORY = ("Out of Memory", "could not allocate", "failed to allocate", "Allocation failure", "bad_alloc")
BROKEN = (
    "not a valid DuckDB database",
    "Corrupt database",
    "Failed to deserialize",
    "Serialization Error",
    "Could not read enough bytes",
    "replaying WAL",
    "database has been invalidated",
    "INTERNAL Error",
)


def of_the_machine(problem: BaseException | str, place: Path) -> PulseError | None:
    """The error of a full disk or of too little memory, whichever library met it; None where something else is wrong.

    Libraries tell both by their words alone: DuckDB's IOException is also what a broken file raises.
    """
    text = problem if isinstance(problem, str) else one_line(problem)
    number = getattr(problem, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or any(words in text for words in FULL):
        return PulseError(
            f"{place}: the disk is full ({text}); nothing was lost, readers stay where they are; "
            "free space, then `pulse run`",
            code="disk",
        )
    if isinstance(problem, MemoryError) or any(words in text for words in NO_MEMORY):
        return PulseError(
            f"{place}: the memory does not suffice ({text}); raise PULSE_MEMORY, such as PULSE_MEMORY=8GB, "
            "then `pulse run`",
            code="memory",
        )
    return None


def of_a_file(problem: Exception, lake: Path) -> FileRefused:
    """What a problem with one file is told as; a fault of the machine is raised, because no file is to blame for it.

    Whatever a hostile file does to a library, the next file goes on.
    """
    if isinstance(problem, FileRefused):
        return problem
    if machine := of_the_machine(problem, lake):
        raise machine from None
    if isinstance(problem, OSError):
        return FileRefused(f"{one_line(problem)}; give this user the right to read it", code="unreadable")
    kind = "" if isinstance(problem, duckdb.Error) else f"{type(problem).__name__}: "
    return FileRefused(f"{kind}{one_line(problem)}")


def is_damage(text: str) -> bool:
    """Whether the words are DuckDB's for a database file that is broken."""
    return any(words in text for words in BROKEN)
