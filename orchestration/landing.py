"""Landing: each new file once, from the folder of its feed into the lake, losing nothing.

For every file read = accepted + duplicate + quarantined; a file that cannot be read as its feed says is refused whole.
"""

import fnmatch
import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration import contract
from orchestration.contract import TECHNICAL, Entity
from orchestration.errors import PulseError
from orchestration.feeds import Feed, load_feed, load_feeds, nearest, required_columns
from orchestration.ledger import FileReport, Ledger
from orchestration.preflight import Prepared, content_hash, file_type, link, prepare
from orchestration.reading import judged_sql, mapped, sandbox, source_csv, source_lines
from orchestration.sql import literal, name
from orchestration.workspace import Workspace

# Parquet's own count of its rows can be told by many threads; counting them as they come by one only
FILE_ROW = "file_row_number"
COUNTED = "row_number() over ()"
UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".filepart")
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class LandingReport:
    """What landing did with each file, and the files that no feed claims."""

    files: list[FileReport]
    unclaimed: list[Path]


@dataclass(frozen=True)
class Examination:
    """What would happen to a file as one entity."""

    entity: str
    status: str
    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    quarantined: int = 0
    reason: str = ""
    problems: list[str] = field(default_factory=list)


def land(workspace: Workspace, progress: Progress | None = None) -> LandingReport:
    """Take in what is new; safe to repeat and to interrupt."""
    workspace.prepare()
    feeds = load_feeds(workspace.feeds)
    for described in contract.load().values():
        _write_empty(workspace, described)
    incoming = workspace.lake / ".incoming"
    shutil.rmtree(incoming, ignore_errors=True)  # a landing that was killed
    incoming.mkdir()
    found, unclaimed = _claims(workspace, feeds)
    reports: list[FileReport] = []
    with Ledger(workspace) as ledger:
        for number, (path, feed, entity) in enumerate(found):
            report = _land_once(workspace, ledger, path, feed, contract.load()[entity])
            if progress and report.status != "known":
                progress(number + 1, len(found), path.name)
            reports.append(report)
        _export(workspace, feeds, ledger.files())
    shutil.rmtree(incoming, ignore_errors=True)
    return LandingReport(reports, unclaimed)


def _claims(workspace: Workspace, feeds: dict[str, Feed]) -> tuple[list[tuple[Path, Feed, str]], list[Path]]:
    found, unclaimed = [], []
    for path in sorted(p for p in workspace.landing.rglob("*") if p.is_file()):
        if path.name.startswith(".") or path.name.endswith(UNFINISHED):
            continue
        relative = path.relative_to(workspace.landing)
        feed = feeds.get(relative.parts[0])
        claims = list(_entities(feed, "/".join(relative.parts[1:]))) if feed and len(relative.parts) > 1 else []
        if feed:
            found += [(path, feed, entity) for entity in claims]
        if not claims:
            unclaimed.append(path)
    return found, unclaimed


def _entities(feed: Feed, file: str) -> Iterator[str]:
    for entity, part in feed.entities.items():
        if any(fnmatch.fnmatchcase(file, p) or fnmatch.fnmatchcase(Path(file).name, p) for p in part.patterns):
            yield entity


def _feed_hash(feed: Feed) -> str:
    return hashlib.sha256(feed.model_dump_json().encode()).hexdigest()[:16]


def _land_once(workspace: Workspace, ledger: Ledger, path: Path, feed: Feed, entity: Entity) -> FileReport:
    seen = ledger.seen_hash(path)
    file_hash = seen or content_hash(path)
    known = ledger.find(file_hash, feed.feed, entity.name)
    # a refused file is tried again once its feed file has changed
    if known and (known.status == "landed" or known.feed_hash == _feed_hash(feed)):
        if not seen:
            ledger.saw(path, file_hash)
        return replace(known, status="known")
    now = datetime.now(UTC).replace(tzinfo=None)
    report = FileReport(
        feed=feed.feed,
        entity=entity.name,
        name=path.name,
        hash=file_hash,
        status="landed",
        loaded_at=now.isoformat(sep=" ", timespec="microseconds"),
        feed_hash=_feed_hash(feed),
    )
    try:
        with sandbox(workspace.lake.resolve()) as connection:
            counts = _judge(connection, workspace, path, feed, entity, file_hash, now)
            report = replace(report, **counts)
            _write(connection, workspace, report, entity)
    except PulseError as problem:
        report = replace(report, status="refused", reason=f"{path}: {problem}")
    except duckdb.Error as problem:
        report = replace(report, status="refused", reason=f"{path}: {_one_line(problem)}")
    ledger.record(report)
    ledger.saw(path, file_hash)
    return report


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())[:300]


def _source(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, path: Path, feed: Feed, entity: Entity, file_hash: str
) -> tuple[str, list[str], int, Prepared | None]:
    """SQL of the raw rows, the source's columns, and how many records there are by another count than DuckDB's."""
    fmt = feed.format_of(entity.name)
    kind = file_type(path, fmt)
    # named by content: a file's own name could be a glob or worse
    plain = (workspace.lake / ".incoming" / f"{file_hash[:32]}-{entity.name}").resolve()
    plain.parent.mkdir(parents=True, exist_ok=True)
    if kind == "parquet":
        link(path, plain)
        source = f"read_parquet({literal(plain)})"
        header = [row[0] for row in connection.execute(f"describe select * from {source}").fetchall()]
        (records,) = connection.execute(
            f"select sum(num_rows)::bigint from parquet_file_metadata({literal(plain)})"
        ).fetchall()[0]
        if FILE_ROW in header:
            return _plain_rows(source, header, COUNTED), header, records, None
        source = f"read_parquet({literal(plain)}, {FILE_ROW} = true)"
        return _plain_rows(source, header, f"{FILE_ROW} + 1"), header, records, None
    prepared = prepare(path, fmt, plain, kind)
    if kind == "csv":
        return (
            _plain_rows(source_csv(prepared, fmt), prepared.header, COUNTED),
            prepared.header,
            prepared.records,
            prepared,
        )
    # the functions of JSON fail on what is no JSON, so a broken line is an empty object until it is quarantined
    valid = "case when json_valid(_line) then json_type(_line) = 'OBJECT' else false end"
    lines = (
        f"(select _line, not {valid} as _malformed, case when {valid} then _line else '{{}}' end as _json "
        f"from {source_lines(prepared)})"
    )
    keys = connection.execute(f"select distinct unnest(json_keys(_json)) from {lines}").fetchall()
    # JSON leaves out what is null: a key that no line of the file holds is empty, unless it must be filled
    must = required_columns(feed, entity.name)
    optional = {m.column for c, m in feed.entities[entity.name].mappings().items() if m.column and c not in must}
    header = sorted({key for (key,) in keys} | optional - {"_file_name", "_row_number"})
    values = "".join(f"json_extract_string(_json, {literal('$.' + name(key))}) as {name(key)}, " for key in header)
    rows = f"select {values}{COUNTED} as _row_number, _malformed, _line as _raw from {lines}"
    return rows, header, prepared.records, prepared


def _plain_rows(source: str, header: list[str], row_number: str) -> str:
    """Rows of a table as they are, with the whole row as JSON for the quarantine (made only for rows that need it)."""
    packed = ", ".join(f"{name(column)} := {name(column)}" for column in header)
    return (
        f"select *, {row_number} as _row_number, false as _malformed, to_json(struct_pack({packed})) as _raw "
        f"from {source}"
    )


def _judge(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    path: Path,
    feed: Feed,
    entity: Entity,
    file_hash: str,
    now: datetime,
) -> dict[str, Any]:
    """Fill the tables `judged` and `held` of the connection; returns the counts of the identity."""
    source, header, records, prepared = _source(connection, workspace, path, feed, entity, file_hash)
    expressions = mapped(feed, entity, header)
    columns = ", ".join(name(column) for column in header)
    with_rows = f"select *, {literal(path.name)} as _file_name from ({source})"
    described = ", ".join(f"{expression} as {name(column)}" for column, expression in expressions.items())
    try:
        types = {
            row[0]: row[1]
            for row in connection.execute(f"describe select {described} from ({with_rows} limit 0)").fetchall()
        }
    except duckdb.BinderException as problem:
        raise PulseError(f"{feed.feed}.yml: {entity.name}: {_one_line(problem)}") from None
    select = judged_sql(feed, entity, feed.format_of(entity.name), expressions, types, now.date().isoformat())
    # rows, their first problem, and the raw text of bad rows only; text is parsed once and kept,
    # Parquet is read again faster than it is kept, and becomes a table only where rows must go from it
    connection.execute(
        f"create temp {'table' if prepared else 'view'} judged as with source as "
        f"(select {columns + ', ' if columns else ''}_malformed, _raw, _file_name, _row_number from ({with_rows})) "
        f"select * from ({select})"
    )
    _hold_malformed(connection, prepared)
    key = _repeatable_key(entity, list(expressions))
    different = f"count(distinct hash({', '.join(map(name, key))}))" if key else "count(*)"
    parsed, bad, keys = connection.execute(f"select count(*), count(_problem), {different} from judged").fetchall()[0]
    if not prepared and (bad or keys < parsed):
        connection.execute("create temp table kept as from judged; drop view judged; alter table kept rename to judged")
    (malformed,) = connection.execute("select count(*) from held").fetchall()[0]
    cut = int(bool(prepared and prepared.cut_row))
    if parsed + malformed != records:
        raise PulseError(
            f"expected {records:,} rows by counting line breaks, found {parsed + malformed:,} by parsing; "
            "a quote or delimiter is not as the feed says"
        )
    if cut and prepared:
        connection.execute(
            "insert into held values (?, null, null, 'has no line break at its end and may be cut', "
            "'a line break (or final_newline: optional in the feed)', ?)",
            [records + 1, prepared.cut_row],
        )
    if bad:
        connection.execute(
            "insert into held select _row_number, _problem.column_name, _problem.value, _problem.reason, "
            "_problem.expected, _raw from judged where _problem is not null"
        )
        connection.execute("delete from judged where _problem is not null")
    duplicate = _drop_duplicates(connection, list(expressions)) if keys < parsed else 0
    held = malformed + cut + bad
    return {
        "read": records + cut,
        "accepted": parsed - bad - duplicate,
        "duplicate": duplicate,
        "quarantined": held,
    }


def _hold_malformed(connection: duckdb.DuckDBPyConnection, prepared: Prepared | None) -> None:
    """Rows that the parser could not cut into columns, and the numbers of the rows behind them put right."""
    connection.execute(
        "create temp table held (row_number bigint, column_name varchar, value varchar, reason varchar, "
        "expected varchar, raw varchar)"
    )
    if not prepared:
        return
    exists = connection.execute(
        "select count(*) from information_schema.tables where table_name = 'reject_errors'"
    ).fetchall()[0][0]
    if not exists:
        return
    expected = f"{len(prepared.header)} columns" if prepared.header else "one line"
    connection.execute(
        "insert into held select line - 1, any_value(column_name), null, 'cannot be cut into columns: ' || "
        "lower(replace(any_value(error_type)::varchar, '_', ' ')), ?, any_value(csv_line) "
        "from reject_errors group by line",
        [expected],
    )
    connection.execute(
        """
        update judged set _row_number = _row_number + coalesce((
            select max(place) from (
                select row_number - row_number() over (order by row_number) as before,
                    row_number() over (order by row_number) as place
                from held
            ) where before < judged._row_number
        ), 0)
        where (select count(*) from held) > 0
        """
    )


def _repeatable_key(entity: Entity, columns: list[str]) -> list[str]:
    """The columns that can tell a row from its repetition; without a whole key two equal rows may both be meant."""
    needed = set(entity.key)
    if not needed <= set(columns) and not needed - {"valid_from", "beat_id", "rep_id"} <= set(columns):
        return []
    return [column for column in entity.key if column in columns]


def _drop_duplicates(connection: duckdb.DuckDBPyConnection, columns: list[str]) -> int:
    """Exact repetitions of a row go; the first stays. Rows of one key that differ are versions, and all stay."""
    listed = ", ".join(name(column) for column in columns)
    (dropped,) = connection.execute(
        f"delete from judged where rowid in "
        f"(select unnest(list(rowid order by _row_number)[2:]) from judged group by {listed})"
    ).fetchall()[0]
    return dropped


def _write(connection: duckdb.DuckDBPyConnection, workspace: Workspace, report: FileReport, entity: Entity) -> None:
    """Lake and quarantine files, each written beside and moved into place by one rename."""
    present = {row[0] for row in connection.execute("describe judged").fetchall()}
    columns, order = [], ""  # rows stay in the order of the file unless a window takes it from them
    for column in entity.columns.values():
        value = f"{name(column.name)}::{column.data_type}"
        if column.name not in present:
            value = _constant(None) if column.data_type == "varchar" else f"null::{column.data_type}"
        if column.name == "line_number" and column.name not in present:
            value = "row_number() over (partition by order_id order by _row_number)"
            order = "order by _row_number"
        columns.append(f"{value} as {name(column.name)}")
    facts = [report.feed, report.hash, report.name]
    technical = [f"{_constant(fact)} as {column}" for column, fact in zip(list(TECHNICAL)[:3], facts, strict=True)]
    technical += ["_row_number", f"timestamp {literal(report.loaded_at)} as _loaded_at"]
    derived = _derived_key(report, workspace, entity)
    source = f"select * {derived} from judged" if derived else "select * from judged"
    _copy(
        connection,
        f"select {', '.join([*columns, *technical])} from ({source}) {order}",
        workspace.lake.resolve() / entity.name / f"{report.feed}-{report.hash[:16]}.parquet",
    )
    target = workspace.lake.resolve() / "quarantine" / f"{report.feed}-{entity.name}-{report.hash[:16]}.parquet"
    if report.quarantined:
        _copy(
            connection,
            f"select {literal(report.feed)} as feed, {literal(entity.name)} as entity, "
            f"{literal(report.name)} as file_name, "
            f"{literal(report.hash)} as file_hash, row_number, column_name, value, reason, expected, raw, "
            f"timestamp {literal(report.loaded_at)} as quarantined_at from held order by row_number",
            target,
        )
    else:
        target.unlink(missing_ok=True)


def _constant(text: str | None) -> str:
    """One text, or null, for all rows: as an enum, which DuckDB writes without looking at each row; text when read."""
    return "null::enum('')" if text is None else f"{literal(text)}::enum({literal(text)})"


def _derived_key(report: FileReport, workspace: Workspace, entity: Entity) -> str:
    """Where only lines are delivered: the columns that together name an order become its key."""
    if entity.name != "order_lines":
        return ""
    feed = load_feed(workspace.feeds / f"{report.feed}.yml")
    if not feed.derives_orders or feed.orders_from_lines in ([], ["order_id"]):
        return ""
    parts = ", ".join(f"coalesce({name(column)}::varchar, '')" for column in feed.orders_from_lines)
    return f"replace (concat_ws('|', {parts}) as order_id)"


def _copy(connection: duckdb.DuckDBPyConnection, select: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.tmp")
    connection.execute(f"copy ({select}) to {literal(beside)} (format parquet, compression zstd)")
    beside.replace(target)


def _write_empty(workspace: Workspace, entity: Entity) -> None:
    """The columns of an entity without rows: a table that nobody delivers is empty, not missing."""
    target = workspace.lake.resolve() / entity.name / "_empty.parquet"
    types = {column.name: column.data_type for column in entity.columns.values()}
    types |= {} if entity.written_by_landing else TECHNICAL
    described = target.with_name("_empty.columns")
    wanted = repr(types)
    if target.exists() and described.exists() and described.read_text() == wanted:
        return
    columns = ", ".join(f"null::{kind} as {name(column)}" for column, kind in types.items())
    with duckdb.connect() as connection:
        _copy(connection, f"select {columns} limit 0", target)
    described.write_text(wanted)


def _export(workspace: Workspace, feeds: dict[str, Feed], files: list[FileReport]) -> None:
    """Feeds and ledger as tables of the lake, so that dbt and the checks can read them."""
    lake = workspace.lake.resolve()
    with duckdb.connect() as connection:
        connection.execute(
            "create table feeds (feed varchar, time_zone varchar, currency varchar, delivers varchar, "
            "description varchar, orders_from_lines boolean, first_loaded_at timestamp)"
        )
        for feed in feeds.values():
            facts = [feed.feed, feed.time_zone, feed.currency, feed.delivers, feed.description, feed.derives_orders]
            first = min((f.loaded_at for f in files if f.feed == feed.feed and f.status == "landed"), default=None)
            connection.execute("insert into feeds values (?, ?, ?, ?, ?, ?, ?)", [*facts, first])
        _copy(connection, "from feeds order by feed", lake / "feeds" / "feeds.parquet")
        connection.execute(
            "create table files (feed varchar, entity varchar, file_name varchar, file_hash varchar, status varchar, "
            "rows_read bigint, rows_accepted bigint, rows_duplicate bigint, rows_quarantined bigint, "
            "loaded_at timestamp)"
        )
        if files:
            connection.executemany(
                "insert into files values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    [
                        f.feed,
                        f.entity,
                        f.name,
                        f.hash,
                        f.status,
                        f.read,
                        f.accepted,
                        f.duplicate,
                        f.quarantined,
                        f.loaded_at,
                    ]
                    for f in files
                ],
            )
        _copy(connection, "from files order by all", lake / "files" / "files.parquet")


def doctor(workspace: Workspace, file: Path, feed_name: str) -> list[Examination]:
    """Read a file by a feed and write nothing into the lake: what would be accepted and rejected, and why."""
    path = Path(feed_name) if feed_name.endswith((".yml", ".yaml")) else workspace.feeds / f"{feed_name}.yml"
    if not path.exists():
        known = [p.stem for p in workspace.feeds.glob("*.yml")]
        raise PulseError(f"{path}: no such feed file{nearest(feed_name, known) if known else ''}")
    feed = load_feed(path)
    entities = list(_entities(feed, file.name))
    if not entities:
        patterns = ", ".join(p for part in feed.entities.values() for p in part.patterns)
        raise PulseError(f"{file}: feed {feed.feed} claims no such file; its patterns are {patterns}")
    found = []
    for entity in entities:
        (workspace.lake / ".incoming").mkdir(parents=True, exist_ok=True)
        try:
            with sandbox(workspace.lake.resolve()) as connection:
                counts = _judge(
                    connection,
                    workspace,
                    file,
                    feed,
                    contract.load()[entity],
                    content_hash(file),
                    datetime.now(UTC).replace(tzinfo=None),
                )
                rows = connection.execute(
                    "select column_name, reason, expected, count(*), min(row_number), any_value(value) from held "
                    "group by all order by 4 desc limit 20"
                ).fetchall()
            problems = [
                f"{n:,} rows, first row {row}: {column or 'row'} {reason}"
                + (f", found {value!r}" if value is not None else "")
                + f"; expected {expected}"
                for column, reason, expected, n, row, value in rows
            ]
            found.append(Examination(entity, "readable", **counts, problems=problems))
        except PulseError as problem:
            found.append(Examination(entity, "refused", reason=f"{file}: {problem}"))
        except duckdb.Error as problem:
            found.append(Examination(entity, "refused", reason=f"{file}: {_one_line(problem)}"))
    return found
