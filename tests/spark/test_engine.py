"""Each spelling of Spark's beside DuckDB's: the same answer, at the edges too; and checks that judge Spark's tables."""

import re
import shutil

import duckdb
import pytest

from orchestration.checks import gx_spark
from orchestration.project.code import PROJECT
from orchestration.warehouse import spark
from orchestration.warehouse.dbt_runner import dbt_arguments, invoke
from orchestration.workspace.layout import Workspace
from tests.spark.conftest import try_spark

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore")]  # Spark warns of libraries newer than itself
# macro, its answer as text: one expression a line, over one row unless a relation is named
ANSWERS = {
    "add_days": [
        """{{ add_days("date '2024-02-28'", 2) }}""",
        """{{ add_days("date '2024-03-01'", '-1') }}""",
        """{{ add_days("date '9999-12-31'", 0) }}""",
        """{{ add_days('cast(null as date)', 1) }}""",
    ],
    "as_decimal": [
        f"""{{{{ as_decimal("cast('{number}' as double)", {scale}) }}}}"""
        for number, scale in [
            ("485.66499999999996", 2), ("-485.66499999999996", 2), ("485.6649", 2), ("0", 2), ("-0.004", 2),
            ("12345678901.234999", 2), ("-5872.174999999999", 2), ("5872.175", 2), ("-984.625", 2), ("0.00625", 4), ("7.5", 0),
        ]
    ] + ["""{{ as_decimal('cast(null as double)') }}"""],
    "add_months": [
        """{{ add_months("date '2024-01-31'", 1) }}""",
        """{{ add_months("date '2024-02-29'", -12) }}""",
        """{{ add_months("date '2024-02-29'", 1) }}""",
    ],
    "days_between": ["""{{ days_between("date '2024-02-28'", "date '2024-03-01'") }}""", """{{ days_between("date '2024-03-01'", "date '1900-01-01'") }}"""],
    "months_between": ["""{{ months_between("date '2023-11-01'", "date '2024-02-01'") }}""", """{{ months_between("date '2024-02-01'", "date '2023-11-01'") }}"""],
    "weekday_of": [f"""{{{{ weekday_of("date '2024-01-0{day}'") }}}}""" for day in range(1, 8)],
    "text_number": ["""{{ text_number("'Padaria São João'", 12) }}""", """{{ text_number("'好'", 15) }}""", """{{ bucket("'o-1'", 10) }}"""],
    "local_date": [
        """{{ local_date("timestamp '2024-03-10 04:59:00'", "'America/New_York'") }}""",
        """{{ local_date("timestamp '2024-03-10 17:00:00'", "'Asia/Jakarta'") }}""",
        """{{ local_date("timestamp '2024-03-10 16:59:59'", "'Asia/Jakarta'") }}""",
        """{{ local_date("cast(null as timestamp)", "'UTC'") }}""",
    ],
    "normalised": [
        """{{ normalised("'  Padaria  São-João Nº 3 '") }}""",
        """{{ normalised("'MERCEARIA ÀÉÎÕÜ ŞŢ'") }}""",
        """{{ normalised("'--'") }}""",
        """{{ normalised("'北京 超市'") }}""",
    ],
    "likeness": [
        f"""round({{{{ likeness("'{one}'", "'{other}'") }}}}, 9)"""
        for one, other in [
            ("martha", "marhta"), ("dixon", "dicksonx"), ("toko abadi", "toko abadi"), ("a", "b"), ("ab", "ba"),
            ("warung makan sari", "warung sari makan"), ("jellyfish", "smellyfish"), ("x", "x"), ("toko 1", "toko 2"),
        ]
    ],
    "every_day": [
        """(select count(*) from (select {{ every_day("date '2024-02-27'", "date '2024-03-01'") }} as day) as days)""",
        """(select count(*) from (select {{ every_day("date '2024-03-01'", "date '2024-02-27'") }} as day) as days)""",
    ],
    "every_number": [
        """(select sum(n) from (select {{ every_number(3, 5) }} as n) as numbers)""",
        """(select count(*) from (select {{ every_number(1, 0) }} as n) as numbers)""",
    ],
    "row_as_json": [
        """(select {{ row_as_json('v') }} from (select 1 as a, 'x "y"' as b, date '2024-01-01' as c, cast(null as string) as d) as v)""",
    ],
    "joined_text": ["""(select {{ joined_text('t', 'p desc') }} from (values ('a', 1), ('b', 3), ('c', 2)) as v(t, p))"""],
    "distinct_slots": ["""(select {{ distinct_slots('n') }} from (values (1), (2), (33), (31), (2)) as v(n))"""],
    "all_but": ["""(select max(b) from (select {{ all_but('v', ['a']) }} from (values (1, 7)) as v(a, b)) as kept)"""],
    "quartiles": [
        f"""(select max(cast({{{{ nth_of('q', {place}) }}}} as decimal(9, 3))) from (
            select {{{{ quartiles('n', '(order by n rows between 9 preceding and current row)') }}}} as q
            from (values (1), (4), (9), (16)) as v(n)) as w)"""
        for place in (1, 2, 3)
    ],
    "median_over": ["""(select max(m) from (select {{ median_over('n', '(order by n rows between 1 preceding and 1 following)') }} as m from (values (1), (4), (9), (16)) as v(n)) as w)"""],
    "sum_of_months_before": [
        """(select max(s) from (select {{ sum_of_months_before('a', 'k', 'm', 2) }} as s from (values
            ('x', date '2024-01-01', 100.00), ('x', date '2024-02-01', 10.00), ('x', date '2024-03-01', 1.00),
            ('x', date '2024-06-01', 0.50)) as v(k, m, a)) as w)""",
    ],
    "as_of_join": [
        """(select sum(coalesce(r.v, 1000)) from (values (1, date '2024-01-05'), (1, date '2024-01-01'), (2, date '2024-01-09')) as l(k, d)
            {{ as_of_join('left', 'r', 'l', ['k'], 'd', 'e') }})""",
    ],
}  # fmt: skip
RELATIONS = "with r as (select * from (values (1, date '2024-01-02', 5), (1, date '2024-01-05', 7)) as v(k, e, v))"
# no answer of their own: only that equal texts give equal numbers counts, and no mart holds them
ENGINES_DIFFER = {"hash_number", "row_fingerprint"}


def spelled(workspace: Workspace, engine: str, monkeypatch) -> str:
    monkeypatch.setenv("PULSE_ENGINE", engine)
    told = [line for lines in ANSWERS.values() for line in lines]
    columns = ", ".join(f"cast({line} as string) as c{number}" for number, line in enumerate(told))
    outcome = invoke(workspace, [*dbt_arguments("compile", [], {}), "--inline", f"{RELATIONS} select {columns}"])
    assert outcome.success, outcome.exception
    return outcome.result.results[0].node.compiled_code


def test_each_engine_gives_the_same_answer(session, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path)
    workspace.prepare()
    ours = duckdb.sql(spelled(workspace, "duckdb", monkeypatch)).fetchone()
    theirs = tuple(session.sql(spelled(workspace, "spark", monkeypatch)).collect()[0])
    told = [(macro, line) for macro, lines in ANSWERS.items() for line in lines]
    assert len(ours) == len(told) and [a for a in ours if a is not None]
    for (macro, line), mine, other in zip(told, ours, theirs, strict=True):
        assert mine == other, f"{macro}: {line}"


def test_no_spelling_is_left_out():
    named = {
        match
        for file in (PROJECT / "macros" / "engine").glob("*.sql")
        for match in re.findall(r"macro spark__(\w+)", file.read_text())
    }
    tried = " ".join(line for lines in ANSWERS.values() for line in lines)
    assert {macro for macro in named if f"{macro}(" not in tried} == ENGINES_DIFFER
    ours = {
        match
        for file in (PROJECT / "macros" / "engine").glob("*.sql")
        for match in re.findall(r"macro duckdb__(\w+)", file.read_text())
    }
    assert ours == named


def test_expectations_judge_tables_of_spark(session):
    session.sql("create database if not exists judged")
    session.sql("drop table if exists judged.orders")
    session.sql(
        "create table judged.orders using parquet as select id, cast(id - 1 as decimal(9, 2)) as amount from range(5)"
    )
    good, bad, broken, query, rows = gx_spark.validate(
        session,
        "judged",
        "orders",
        [
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id"}},
            {
                "type": "expect_column_values_to_be_between",
                "kwargs": {"column": "amount", "min_value": 0},
                "keys": ["id"],
            },
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "amout"}},
            {
                "type": "unexpected_rows_expectation",
                "kwargs": {"unexpected_rows_query": "select id from {batch} where id > 2"},
            },
            {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 6}},
        ],
    )
    assert good.success and not good.error
    assert not bad.success and not bad.error and bad.unexpected_count == 1 and bad.sample
    assert broken.error and "amout" in broken.error, "a tool error is no bad data"
    assert not query.success and query.observed == 2 and [row["id"] for row in query.sample] == [3, 4]
    assert not rows.success and not rows.error and rows.observed == 5


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """A session in this process, apart from the cluster."""
    try_spark()
    begun = spark.session(Workspace(tmp_path_factory.mktemp("session")))
    yield begun
    begun.stop()


def test_tables_of_a_workspace_that_was_copied_are_not_written_to(tmp_path):
    """They name their place in full: a copy that used them would write into the workspace it was copied from."""
    first, second = Workspace(tmp_path / "first"), Workspace(tmp_path / "second")
    first.home.mkdir()
    kept = spark._folder(first) / "tables"
    kept.mkdir()
    assert spark._folder(first).joinpath("tables").exists()
    shutil.copytree(first.home, second.home)
    assert not spark._folder(second).joinpath("tables").exists() and kept.exists()
