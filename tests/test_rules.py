"""The project's materializations, constraints and rules, in a project of a few small tables built by dbt itself."""

import os
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration.project.code import PROJECT
from orchestration.warehouse import dbt_runner, rules
from orchestration.workspace.layout import Workspace

CONTRACT = {"contract": {"enforced": True}}


class Small:
    """A dbt project with the macros and generic tests of ours."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.workspace = folder, Workspace(folder / "workspace")
        self.workspace.prepare()
        (folder / "models").mkdir()
        settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
        wanted = {name: settings[name] for name in ("name", "config-version", "profile", "flags", "vars")}
        wanted |= {"macro-paths": [str(PROJECT / "macros")], "test-paths": [str(folder / "tests")]}
        wanted |= {"models": {"+materialized": "table"}}
        (folder / "dbt_project.yml").write_text(yaml.safe_dump(wanted))
        (folder / "profiles.yml").write_text((PROJECT / "profiles.yml").read_text())
        (folder / "tests").mkdir()
        (folder / "tests" / "generic").symlink_to(PROJECT / "tests" / "generic")
        self.described: list[dict] = []

    def model(self, name: str, sql: str, *, given: list[dict] | None = None, **described) -> None:
        (self.folder / "models" / f"{name}.sql").write_text(sql)
        self.described = [model for model in self.described if model["name"] != name]
        tests = [{"rules": {"name": f"{name}_rules", "arguments": {"rules": given}}}] if given else []
        self.described.append({"name": name, "data_tests": tests, **described})
        (self.folder / "models" / "models.yml").write_text(yaml.safe_dump({"version": 2, "models": self.described}))

    def build(self, *extra: str, variables: dict | None = None) -> dict:
        """Results by node; what failed does not raise."""
        arguments = dbt_runner.dbt_arguments("build", [], variables or {}, extra)
        arguments[arguments.index("--project-dir") + 1] = str(self.folder)
        arguments[arguments.index("--profiles-dir") + 1] = str(self.folder)
        outcome = dbt_runner.invoke(self.workspace, arguments)
        assert outcome.result is not None, outcome.exception
        return {result.node.name: result for result in outcome.result.results}

    def ask(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.workspace.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def small(tmp_path):
    before = {name: os.environ.get(name) for name in ("PULSE_HOME", "DBT_TARGET_PATH", "DBT_LOG_PATH")}
    yield Small(tmp_path)
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def columns(**types: str) -> list[dict]:
    return [{"name": name, "data_type": kind} for name, kind in types.items()]


def test_a_table_is_replaced_whole_and_one_that_fails_stays(small):
    small.model("numbers", "select 1 as n")
    assert str(small.build()["numbers"].status) == "success"
    small.model("numbers", "select 2 as n, 'more' as word")
    small.build()
    assert small.ask("from main.numbers") == [(2, "more")]
    small.model("numbers", "select cast(word as integer) as n from (select 'x' as word)")
    assert str(small.build()["numbers"].status) == "error"
    assert small.ask("from main.numbers") == [(2, "more")]
    small.model("numbers", "{{ config(materialized='view') }} select 3 as n")
    small.build()
    assert small.ask("from main.numbers") == [(3,)]
    small.model("numbers", "{{ config(materialized='table') }} select 4 as n")
    small.build()
    assert small.ask("from main.numbers") == [(4,)]
    assert small.ask("select table_name from information_schema.tables") == [("numbers",)]


def test_incremental_models_add_replace_by_key_and_run_their_hook(small):
    small.model("added", "{{ config(materialized='incremental') }} select {{ var('n', 1) }} as n")
    small.model(
        "keyed",
        "{{ config(materialized='incremental', unique_key='k') }} "
        "select k, {{ var('n', 1) }} as n from range(1, 1 + {{ var('n', 1) }}) as keys(k)",
    )
    small.model(
        "hooked",
        """{{ config(materialized='incremental', pre_hook='{{ start_empty() }}') }} select {{ var('n', 1) }} as n""",
    )
    small.build()
    small.build(variables={"n": 2})
    assert small.ask("from main.added order by n") == [(1,), (2,)]
    assert small.ask("from main.keyed order by k") == [(1, 2), (2, 2)]
    assert small.ask("from main.hooked") == [(2,)]
    small.build("--full-refresh", variables={"n": 3})
    assert small.ask("from main.added") == [(3,)]


def test_a_constraint_that_rows_break_is_named_with_rows_and_the_table_stays(small):
    described = {
        "config": CONTRACT,
        "columns": [
            {"name": "k", "data_type": "integer"},
            {"name": "word", "data_type": "string", "constraints": [{"type": "not_null"}]},
            {"name": "n", "data_type": "integer"},
            {"name": "m", "data_type": "integer"},
        ],
        "constraints": [{"type": "check", "name": "not_negative", "expression": "least(n, m) >= 0"}],
    }
    good = "select 1 as k, 'a' as word, 0 as n, 5 as m union all select 2, 'b', null, 1"
    small.model("facts", good, **described)
    assert str(small.build()["facts"].status) == "success"
    small.model("facts", f"{good} union all select 3, null, 1, 1", **described)
    result = small.build()["facts"]
    (broken,) = rules.broken_by_constraint(small.workspace, result.node, result.message, ["k"])
    assert (broken.rule, broken.rows, broken.sample) == ("not_null: word", 1, [{"k": 3, "word": None}])
    small.model("facts", f"{good} union all select 4, 'd', 1, -1 union all select 5, 'e', -2, 0", **described)
    result = small.build()["facts"]
    (broken,) = rules.broken_by_constraint(small.workspace, result.node, result.message, ["k"])
    assert broken.rows == 2 and broken.sample == [{"k": 4, "n": 1, "m": -1}, {"k": 5, "n": -2, "m": 0}]
    assert "least(n, m) >= 0" in broken.rule.replace('"', "").replace("main.", ""), broken.rule
    assert small.ask("select count(*) from main.facts") == [(2,)]
    small.model(
        "facts", "select cast(x as integer) as k, 'a' as word, 1 as n, 1 as m from (select 'x' as x)", **described
    )
    result = small.build(variables={"compare_contracts": False})["facts"]
    assert rules.broken_by_constraint(small.workspace, result.node, result.message, ["k"]) == []


def test_a_contract_is_compared_unless_it_was_before(small):
    described = {"config": CONTRACT, "columns": columns(n="integer")}
    small.model("facts", "select 1 as n, 2 as m", **described)
    assert "contract" in small.build()["facts"].message
    small.model("seen", "{{ config(materialized='view') }} select 1::bigint as n", **described)
    assert "contract" in small.build()["seen"].message
    small.model("facts", "select 1::tinyint as n", **described)
    assert str(small.build(variables={"compare_contracts": False})["facts"].status) == "success"
    assert small.ask("select typeof(n) from main.facts") == [("INTEGER",)]


BREAKS = {
    "unique": ([{"unique": ["a", "b"]}], "select 1 as a, 2 as b union all select 1, 2", "unique: a, b", {"times": 2}),
    "not_null": ([{"unique": ["a"]}, {"not_null": ["b"]}], "select 1 as a, null as b", "not_null: b", {"a": 1}),
    "not_negative": ([{"unique": ["a"]}, {"not_negative": ["b"]}], "select 1 as a, -1 as b", "not_negative: b",
                     {"a": 1, "b": -1}),
    "refers": ([{"refers": {"column": "a", "to": "ref('other')"}}], "select 2 as a", "refers: a to other", {"a": 2}),
    "refers to another column": ([{"refers": {"column": "b", "to": "ref('other')", "field": "a"}}], "select 2 as b",
                                 "refers: b to other", {"b": 2}),
    "values": ([{"values": {"column": "a", "values": ["x", "y"]}}], "select 'z' as a", "values: a", {"a": "z"}),
    "intervals_follow": (
        [{"intervals_follow": ["a"]}],
        "select 1 as a, date '2026-01-01' as valid_from, date '2026-01-03' as valid_to "
        "union all select 1, date '2026-01-02', null",
        "intervals_follow: a", {"next_from": "2026-01-02"},
    ),
    "bridge_ties": (
        [{"unique": ["k"]}, {"bridge_ties": {"opening": "o", "added": ["p"], "removed": ["q"], "closing": "c"}}],
        "select 7 as k, 1 as o, 2 as p, 1 as q, 3 as c", "bridge_ties: c", {"k": 7},
    ),
    "closing_is_next_opening": (
        [{"closing_is_next_opening": {"cell": ["k"], "opening": "o", "closing": "c"}}],
        "select 1 as k, date '2026-01-01' as month_start, 0 as o, 2 as c union all select 1, date '2026-02-01', 1, 1",
        "closing_is_next_opening: c", {"opening": 1, "closing_before": 2},
    ),
}  # fmt: skip


def test_each_rule_that_rows_break_is_named_with_a_row(small):
    small.model("other", "select 1 as a")
    for name, (given, sql, _, _) in BREAKS.items():
        small.model(name.replace(" ", "_"), sql, given=given)
    results = small.build()
    for name, (given, _, rule, row) in BREAKS.items():
        result = results[f"{name.replace(' ', '_')}_rules"]
        assert (str(result.status), result.failures) == ("fail", 1), name
        named = rules.rules_of({"test_metadata": {"kwargs": {"rules": given}}}, {})
        (broken,) = rules.broken_by_test(small.workspace, result.node, named)
        assert (broken.rule, broken.rows) == (rule, 1)
        assert broken.sample and broken.sample[0].items() >= row.items(), name


def test_rows_that_keep_every_rule_pass(small):
    small.model("other", "select 1 as a")
    given = [
        {"unique": ["a", "valid_from"]},
        {"not_null": ["valid_from"]},
        {"not_negative": ["o", "c"]},
        {"refers": {"column": "a", "to": "ref('other')"}},
        {"values": {"column": "word", "values": ["x"]}},
        {"intervals_follow": ["a"]},
        {"bridge_ties": {"opening": "o", "added": ["p"], "removed": ["q"], "closing": "c"}},
        {"closing_is_next_opening": {"cell": ["a"], "opening": "o", "closing": "c"}},
    ]
    row = "1 as a, date '2026-{}-01' as valid_from, date '2026-{}-01' as valid_to, date '2026-{}-01' as month_start"
    small.model(
        "good",
        f"select {row.format('01', '02', '01')}, null as word, 0 as o, 2 as p, 0 as q, 2 as c union all "
        f"select {row.format('02', '03', '02')}, 'x', 2, 0, 1, 1",
        given=given,
    )
    assert str(small.build()["good_rules"].status) == "pass"


def test_every_table_of_the_project_has_its_rules_named():
    """One test node a table, named after it; a kind that no macro knows would stop dbt."""
    for file in [*sorted((PROJECT / "models").rglob("*.yml")), PROJECT / "seeds" / "seeds.yml"]:
        described = yaml.safe_load(file.read_text()) or {}
        for table in [*(described.get("models") or []), *(described.get("seeds") or [])]:
            tests = table.get("data_tests") or []
            assert len(tests) <= 1, table["name"]
            for test in tests:
                assert test["rules"]["name"] == f"{table['name']}_rules"
            assert not any(column.get("data_tests") for column in table.get("columns") or []), table["name"]
