"""Expectations that look into another table: each passes on a good row and fails on a bad one."""

import duckdb
import pytest

from orchestration.checks.check import check_layer, connect
from orchestration.checks.gx_duckdb import validate
from orchestration.defs.checks import check_result
from orchestration.landing.lake import write_empty
from orchestration.project import contract
from orchestration.project.suites import load_suites
from orchestration.workspace.layout import Workspace

TABLES = """
create schema staging;
create schema intermediate;
create table intermediate.int_outlets_unioned as select 'shop:o1' as outlet_id;
create table intermediate.int_orders_unioned as select 'shop:n1' as order_id;
create table staging.stg_outlet_links as select 'shop:o0' as outlet_id, '{outlet}' as replaced_by_outlet_id,
    '{kind}' as kind;
create table staging.stg_deliveries as select 'shop:v1' as delivery_id, '{order}' as order_id;
"""


@pytest.mark.parametrize(
    ("table", "facts", "passes"),
    [
        ("int_outlets_unioned", {"outlet": "shop:o1"}, True),
        ("int_outlets_unioned", {"outlet": "o1"}, False),  # without its feed
        ("int_outlets_unioned", {"outlet": "o1", "kind": "different"}, True),
        ("int_orders_unioned", {"order": "shop:n1"}, True),
        ("int_orders_unioned", {"order": "shop:n2"}, False),
    ],
)
def test_what_links_and_deliveries_name_is_there(table, facts, passes):
    def connect() -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        connection.execute(TABLES.format(**{"outlet": "shop:o1", "kind": "merged", "order": "shop:n1", **facts}))
        return connection

    lines = [
        {"type": e.type, "kwargs": e.kwargs, "keys": e.keys}
        for e in load_suites("intermediate")
        if e.table == table and e.type == "unexpected_rows_expectation"
    ]
    (outcome,) = validate(connect, table, "intermediate", lines)
    assert outcome.error is None and outcome.success is passes


def test_a_warehouse_that_cannot_be_opened_fails_each_check_as_the_tool(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.warehouse.write_bytes(b"no database")
    expectations = load_suites("intermediate")
    results = [check_result(*judged) for judged in check_layer(workspace, expectations)]
    assert len(results) == len(expectations) > 3
    assert all(not result.passed and "tool_error" in result.metadata for result in results)


def test_checks_of_a_layer_look_at_no_view_of_a_later_one(tmp_path):
    """A workspace that was moved: views of the run before name files that are elsewhere now."""
    workspace = Workspace(tmp_path)
    for entity in contract.load().values():
        write_empty(workspace, entity)
    gone = tmp_path / "gone.parquet"
    with duckdb.connect(str(workspace.warehouse)) as warehouse:
        warehouse.execute(f"copy (select 1 as one) to '{gone}'")
        for schema in ("staging", "marts"):
            warehouse.execute(f"create schema {schema}")
            warehouse.execute(f"create view {schema}.late as select * from '{gone}'")
    with connect(workspace, "marts") as connection:
        assert connection.execute("select one from marts.late").fetchall() == [(1,)]
    gone.unlink()
    with connect(workspace, "lake") as connection:
        assert connection.execute("select count(*) from lake.orders").fetchall() == [(0,)]
