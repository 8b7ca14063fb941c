"""The quarantine: rows that failed the contract, and their release once the feed file says how to read them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb

from orchestration.landing.arrivals import Claim
from orchestration.landing.feeds import load_feeds
from orchestration.landing.lake import QUARANTINE, export, tidy, write
from orchestration.landing.land import incoming
from orchestration.landing.ledger import FileReport, Ledger
from orchestration.landing.mapping import sandbox
from orchestration.landing.validation import judge
from orchestration.project import contract
from orchestration.project.contract import Entity
from orchestration.workspace.errors import FileRefused, of_a_file
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import literal, name
from orchestration.workspace.sql import rows as sql_rows


@dataclass(frozen=True)
class Released:
    """What a second reading did with the quarantined rows of one file."""

    feed: str
    entity: str
    name: str
    released: int = 0
    repeated: int = 0
    still_quarantined: int = 0
    problem: str = ""


def counts(workspace: Workspace, feed: str = "", entity: str = "", file: str = "") -> list[dict]:
    """Quarantined rows by feed, entity, file, column and reason."""
    return _quarantined(
        workspace,
        """select feed, entity, file_name, column_name, reason, count(*) as rows
        from quarantined group by all
        order by rows desc, feed, entity, file_name, column_name, reason""",
        [feed, entity, file],
    )


def rows(workspace: Workspace, limit: int, feed: str = "", entity: str = "", file: str = "") -> list[dict]:
    """The first quarantined rows, without the raw text: it may hold contacts."""
    return _quarantined(
        workspace,
        f"""select file_name, row_number, column_name, value, reason, expected
        from quarantined order by file_name, row_number limit {int(limit)}""",
        [feed, entity, file],
    )


def _quarantined(workspace: Workspace, sql: str, wanted: list[str]) -> list[dict]:
    with Ledger(workspace) as ledger:
        held = [file.path for file in ledger.lake_files() if file.path.startswith(f"{QUARANTINE}/")]
    if not held:
        return []
    files = ", ".join(literal(workspace.lake / path) for path in held)
    with duckdb.connect() as connection:
        return sql_rows(
            connection,
            f"""with quarantined as (
                select * from read_parquet([{files}])
                where (feed = $1 or $1 = '') and (entity = $2 or $2 = '') and (file_name = $3 or $3 = '')
            ) {sql}""",
            wanted,
        )


def release(workspace: Workspace, feed: str = "", file: str = "") -> list[Released]:
    """Read the files of quarantined rows again by today's feed files; what fits now goes to the lake, once.

    The file is read as it was delivered, so it must still be in the landing folder. Rows that were accepted stay as
    they are; a row is released only while it is in quarantine, and the ledger moves it in one transaction.
    """
    feeds = load_feeds(workspace.feeds)
    outcomes = []
    with Ledger(workspace) as ledger, incoming(workspace):
        tidy(workspace, ledger)
        for report in ledger.files():
            if report.quarantined and report.feed in feeds and feed in ("", report.feed) and file in ("", report.name):
                try:
                    outcomes.append(_release(workspace, ledger, report, feeds))
                except Exception as problem:
                    fault = of_a_file(problem, workspace.lake)
                    said = f"{fault.code}: {report.name}: {fault}"
                    outcomes.append(
                        Released(
                            report.feed, report.entity, report.name, still_quarantined=report.quarantined, problem=said
                        )
                    )
        export(workspace, feeds, ledger.files())
    return outcomes


def _release(workspace: Workspace, ledger: Ledger, report: FileReport, feeds: dict) -> Released:
    feed, entity = feeds[report.feed], contract.load()[report.entity]
    if report.entity not in feed.entities:
        raise FileRefused(f"{feed.feed}.yml has no {report.entity} any more; put the entity back", code="feed")
    path = ledger.delivered(report)
    if path is None:
        raise FileRefused(
            f"it is no longer in {workspace.landing} as it was delivered; put it back, then `pulse land` and release "
            "again",
            code="unreadable",
        )
    now = datetime.now(UTC).replace(tzinfo=None)
    lake_files = ledger.lake_files(report)
    earlier = [kept for kept in lake_files if not kept.path.startswith(f"{QUARANTINE}/")]
    held = [literal(workspace.lake.resolve() / kept.path) for kept in lake_files if kept not in earlier]
    with sandbox(workspace.lake.resolve()) as connection:
        again = judge(connection, workspace, path, feed, entity, report.hash, now)
        if again["read"] != report.read:
            raise FileRefused(
                f"expected {report.read:,} rows as when it landed, found {again['read']:,} by today's feed file; "
                "rows cannot be told apart, ask for the file again",
                code="count",
            )
        was_held = f"select row_number from read_parquet([{', '.join(held)}])"
        in_lake = f"read_parquet([{', '.join(literal(workspace.lake.resolve() / kept.path) for kept in earlier)}])"
        # a row that is in the lake is never released, whatever the quarantine says
        connection.execute(
            f"create temp table released as from judged where _row_number in ({was_held}) "
            f"and _row_number not in (select _row_number from {in_lake})"
        )
        otherwise = _read_otherwise(connection, entity, in_lake, was_held)
        connection.execute(f"delete from held where row_number not in ({was_held})")
        (released,) = connection.execute("select count(*) from released").fetchall()[0]
        (still,) = connection.execute("select count(*) from held").fetchall()[0]
        repeated = report.quarantined - released - still
        if released or repeated:
            now_held = replace(
                report,
                accepted=report.accepted + released,
                duplicate=report.duplicate + repeated,
                quarantined=still,
                feed_hash=Claim(path, feed, entity).described,
            )
            stamped = replace(now_held, loaded_at=now.isoformat(sep=" ", timespec="microseconds"))
            ledger.record(now_held, [*earlier, *write(connection, workspace, stamped, entity, "released", earlier)])
            tidy(workspace, ledger)
    problem = ""
    if otherwise:
        problem = (
            f"format: {report.name}: {otherwise:,} accepted rows would be read otherwise by today's feed file; "
            "they stay as they are, ask for the rows again"
        )
    return Released(report.feed, report.entity, report.name, released, repeated, still, problem)


def _read_otherwise(connection: duckdb.DuckDBPyConnection, entity: Entity, in_lake: str, was_held: str) -> int:
    """How many rows that were accepted have other values when they are read today, or would be held."""
    present = {row[0] for row in connection.execute("describe judged").fetchall()}
    derived = {"order_id"} if entity.name == "order_lines" else set()  # may be made of several columns
    columns = ", ".join(name(column) for column in entity.columns if column in present - derived)
    return connection.execute(
        f"select (select count(*) from (select {columns}, _row_number from judged "
        f"where _row_number not in ({was_held}) except select {columns}, _row_number from {in_lake})) "
        f"+ (select count(*) from held where row_number not in ({was_held}))"
    ).fetchall()[0][0]
