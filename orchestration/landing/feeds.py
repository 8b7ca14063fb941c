"""Feed files: how a source's own columns become the contract's. Validated before anything is read."""

import difflib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestration.project import contract
from orchestration.workspace import yml
from orchestration.workspace.errors import FeedWrong
from orchestration.workspace.sql import literal


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Format(_Strict):
    """How the text of a file is to be read."""

    type: Literal["csv", "parquet", "jsonl"] | None = None
    encoding: str = "utf-8"
    delimiter: str = Field(default=",", pattern=r"^([^\r\n]|whitespace)$")
    quote: str = Field(default='"', pattern=r"^[^\r\n]?$")
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    date: str = "%Y-%m-%d"
    timestamp: str = "%Y-%m-%d %H:%M:%S"
    nulls: list[str] = ["", "NULL"]
    header: Literal[True] | list[str] = True
    final_newline: Literal["required", "optional"] = "required"


class Mapping(_Strict):
    """Where the values of one contract column come from: a source column, an expression, or a constant."""

    column: str | None = None
    sql: str | None = None
    value: str | int | float | bool | None = None
    default: str | int | float | bool | None = None
    date: str | None = None
    timestamp: str | None = None
    map: dict[str, str] | None = None


class EntityFeed(_Strict):
    """Which files of a feed hold an entity, and how."""

    files: str | list[str]
    # the name of a file that says another one is whole: {file} stands for its name, {stem} for the name up to the
    # last dot; it is empty, or holds how many rows the other one has
    marker: str = ""
    format: dict[str, Any] = Field(default_factory=dict)
    columns: dict[str, str | Mapping]

    def marker_of(self, path: Path) -> Path | None:
        """The marker that a file waits for."""
        return path.with_name(self.marker.format(file=path.name, stem=path.stem)) if self.marker else None

    @property
    def patterns(self) -> list[str]:
        return [self.files] if isinstance(self.files, str) else self.files

    def mappings(self) -> dict[str, Mapping]:
        return {n: Mapping(column=m) if isinstance(m, str) else m for n, m in self.columns.items()}


class Feed(_Strict):
    """One source."""

    feed: str
    description: str = ""
    time_zone: str
    currency: str = Field(pattern="^[A-Z]{3}$")
    delivers: Literal["hourly", "daily", "weekly", "monthly"] = "daily"
    settle_seconds: float = Field(default=1, ge=0, le=86400)  # a file that changed since is still being copied
    format: dict[str, Any] = Field(default_factory=dict)
    entities: dict[str, EntityFeed]
    orders_from_lines: list[str] = Field(default_factory=list)

    def format_of(self, entity: str) -> Format:
        return Format(**{**self.format, **self.entities[entity].format})

    @property
    def derives_orders(self) -> bool:
        return "order_lines" in self.entities and "orders" not in self.entities


def nearest(word: str, words: Iterable[str]) -> str:
    """' (nearest: x)' for a word that does not exist."""
    words = list(words)
    close = difflib.get_close_matches(word, words, 1, 0.4) or difflib.get_close_matches(
        word.lower(), [w.lower() for w in words], 1, 0.4
    )
    original = next((w for w in words if close and w.lower() == close[0].lower()), None)
    return (
        f"; nearest name that exists: {original!r}"
        if original
        else f"; expected one of {', '.join(sorted(words)[:12])}"
    )


def load_feed(path: Path) -> Feed:
    """Read and validate a feed file; raises PulseError with one line that names the place."""
    try:
        facts = yml.load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise FeedWrong(f"{path}: not readable as YAML: {' '.join(str(problem).split())}") from None
    if not isinstance(facts, dict):
        raise FeedWrong(f"{path}: expected `feed: {path.stem}` and more, found {type(facts).__name__}")
    entities = contract.deliverable()
    for name, part in (facts.get("entities") or {}).items():
        if name not in entities:
            raise FeedWrong(f"{path}: entities.{name}: unknown entity{nearest(name, entities)}")
        for column in (part or {}).get("columns") or {}:
            if column not in entities[name].columns:
                known = entities[name].columns
                raise FeedWrong(f"{path}: entities.{name}.columns.{column}: unknown column{nearest(column, known)}")
    try:
        feed = Feed(**facts)
        for name in feed.entities:
            feed.format_of(name)
    except ValidationError as problem:
        raise FeedWrong(f"{path}: {_first_problem(problem)}") from None
    _check(path, feed)
    return feed


KNOWN_KEYS = {name for model in (Feed, EntityFeed, Format, Mapping) for name in model.model_fields}


def _first_problem(problem: ValidationError) -> str:
    first = problem.errors()[0]
    # of the two forms of a mapping the message on the longer one tells more
    first = next((e for e in problem.errors() if "Mapping" in e["loc"]), first)
    # a misspelt setting is also a missing one; the misspelling is what to put right
    first = next((e for e in problem.errors() if e["type"] == "extra_forbidden"), first)
    place = ".".join(str(part) for part in first["loc"] if part not in ("Mapping", "str"))
    if first["type"] == "extra_forbidden":
        return f"{place}: unknown setting{nearest(str(first['loc'][-1]), KNOWN_KEYS)}"
    return f"{place}: {first['msg']}, found {first['input']!r}"[:300]


def _check(path: Path, feed: Feed) -> None:
    if feed.feed != path.stem:
        raise FeedWrong(f"{path}: feed: expected {path.stem!r} like the file's name, found {feed.feed!r}")
    if not feed.feed.replace("_", "").replace("-", "").isalnum():
        raise FeedWrong(f"{path}: feed: expected letters, digits, - and _, found {feed.feed!r}")
    try:
        ZoneInfo(feed.time_zone)
    except (KeyError, ValueError, OSError):
        raise FeedWrong(f"{path}: time_zone: {feed.time_zone!r} is no IANA zone such as Europe/Bucharest") from None
    for name, part in feed.entities.items():
        if part.marker and not re.fullmatch(r"[^{}/]*\{(file|stem)\}[^{}/]*", part.marker):
            raise FeedWrong(f"{path}: entities.{name}.marker: expected such as {{file}}.done, found {part.marker!r}")
        mapped = part.mappings()
        for column, mapping in mapped.items():
            if sum(x is not None for x in (mapping.column, mapping.sql, mapping.value)) != 1:
                raise FeedWrong(f"{path}: entities.{name}.columns.{column}: expected one of column, sql and value")
        try:
            "".encode(feed.format_of(name).encoding)
        except LookupError:
            raise FeedWrong(
                f"{path}: entities.{name}: unknown encoding {feed.format_of(name).encoding!r}; "
                "expected utf-8, cp1252 ..."
            ) from None
        fmt = feed.format_of(name)
        patterns = {"format.date": fmt.date, "format.timestamp": fmt.timestamp}
        for column, mapping in mapped.items():
            patterns |= {f"columns.{column}": p for p in (mapping.date, mapping.timestamp) if p}
        for place, pattern in patterns.items():
            if not _is_pattern(pattern):
                raise FeedWrong(f"{path}: entities.{name}.{place}: expected such as %d.%m.%Y, found {pattern!r}")
        for column in required_columns(feed, name):
            if not any(alternative in mapped for alternative in column.split("|")):
                raise FeedWrong(f"{path}: entities.{name}.columns: {column.replace('|', ' or ')} must be mapped")
    for column in feed.orders_from_lines:
        if column not in contract.load()["order_lines"].columns:
            known = contract.load()["order_lines"].columns
            raise FeedWrong(f"{path}: orders_from_lines: unknown column {column!r}{nearest(column, known)}")


@cache
def _is_pattern(pattern: str) -> bool:
    """Whether DuckDB can read a date or a time by it."""
    try:
        duckdb.execute(f"select try_strptime('', {literal(pattern)})")
    except duckdb.Error:
        return False
    return True


def required_columns(feed: Feed, entity: str) -> list[str]:
    """Columns that must be filled; alternatives are joined by |."""
    columns = contract.load()[entity].columns.values()
    required = [column.name for column in columns if column.required]
    if entity == "orders" or (entity == "order_lines" and feed.derives_orders):
        required.append("|".join(column.name for column in columns if column.one_of))
        required += [] if "outlet_id" in required else ["outlet_id"]
    return required


def load_feeds(folder: Path) -> dict[str, Feed]:
    """All feeds of a workspace by name."""
    return {path.stem: load_feed(path) for path in sorted(folder.glob("*.yml"))}
