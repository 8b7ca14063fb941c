"""One file judged row by row, by its feed and the raw contract: accepted, repeated, or held back with a reason."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.landing.feeds import Feed, required_columns
from orchestration.landing.mapping import judged_sql, mapped, source_csv, source_lines
from orchestration.landing.preflight import Prepared, file_type, link, prepare, row_numbers
from orchestration.project.contract import Entity
from orchestration.workspace.errors import FileRefused, of_the_machine, one_line, printable
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import literal, name

# Parquet's own count of its rows can be told by many threads; counting them as they come by one only
FILE_ROW = "file_row_number"
COUNTED = "row_number() over ()"
OURS = {"_row_number", "_file_name", "_malformed", "_raw"}  # what is added to each row; a source's own are passed over


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
        try:
            header = [row[0] for row in connection.execute(f"describe select * from {source}").fetchall()]
        except duckdb.Error as problem:
            if of_the_machine(problem, workspace.lake):
                raise
            raise FileRefused(
                "expected a whole Parquet file, found other bytes; the file may be cut, ask for it again", code="cut"
            ) from None
        (records,) = connection.execute(
            f"select sum(num_rows)::bigint from parquet_file_metadata({literal(plain)})"
        ).fetchall()[0]
        if FILE_ROW in header:
            return _plain_rows(source, header, COUNTED), [c for c in header if c not in OURS], records, None
        source = f"read_parquet({literal(plain)}, {FILE_ROW} = true)"
        return _plain_rows(source, header, f"{FILE_ROW} + 1"), [c for c in header if c not in OURS], records, None
    prepared = prepare(path, fmt, plain, kind)
    mapped_to = {m.column for m in feed.entities[entity.name].mappings().values() if m.column}
    if kind == "csv":
        prepared = replace(prepared, header=list(_distinct(prepared.header, mapped_to).values()))
        rows = _plain_rows(source_csv(prepared, fmt), prepared.header, COUNTED)
        return rows, [column for column in prepared.header if column not in OURS], prepared.records, prepared
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
    named = _distinct(sorted(({key for (key,) in keys} | optional) - OURS), mapped_to)
    values = "".join(
        f"json_extract_string(_json, {literal(_json_path(key))}) as {name(column)}, " for key, column in named.items()
    )
    rows = f"select {values}{COUNTED} as _row_number, _malformed, _line as _raw from {lines}"
    return rows, list(named.values()), prepared.records, prepared


def _distinct(header: list[str], mapped_to: set[str]) -> dict[str, str]:
    """The source's columns under names that SQL can tell apart: it knows no empty name, and no case of letters.

    A column that the feed names keeps its name.
    """
    taken = {column.lower() for column in header if column in mapped_to}
    named = {}
    for number, column in enumerate(header, 1):
        clashes = not column or (column not in mapped_to and column.lower() in taken)
        named[column] = f"column {number}" if clashes else column
        taken.add(column.lower())
    return named


def _json_path(key: str) -> str:
    """A key of a JSON object as DuckDB's path: a leading slash makes it RFC 6901, which can name any key."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _plain_rows(source: str, header: list[str], row_number: str) -> str:
    """Rows of a table as they are, with the whole row as JSON for the quarantine (made only for rows that need it)."""
    packed = ", ".join(f"{name(column)} := {name(column)}" for column in header)
    kept = "".join(f"{name(column)}, " for column in header if column not in OURS)
    return (
        f"select {kept}{row_number} as _row_number, false as _malformed, to_json(struct_pack({packed})) as _raw "
        f"from {source}"
    )


def judge(
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
    with_rows = f"select *, {literal(printable(path.name))} as _file_name from ({source})"
    described = ", ".join(f"{expression} as {name(column)}" for column, expression in expressions.items())
    try:
        types = {
            row[0]: row[1]
            for row in connection.execute(f"describe select {described} from ({with_rows} limit 0)").fetchall()
        }
    except duckdb.BinderException as problem:
        raise FileRefused(f"{feed.feed}.yml: {entity.name}: {one_line(problem)}", code="feed") from None
    select = judged_sql(feed, entity, feed.format_of(entity.name), expressions, types, now.date().isoformat())
    # rows, their first problem, and the raw text of bad rows only; text is parsed once and kept,
    # Parquet is read again faster than it is kept, and becomes a table only where rows must go from it
    key = _repeatable_key(entity, list(expressions))
    different = f"count(distinct hash({', '.join(map(name, key))}))" if key else "count(*)"
    try:
        connection.execute(
            f"create temp {'table' if prepared else 'view'} judged as with source as "
            f"(select {columns + ', ' if columns else ''}_malformed, _raw, _file_name, _row_number from ({with_rows})) "
            f"select * from ({select})"
        )
        _hold_malformed(connection, prepared)
        counts = f"select count(*), count(_problem), {different} from judged"
        parsed, bad, keys = connection.execute(counts).fetchall()[0]
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as problem:
        if "CSV" in str(problem):
            raise FileRefused(
                "expected lines that end alike and columns as the feed says, found others; "
                "set delimiter and quote in the feed, or ask for the file again"
            ) from None
        # not in DuckDB's words: they quote the value, and it may be a telephone number
        raise FileRefused(
            f"{feed.feed}.yml: {entity.name}: a value does not fit an SQL expression of the feed "
            f"({type(problem).__name__}); use try_cast or try_strptime there, and the row is quarantined",
            code="feed",
        ) from None
    if not prepared and (bad or keys < parsed):
        connection.execute("create temp table kept as from judged; drop view judged; alter table kept rename to judged")
    (malformed,) = connection.execute("select count(*) from held").fetchall()[0]
    cut = int(bool(prepared and prepared.cut_row))
    if parsed + malformed != records:
        raise FileRefused(
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
    # by the byte where a row begins: DuckDB's number of its line counts blank lines and breaks within quotes, too
    rejected = connection.execute(
        "select line_byte_position, any_value(column_name), lower(replace(any_value(error_type)::varchar, '_', ' ')), "
        "any_value(csv_line) from reject_errors group by line_byte_position"
    ).fetchall()
    if not rejected:
        return
    numbers = row_numbers(prepared, [row[0] for row in rejected])
    expected = f"{len(prepared.header)} columns" if prepared.header else "one line"
    connection.executemany(
        "insert into held values (?, ?, null, 'cannot be cut into columns: ' || ?, ?, ?)",
        [[numbers[position], column, error, expected, line] for position, column, error, line in rejected],
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
