"""Files that are whole or not there: their checksums, and one way to put another one in their place."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def checksum(path: Path) -> str:
    """SHA-256 of the bytes of a file: what a file is known by, and how damage is noticed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def replaced(path: Path, *, by_several: bool = False) -> Iterator[Path]:
    """A place beside a file for what takes its place in one rename at the end of the block; nothing where it fails.

    `by_several` is for files that several processes may write at once.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp" if by_several else f".{path.name}.tmp")
    beside.unlink(missing_ok=True)  # of a process that was killed
    try:
        yield beside
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def pointed(link: Path, target: Path) -> None:
    """Let a symbolic link name another target, in one rename."""
    beside = link.with_name(f".{link.name}")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    os.replace(beside, link)
