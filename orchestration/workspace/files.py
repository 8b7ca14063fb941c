"""SHA-256 of files: what a file is known by, and how damage is noticed."""

import hashlib
from pathlib import Path


def checksum(path: Path) -> str:
    """SHA-256 of the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
