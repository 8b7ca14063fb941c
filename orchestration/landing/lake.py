"""The lake's files: what landing writes, each made beside and moved into place by one rename."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.landing.feeds import Feed, load_feed
from orchestration.landing.ledger import FileReport, LakeFile, Ledger
from orchestration.project import contract
from orchestration.project.contract import TECHNICAL, Entity
from orchestration.workspace.errors import PulseError
from orchestration.workspace.files import checksum, replaced
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import constant, literal, name

QUARANTINE = "quarantine"
EMPTY = "_empty.parquet"
MOST_LEFT = 2  # rows and quarantine of one file: each landing begins by taking away what the last one left


def write(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    report: FileReport,
    entity: Entity,
    table: str = "judged",
    earlier: Sequence[LakeFile] = (),
) -> list[LakeFile]:
    """The connection's judged rows and those of its table `held` as files; they count once the ledger names them.

    `earlier` is what the lake holds of the file already: a release from the quarantine writes beside it.
    """
    present = {row[0] for row in connection.execute(f"describe {table}").fetchall()}
    columns, order = [], ""  # rows stay in the order of the file unless a window takes it from them
    for column in entity.columns.values():
        value = f"{name(column.name)}::{column.data_type}"
        if column.name not in present:
            value = _constant(None) if column.data_type == "varchar" else f"null::{column.data_type}"
        if column.name == "line_number" and column.name not in present:
            value = (
                f"row_number() over (partition by order_id order by _row_number) + {_lines_before(workspace, earlier)}"
            )
            order = "order by _row_number"
        columns.append(f"{value} as {name(column.name)}")
    facts = [report.feed, report.hash, report.name]
    technical = [f"{_constant(fact)} as {column}" for column, fact in zip(list(TECHNICAL)[:3], facts, strict=True)]
    technical += ["_row_number", f"timestamp {literal(report.loaded_at)} as _loaded_at"]
    derived = _derived_key(report, workspace, entity)
    source = f"select * {derived} from {table}"
    name_of = f"{report.hash[:16]}{f'-{len(earlier)}' if earlier else ''}.parquet"
    written = [
        _copy(
            connection,
            f"select {', '.join([*columns, *technical])} from ({source}) as source {order}",
            workspace.lake,
            f"{entity.name}/{report.feed}-{name_of}",
        )
    ]
    if report.quarantined:
        held = _copy(
            connection,
            f"select {literal(report.feed)} as feed, {literal(entity.name)} as entity, "
            f"{literal(report.name)} as file_name, "
            f"{literal(report.hash)} as file_hash, row_number, column_name, value, reason, expected, raw, "
            f"timestamp {literal(report.loaded_at)} as quarantined_at from held order by row_number",
            workspace.lake,
            f"{QUARANTINE}/{report.feed}-{entity.name}-{name_of}",
        )
        written.append(held)
    return written


def _lines_before(workspace: Workspace, earlier: Sequence[LakeFile]) -> str:
    """How many lines of a row's order the lake holds already."""
    if not earlier:
        return "0"
    files = ", ".join(literal(workspace.lake.resolve() / file.path) for file in earlier)
    lines = f"select max(line_number) from read_parquet([{files}]) as kept where kept.order_id = source.order_id"
    return f"coalesce(({lines}), 0)"


def unnamed(workspace: Workspace, ledger: Ledger) -> list[Path]:
    """Files of the lake that the ledger does not name: a landing or a release was killed before they counted."""
    counted = {file.path for file in ledger.lake_files()}
    return [
        file
        for folder in (*contract.deliverable(), QUARANTINE)
        for file in (workspace.lake / folder).glob("*.parquet*")
        if f"{folder}/{file.name}" not in counted and file.name != EMPTY
    ]


def too_many(files: list[Path]) -> str:
    """What is wrong with the ledger where a kill cannot have left so many: it is lost, or older than the lake."""
    whole = [file for file in files if file.suffix == ".parquet"]
    if len(whole) <= MOST_LEFT:
        return ""
    return f"it does not name {len(whole):,} files of the lake, such as {whole[0].name}"


def tidy(workspace: Workspace, ledger: Ledger) -> None:
    """Take away what the ledger does not name."""
    left = unnamed(workspace, ledger)
    if said := too_many(left):
        raise PulseError(
            f"{ledger.path}: {said}; put it back from your backup, or move the lake away and let all land again",
            code="damaged",
        )
    for file in left:
        file.unlink()


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


def _copy(connection: duckdb.DuckDBPyConnection, select: str, lake: Path, path: str) -> LakeFile:
    target = lake.resolve() / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with replaced(target) as beside:
        copied = connection.execute(f"copy ({select}) to {literal(beside)} (format parquet, compression zstd)")
        (rows,) = copied.fetchall()[0]
        summed = checksum(beside)
    return LakeFile(path, rows, summed)


def write_empty(workspace: Workspace, entity: Entity) -> None:
    """The columns of an entity without rows: a table that nobody delivers is empty, not missing."""
    target = workspace.lake / entity.name / EMPTY
    types = entity.types
    described = target.with_name("_empty.columns")
    wanted = repr(types)
    if target.exists() and described.exists() and described.read_text() == f"{wanted} {checksum(target)}":
        return
    columns = ", ".join(f"null::{kind} as {name(column)}" for column, kind in types.items())
    with duckdb.connect() as connection:
        made = _copy(connection, f"select {columns} limit 0", workspace.lake, f"{entity.name}/{EMPTY}")
    described.write_text(f"{wanted} {made.sha256}")


def _counted(f: FileReport) -> tuple[str | int, ...]:
    """A file as a row of the entity `files`."""
    return f.feed, f.entity, f.name, f.hash, f.status, f.read, f.accepted, f.duplicate, f.quarantined, f.loaded_at


def export(workspace: Workspace, feeds: dict[str, Feed], files: list[FileReport]) -> None:
    """Feeds and ledger as tables of the lake, so that dbt and the checks can read them."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table feeds (feed varchar, time_zone varchar, currency varchar, delivers varchar, "
            "description varchar, orders_from_lines boolean, first_loaded_at timestamp)"
        )
        for feed in feeds.values():
            facts = [feed.feed, feed.time_zone, feed.currency, feed.delivers, feed.description, feed.derives_orders]
            first = min((f.loaded_at for f in files if f.feed == feed.feed and f.status == "landed"), default=None)
            connection.execute(f"insert into feeds values ({', '.join(map(constant, [*facts, first]))})")
        _copy(connection, "from feeds order by feed", workspace.lake, "feeds/feeds.parquet")
        connection.execute(
            "create table files (feed varchar, entity varchar, file_name varchar, file_hash varchar, status varchar, "
            "rows_read bigint, rows_accepted bigint, rows_duplicate bigint, rows_quarantined bigint, "
            "loaded_at timestamp)"
        )
        if files:
            listed = ", ".join(f"({', '.join(map(constant, _counted(file)))})" for file in files)
            connection.execute(f"insert into files values {listed}")
        _copy(connection, "from files order by all", workspace.lake, "files/files.parquet")
