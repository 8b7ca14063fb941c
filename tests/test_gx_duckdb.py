"""Every family of expectations on both of its sides, and the three ends kept apart: success, bad data, tool error."""

import datetime
import gc
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.checks import gx, gx_duckdb
from orchestration.checks.gx import Outcome
from orchestration.checks.gx_duckdb import validate

ORDERS = """
    create schema marts;
    create schema core;
    create table core.outlets as select outlet_id from (values ('O-1'), ('O-2'), ('O-3')) as o(outlet_id);
    create table marts.orders (
        order_id integer, outlet_id varchar, channel varchar, ordered_on date, paid_on date,
        amount decimal(10, 2), discount decimal(10, 2), line integer, note varchar
    );
    insert into marts.orders values
        (1, 'O-1', 'retail', '2024-01-01', '2024-01-03', 10.50, 0.00, 1, 'first order'),
        (2, 'O-2', 'hotel',  '2024-01-02', '2024-01-04', 20.00, 1.00, 1, 'C:\\new'),
        (3, 'O-3', 'retail', '2024-01-03', '2024-01-02', 99.99, 2.00, 2, null),
        (4, 'O-9', 'kiosk',  '2024-02-01', '2024-02-02', -1.25, 0.00, 1, 'late 7');
    create table marts.twice as
        select * from marts.orders union all select * from marts.orders where order_id = 2;
    create table marts.nothing as select * from marts.orders where false;
    create table marts."order" as select * from marts.orders;
    create view marts.seen as select order_id, amount from marts.orders;
"""
FOREIGN_KEY = """
    select b.order_id, b.outlet_id, b.ordered_on, b.amount
    from {{batch}} as b left join warehouse.core.outlets as o on b.outlet_id = o.outlet_id
    where o.outlet_id is null {and_also}
"""


class Warehouse:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.opened: list[duckdb.DuckDBPyConnection] = []

    def connect(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        connection.execute(f"attach '{self.path}' as warehouse (read_only)")
        self.opened.append(connection)
        return connection

    def judge(self, *expectations: dict, table: str = "orders", schema: str = "warehouse.marts") -> list[Outcome]:
        outcomes = validate(self.connect, table, schema, list(expectations))
        for outcome in outcomes:
            json.dumps(vars(outcome), allow_nan=False)
        return outcomes


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as writer:
        writer.execute(ORDERS)
    return Warehouse(path)


def expect(kind: str, keys: tuple[str, ...] = (), **kwargs: object) -> dict:
    return {"type": kind, "kwargs": kwargs, "keys": list(keys)}


COLUMNS = ["order_id", "outlet_id", "channel", "ordered_on", "paid_on", "amount", "discount", "line", "note"]
FAMILIES = [
    # kind, what holds, what does not, how many rows break it
    ("expect_column_values_to_not_be_null", {"column": "order_id"}, {"column": "note"}, 1),
    ("expect_column_values_to_be_unique", {"column": "order_id"}, {"column": "channel"}, 2),
    (
        "expect_column_values_to_be_in_set",
        {"column": "channel", "value_set": ["retail", "hotel", "kiosk"]},
        {"column": "channel", "value_set": ["retail", "hotel"]},
        1,
    ),
    (
        "expect_column_values_to_be_between",
        {"column": "ordered_on", "min_value": "2024-01-01", "max_value": "2024-02-01"},
        {"column": "ordered_on", "min_value": "2024-01-02", "max_value": "2024-01-31"},
        2,
    ),
    (
        "expect_column_values_to_be_between",
        {"column": "ordered_on", "min_value": datetime.date(2024, 1, 1), "max_value": datetime.date(2024, 2, 1)},
        {"column": "ordered_on", "min_value": datetime.date(2024, 1, 2)},
        1,
    ),
    (
        "expect_column_values_to_be_between",
        {"column": "amount", "min_value": -1.25, "max_value": 99.99},
        {"column": "amount", "min_value": 0, "max_value": 99.98},
        2,
    ),
    # a part of the value is enough, unless anchored
    (
        "expect_column_values_to_match_regex",
        {"column": "outlet_id", "regex": r"\d"},
        {"column": "outlet_id", "regex": r"^O-[1-3]$"},
        1,
    ),
    (
        "expect_column_values_to_not_match_regex",
        {"column": "outlet_id", "regex": r"^\d"},
        {"column": "outlet_id", "regex": r"[12]"},
        2,
    ),
    (
        "expect_column_values_to_match_regex",
        {"column": "note", "regex": r"(\d|order|\\new)$"},
        {"column": "note", "regex": r"\\"},
        2,
    ),
    (
        "expect_compound_columns_to_be_unique",
        {"column_list": ["outlet_id", "line"]},
        {"column_list": ["discount", "line"]},
        2,
    ),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "order_id", "column_B": "discount"},
        {"column_A": "paid_on", "column_B": "ordered_on"},
        1,
    ),
    (
        "expect_column_values_to_not_be_null",
        {"column": "note", "mostly": 0.75},
        {"column": "note", "mostly": 0.76},
        1,
    ),
    # judged as a whole: no rows to count
    ("expect_table_row_count_to_be_between", {"min_value": 1, "max_value": 4}, {"min_value": 5}, None),
    ("expect_table_row_count_to_be_between", {"max_value": 4}, {"max_value": 3}, None),
    ("expect_table_columns_to_match_set", {"column_set": sorted(COLUMNS)}, {"column_set": COLUMNS[1:]}, None),
    (
        "expect_table_columns_to_match_ordered_list",
        {"column_list": COLUMNS},
        {"column_list": list(reversed(COLUMNS))},
        None,
    ),
    ("expect_column_to_exist", {"column": "amount"}, {"column": "amout"}, None),
    (
        "expect_column_values_to_be_of_type",
        {"column": "amount", "type_": "DECIMAL(10,2)"},
        {"column": "amount", "type_": "DOUBLE"},
        None,
    ),
    (
        "expect_column_max_to_be_between",
        {"column": "amount", "max_value": 100},
        {"column": "amount", "max_value": 99},
        None,
    ),
    (
        "expect_column_max_to_be_between",
        {"column": "ordered_on", "min_value": "2024-02-01"},
        {"column": "ordered_on", "min_value": "2024-02-02"},
        None,
    ),
    ("expect_column_sum_to_be_between", {"column": "line", "max_value": 5}, {"column": "line", "max_value": 4}, None),
    (
        "unexpected_rows_expectation",
        {"unexpected_rows_query": FOREIGN_KEY.format(and_also="and b.outlet_id <> 'O-9'")},
        {"unexpected_rows_query": FOREIGN_KEY.format(and_also="")},
        None,
    ),
]


@pytest.mark.parametrize(("kind", "holds", "breaks", "broken_rows"), FAMILIES)
def test_family_passes_and_fails(warehouse, kind, holds, breaks, broken_rows):
    good, bad = warehouse.judge(expect(kind, **holds), expect(kind, **breaks))
    assert (good.success, good.error) == (True, None)
    assert (bad.success, bad.error) == (False, None)
    if broken_rows is not None:
        assert (bad.element_count, bad.unexpected_count) == (4, broken_rows)
        assert len(bad.sample) == broken_rows
        if not holds.get("mostly"):
            assert (good.unexpected_count, good.sample) == (0, [])


@pytest.mark.parametrize(
    ("expectation", "sample"),
    [
        (
            expect("expect_column_values_to_be_between", ("order_id",), column="amount", min_value=0),
            [{"order_id": 4, "amount": "-1.25"}],
        ),
        (
            expect(
                "expect_column_values_to_be_between",
                ("outlet_id", "line"),
                column="ordered_on",
                max_value="2024-01-31",
            ),
            [{"outlet_id": "O-9", "line": 1, "ordered_on": "2024-02-01"}],
        ),
        (
            expect(
                "expect_column_pair_values_a_to_be_greater_than_b",
                ("order_id",),
                column_A="paid_on",
                column_B="ordered_on",
            ),
            [{"order_id": 3, "paid_on": "2024-01-02", "ordered_on": "2024-01-03"}],
        ),
        (
            expect("unexpected_rows_expectation", unexpected_rows_query=FOREIGN_KEY.format(and_also="")),
            [{"order_id": 4, "outlet_id": "O-9", "ordered_on": "2024-02-01", "amount": "-1.25"}],
        ),
        (expect("expect_column_values_to_be_between", column="amount", min_value=0), ["-1.25"]),
        (expect("expect_column_values_to_not_be_null", ("order_id",), column="note"), [{"order_id": 3, "note": None}]),
    ],
)
def test_sample_names_the_failing_rows(warehouse, expectation, sample):
    assert warehouse.judge(expectation)[0].sample == sample


def test_keys_of_repeated_values(warehouse):
    by_column, compound = warehouse.judge(
        expect("expect_column_values_to_be_unique", ("outlet_id",), column="order_id"),
        expect("expect_compound_columns_to_be_unique", ("amount",), column_list=["order_id", "line"]),
        table="twice",
    )
    assert by_column.sample == [{"outlet_id": "O-2", "order_id": 2}] * 2
    assert compound.sample == [{"order_id": 2, "line": 1}] * 2  # GX leaves further keys out of compound ones


def test_sample_is_bounded_and_counts_are_not(warehouse):
    with duckdb.connect(str(warehouse.path)) as writer:
        writer.execute("create table marts.many as select range as id, -1 as amount from range(5000)")
    by_column, by_query = warehouse.judge(
        expect("expect_column_values_to_be_between", ("id",), column="amount", min_value=0),
        expect("unexpected_rows_expectation", unexpected_rows_query="select * from {batch} where amount < 0"),
        table="many",
    )
    assert (by_column.unexpected_count, by_column.unexpected_percent, by_query.observed) == (5000, 100, 5000)
    assert len(by_column.sample) == len(by_query.sample) == gx.SAMPLE_SIZE


@pytest.mark.fault("Q2")
def test_empty_table_fails_only_where_rows_are_counted(warehouse):
    not_null, regex, pair, rows = warehouse.judge(
        expect("expect_column_values_to_not_be_null", column="note"),
        expect("expect_column_values_to_match_regex", column="outlet_id", regex="x"),
        expect("expect_column_pair_values_a_to_be_greater_than_b", column_A="paid_on", column_B="ordered_on"),
        expect("expect_table_row_count_to_be_between", min_value=1),
        table="nothing",
    )
    assert [o.success for o in (not_null, regex, pair)] == [True] * 3
    assert (not_null.element_count, not_null.sample) == (0, [])
    assert (rows.success, rows.error, rows.observed) == (False, None, 0)


TOOL_ERRORS = [
    (expect("expect_column_values_to_not_be_null", column="amout"), "amout"),
    (expect("expect_column_pair_values_a_to_be_greater_than_b", column_A="amout", column_B="amount"), "amout"),
    (expect("expect_compound_columns_to_be_unique", column_list=["amout", "line"]), "amout"),
    (expect("expect_column_values_to_match_regex", column="line", regex="1"), "regexp_matches"),
    (expect("expect_column_values_to_not_be_null", ("no_key",), column="note"), "no_key"),
    (expect("unexpected_rows_expectation", unexpected_rows_query="select * from {batch} where amout"), "amout"),
    (expect("unexpected_rows_expectation", unexpected_rows_query="selec {batch}"), "syntax error"),
    (expect("expect_table_row_count_to_equal_other_table", other_table_name="missing"), "missing"),
    (expect("expect_no_such_thing"), "expect_no_such_thing"),
    (expect("expect_column_values_to_not_be_null", colunm="note"), "colunm"),
    ({"type": "expect_column_to_exist", "kwarg": {"column": "note"}}, "kwarg"),
]


@pytest.mark.fault("Q2")
@pytest.mark.parametrize(("expectation", "told"), TOOL_ERRORS)
def test_what_cannot_run_is_a_tool_error_and_spoils_nothing_else(warehouse, expectation, told):
    good, error, bad = warehouse.judge(
        expect("expect_column_values_to_not_be_null", column="order_id"),
        expectation,
        expect("expect_column_values_to_not_be_null", column="note"),
    )
    assert told in error.error
    assert not any(noise in error.error for noise in ("\n", "Traceback", "[SQL:", "LINE 1"))
    assert error == Outcome(False, error=error.error)
    assert (good.success, good.error) == (True, None)
    assert (bad.success, bad.error, bad.unexpected_count) == (False, None, 1)


def test_each_tool_error_has_its_own_reason(warehouse):
    total, mean = warehouse.judge(
        expect("expect_column_sum_to_be_between", column="channel", min_value=1),
        expect("expect_column_mean_to_be_between", column="channel", min_value=1),
    )
    assert "sum(VARCHAR)" in total.error and "*(DOUBLE, VARCHAR)" in mean.error


@pytest.mark.parametrize(("table", "schema"), [("missing", "warehouse.marts"), ("orders", "warehouse.missing")])
def test_missing_table_is_a_tool_error_for_all(warehouse, table, schema):
    outcomes = warehouse.judge(
        expect("expect_column_to_exist", column="note"),
        expect("expect_table_row_count_to_be_between", max_value=9),
        table=table,
        schema=schema,
    )
    assert [(o.success, "missing" in o.error) for o in outcomes] == [(False, True)] * 2


def test_warehouse_that_does_not_open_is_a_tool_error(warehouse):
    warehouse.path = warehouse.path.with_name("absent.duckdb")
    (outcome,) = warehouse.judge(expect("expect_column_to_exist", column="note"))
    assert not outcome.success and "absent.duckdb" in outcome.error


def test_order_is_kept_with_repetitions(warehouse):
    null, error = expect("expect_column_values_to_not_be_null", column="note"), TOOL_ERRORS[0][0]
    count = expect("expect_table_row_count_to_be_between", min_value=1)
    outcomes = warehouse.judge(error, null, count, null, error, count)
    assert [(o.success, bool(o.error)) for o in outcomes] == [
        (False, True),
        (False, False),
        (True, False),
        (False, False),
        (False, True),
        (True, False),
    ]


def test_nothing_expected(warehouse):
    assert warehouse.judge() == []


@pytest.mark.parametrize("table", ["orders", "missing"])
def test_warehouse_can_be_written_right_after(warehouse, table):
    warehouse.judge(expect("expect_column_values_to_not_be_null", column="note"), TOOL_ERRORS[0][0], table=table)
    (connection,) = warehouse.opened
    with pytest.raises(duckdb.ConnectionException):
        connection.execute("select 1")
    # another process: DuckDB's lock does not hold within one
    write = f"import duckdb; duckdb.connect({str(warehouse.path)!r}).execute('create table written as select 1')"
    subprocess.run([sys.executable, "-c", write], check=True)


def test_engine_collected_late_leaves_the_connection_open(warehouse, monkeypatch):
    run = gx._run

    def run_and_collect(*args):
        outcomes = run(*args)
        gc.collect()
        return outcomes

    monkeypatch.setattr(gx, "_run", run_and_collect)
    first, second = warehouse.judge(TOOL_ERRORS[0][0], TOOL_ERRORS[5][0])
    assert "amout" in first.error and "amout" in second.error


def test_late_reader_is_refused():
    with duckdb.connect() as raw:
        connection = gx_duckdb._Connection(raw)
        early, late = connection.cursor(), connection.cursor()
        early.execute("select 1")
        late.execute("select 2")
        with pytest.raises(duckdb.InternalError):
            early.fetchall()
        assert late.fetchall() == [(2,)]


@pytest.mark.parametrize("table", ["order", "seen"])
def test_reserved_names_and_views(warehouse, table):
    good, bad = warehouse.judge(
        expect("expect_column_values_to_not_be_null", column="order_id"),
        expect("expect_column_values_to_be_between", ("order_id",), column="amount", min_value=0),
        table=table,
    )
    assert good.success and bad.sample == [{"order_id": 4, "amount": "-1.25"}]


def test_schema_of_the_database_in_use(warehouse):
    def connect() -> duckdb.DuckDBPyConnection:
        connection = warehouse.connect()
        connection.execute("use warehouse")
        return connection

    four_rows = expect("expect_table_row_count_to_be_between", min_value=4, max_value=4)
    (outcome,) = validate(connect, "orders", "marts", [four_rows])
    assert (outcome.success, outcome.error) == (True, None)


def test_condition_selects_the_rows_judged(warehouse):
    rows = {"row_condition": "col(\"channel\") == 'retail'", "condition_parser": "great_expectations"}
    good, bad = warehouse.judge(
        expect("expect_column_values_to_be_between", column="amount", min_value=0, **rows),
        expect("expect_column_values_to_match_regex", ("order_id",), column="outlet_id", regex="1$", **rows),
    )
    assert (good.success, good.element_count) == (True, 2)
    assert (bad.unexpected_count, bad.sample) == (1, [{"order_id": 3, "outlet_id": "O-3"}])


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("1.50"), "1.50"),
        (datetime.date(2024, 1, 2), "2024-01-02"),
        (datetime.datetime(2024, 1, 2, 3), "2024-01-02T03:00:00"),
        (float("nan"), "nan"),
        (1.5, 1.5),
        (True, True),
        ({"a": [Decimal(1), None]}, {"a": ["1", None]}),
        ((1,), [1]),
    ],
)
def test_values_as_json(value, written):
    assert gx._json_ready(value) == written


def test_quiet_and_without_files(warehouse, tmp_path, monkeypatch, capfd):
    elsewhere = tmp_path / "cwd"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("HOME", str(elsewhere))
    warehouse.judge(expect("expect_column_values_to_not_be_null", column="note"), TOOL_ERRORS[0][0])
    assert list(elsewhere.iterdir()) == [] and capfd.readouterr() == ("", "")


def test_great_expectations_is_imported_only_when_used():
    check = "import sys, orchestration.checks.gx_duckdb; sys.exit('great_expectations' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=Path(__file__).parents[1])


def test_what_gx_imports_only_for_distributions_is_there_when_it_is_used():
    """In a process of its own: another test may have imported it."""
    script = """
import sys, duckdb
from orchestration.checks import gx_duckdb
made = duckdb.connect()
made.execute("create table t as select 'a' as x union all select 'b'")
plain = [{"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "x"}}]
assert gx_duckdb.validate(made.cursor, "t", "main", plain)[0].success
assert "scipy.stats" not in sys.modules and "altair" not in sys.modules
parts = {"values": ["a", "b"], "weights": [0.5, 0.5]}
asked = {"column": "x", "partition_object": parts, "threshold": 0.1}
rare = [{"type": "expect_column_kl_divergence_to_be_less_than", "kwargs": asked}]
assert gx_duckdb.validate(made.cursor, "t", "main", rare)[0].success
assert "scipy.stats" in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)
