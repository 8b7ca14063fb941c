"""Raw bytes before anything parses them: what a lenient CSV reader would lose in silence is refused here."""

import codecs
import csv
import gzip
import io
import os
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy

from orchestration.landing.feeds import Format
from orchestration.workspace.errors import FileRefused

CHUNK = 1 << 22
LONGEST_LINE = 10_000_000
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Prepared:
    """Text that can be parsed: plain UTF-8 with whole lines."""

    path: Path
    header: list[str]
    records: int  # counted from the bytes, below the header
    cut_row: str | None  # the last line where its line break is missing
    quote: bytes = b""
    has_header: bool = False


def file_type(path: Path, fmt: Format) -> str:
    """csv, parquet or jsonl: what the feed says, else what the name says."""
    if fmt.type:
        return fmt.type
    name = path.name.lower().removesuffix(".gz")
    return "parquet" if name.endswith(".parquet") else "jsonl" if name.endswith((".jsonl", ".ndjson")) else "csv"


def _bytes(path: Path) -> Iterator[bytes]:
    with path.open("rb") as plain:
        zipped = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        source: io.BufferedIOBase = gzip.GzipFile(fileobj=plain) if zipped else plain
        try:
            while chunk := source.read(CHUNK):
                yield chunk
        except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
            raise FileRefused(
                f"the compressed data is cut or damaged ({problem}); ask for the file again", code="cut"
            ) from None


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    """Text by the feed's encoding; names the first byte that does not fit."""
    decoder = codecs.getincrementaldecoder(encoding)()
    wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    offset = 0
    for number, chunk in enumerate(_bytes(path)):
        if number == 0:
            found = next((name for mark, name in MARKS.items() if chunk.startswith(mark)), None)
            if found == "utf-16" and not wide:
                raise FileRefused(
                    f"byte 0: expected {encoding}, found a UTF-16 byte order mark; set `encoding: utf-16`",
                    code="encoding",
                )
            if found == "utf-8" and codecs.lookup(encoding).name == "utf-8":
                chunk = chunk[3:]
                offset = 3
        if not wide and (nul := chunk.find(b"\0")) >= 0:
            raise FileRefused(
                f"byte {offset + nul}: expected {encoding} text, found a NUL byte; ask for the file again",
                code="encoding",
            )
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(chunk)
            if wide and "\0" in text:
                raise FileRefused(
                    f"byte {offset - pending + len(text[: text.index(chr(0))].encode(encoding))}: expected {encoding} "
                    "text, found a NUL character; ask for the file again",
                    code="encoding",
                )
            yield text
        except UnicodeDecodeError as problem:
            at = offset - pending + problem.start
            raise FileRefused(
                f"byte {at}: expected {encoding}, found 0x{problem.object[problem.start]:02x}; set the feed's encoding",
                code="encoding",
            ) from None
        except UnicodeError as problem:  # no byte order mark where one must be
            raise FileRefused(
                f"byte {offset}: expected {encoding}, found other bytes ({problem}); set the feed's encoding",
                code="encoding",
            ) from None
        offset += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise FileRefused(
            f"byte {offset}: the file ends inside a character; ask for the file again", code="cut"
        ) from None


def link(path: Path, target: Path) -> None:
    """The same bytes under another name: the sandbox follows a symbolic link out of the lake and refuses it."""
    target.unlink(missing_ok=True)
    try:
        os.link(path, target)
    except OSError:  # another disk
        shutil.copyfile(path, target)


def prepare(path: Path, fmt: Format, plain: Path, kind: str) -> Prepared:
    """Check a text file and write it to `plain` as UTF-8 with whole lines (a link where it is so already)."""
    quote = fmt.quote.encode() if kind == "csv" and fmt.quote else b""
    counter = _RecordCounter(quote)
    spaced = fmt.delimiter == "whitespace"
    has_header = kind == "csv" and fmt.header is True
    with path.open("rb") as raw:
        start = raw.read(3)
    as_it_is = codecs.lookup(fmt.encoding).name in ("utf-8", "ascii") and not spaced
    as_it_is = as_it_is and not start.startswith((b"\x1f\x8b", codecs.BOM_UTF8))
    rest, first_line, empty = "", None, True
    beside = plain.with_suffix(".partial")
    with beside.open("w", encoding="utf-8", newline="") as out:
        for text in _decoded(path, fmt.encoding):
            empty = False
            text = rest + text
            cut = text.rfind("\n") + 1
            text, rest = text[:cut], text[cut:]
            if len(rest) > LONGEST_LINE:
                raise FileRefused(
                    f"row {counter.records + 1}: no line break for {LONGEST_LINE:,} characters; expected lines of text"
                )
            if first_line is None and text:
                first_line = text[: text.index("\n") + 1]
            if spaced:
                text = "".join(f"{','.join(line.split())}\n" for line in text.splitlines())
            counter.add(text.encode())
            if not as_it_is:
                out.write(text)
        if empty:
            raise FileRefused(
                "the file is empty: expected at least a header; an empty day is a header without rows", code="empty"
            )
        if counter.open_quote_row is not None:
            raise FileRefused(
                f"row {counter.open_quote_row - has_header}: an opening quote never closes, "
                "the file may be cut; ask for it again",
                code="cut",
            )
        whole = not rest
        if not whole and first_line is None and has_header and fmt.final_newline == "required":
            raise FileRefused(
                "row 0: the header has no line break at its end, the file may be cut; ask for it again "
                "(or set final_newline: optional)",
                code="cut",
            )
        if not whole and fmt.final_newline == "optional":
            first_line = first_line or rest + "\n"
            rest = ",".join(rest.split()) if spaced else rest
            counter.add(rest.encode() + b"\n")
            if not as_it_is:
                out.write(rest + "\n")
            rest = ""
        elif not whole and as_it_is:
            # the reader must not see the cut line: write the whole ones
            as_it_is = False
            out.close()
            _copy_whole_lines(path, beside)
    first_line = first_line or ""
    if as_it_is:
        beside.unlink()
        link(path, plain)
    else:
        beside.replace(plain)
    header = _header(first_line, fmt, kind)
    return Prepared(plain, header, counter.records - has_header, rest or None, quote, has_header)


def row_numbers(prepared: Prepared, positions: list[int]) -> dict[int, int]:
    """The number of the row that begins at a byte of the prepared text, for each of these bytes."""
    counter, numbers, read = _RecordCounter(prepared.quote), {}, 0
    with prepared.path.open("rb") as text:
        for position in sorted(positions):
            while read < position:
                chunk = text.read(min(CHUNK, position - read))
                if not chunk:
                    break
                counter.add(chunk)
                read += len(chunk)
            numbers[position] = counter.records - prepared.has_header + 1
    return numbers


def _header(first_line: str, fmt: Format, kind: str) -> list[str]:
    if kind != "csv":
        return []
    if isinstance(fmt.header, list):
        return fmt.header
    if fmt.delimiter == "whitespace":
        names = first_line.split()
    else:
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if fmt.quote else csv.QUOTE_NONE
        names = next(csv.reader([first_line], delimiter=fmt.delimiter, quotechar=fmt.quote or None, quoting=quoting))
    names = [name.strip() for name in names]
    twice = next((number for number, name in enumerate(names) if name in names[:number]), None)
    if twice is not None:
        # by their places: a file without a header has a row here, and it may hold a telephone number
        first = names.index(names[twice]) + 1
        raise FileRefused(
            f"columns {first} and {twice + 1} have one name; expected each name once, ask for the file again",
            code="header",
        )
    return names


def _copy_whole_lines(path: Path, target: Path) -> None:
    held = b""
    with target.open("wb") as out:
        for chunk in _bytes(path):
            held += chunk
            cut = held.rfind(b"\n") + 1
            out.write(held[:cut])
            held = held[cut:]


class _RecordCounter:
    """Counts records from the bytes alone: line breaks outside quotes, blank lines left out."""

    def __init__(self, quote: bytes) -> None:
        self.records = 0
        self._quote = quote[0] if quote else None
        self._open = False
        self._blank = True  # nothing seen since the last record's end
        self._opened_at: int | None = None

    @property
    def open_quote_row(self) -> int | None:
        return self._opened_at if self._open else None

    def add(self, data: bytes) -> None:
        if not data:
            return
        if (self._quote is not None and self._quote in data) or self._open:
            self._add_quoted(data)
            return
        lines = data.count(b"\n")
        blank = data.count(b"\n\n") + data.count(b"\n\r\n") + data.startswith((b"\n", b"\r\n"))
        if (blank and b"\n\n\n" in data) or b"\n\r\n\r\n" in data:  # counted one by one where blanks follow blanks
            blank = sum(not line.strip(b"\r") for line in data.split(b"\n")[:-1])
        self.records += lines - blank

    def _add_quoted(self, data: bytes) -> None:
        array = numpy.frombuffer(data, dtype=numpy.uint8)
        inside = (numpy.cumsum(array == self._quote) + self._open) % 2 == 1
        ends = numpy.flatnonzero((array == 10) & ~inside)
        lengths = numpy.diff(ends, prepend=-1)
        blank = (lengths == 1) | ((lengths == 2) & (array[numpy.maximum(ends - 1, 0)] == 13))
        if self._open and len(blank):
            blank[0] = False
        self.records += int(len(ends) - blank.sum())
        still_open = bool(inside[-1])
        if still_open and not (self._open and not len(ends)):
            self._opened_at = self.records + 1
        self._open = still_open
