"""The rules of the tables: named in the yml of dbt, checked by one test node a table or while a table is written.

A test node says how many rows break its rules, a constraint that one does. Which rule, and some of the rows, is asked
afterwards: it costs nothing where all is well.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.warehouse import tables
from orchestration.workspace.layout import Workspace

SAMPLE = 10
NOT_NULL = re.compile(r"NOT NULL constraint failed: \w+\.(\w+)")
CHECK = re.compile(r"CHECK constraint failed on table \w+ with expression CHECK\(\((.*)\)\)")


@dataclass(frozen=True)
class Broken:
    """A rule that rows of a table break."""

    rule: str
    rows: int
    sample: list[dict[str, Any]]

    @property
    def told(self) -> str:
        """The rule and the number of rows, on one line."""
        return f"{self.rule} ({self.rows:,} rows)"


def rules_of(test: dict[str, Any], model: dict[str, Any]) -> list[str]:
    """The rules of a table in the order in which its test numbers them; after them those that its contract enforces.

    `test` and `model` are nodes of dbt's manifest; a test of its own kind is one rule, its name.
    """
    given = (test.get("test_metadata") or {}).get("kwargs", {}).get("rules")
    if given is None:
        return [test["name"]]
    return [*(_described(rule) for rule in given), *constraints_of(model)]


def constraints_of(model: dict[str, Any]) -> list[str]:
    """What the contract of a model enforces while its table is written."""
    columns = (model.get("columns") or {}).values()
    required = [c["name"] for c in columns if any(k["type"] == "not_null" for k in c.get("constraints") or [])]
    found = [f"not_null: {', '.join(required)}"] if required else []
    return found + [f"check: {constraint['expression']}" for constraint in model.get("constraints") or []]


def _described(rule: dict[str, Any]) -> str:
    (kind, given), *_ = rule.items()
    if isinstance(given, dict) and "to" in given:
        return f"{kind}: {given['column']} to {_table(given['to'])}"
    if isinstance(given, dict):
        return f"{kind}: {given.get('column') or given.get('closing')}"
    return f"{kind}: {', '.join(given)}"


def _table(reference: str) -> str:
    return reference.replace("ref(", "").strip("()'\"")


def broken_by_test(workspace: Workspace, node: Any, rules: Sequence[str]) -> list[Broken]:
    """Which rules the rows break, by the compiled text of a test node that failed."""
    if len(rules) == 1 and rules[0] == node.name:
        rows = tables.rows(workspace, f"select * from ({node.compiled_code}) as found limit {SAMPLE}")
        (total,) = tables.rows(workspace, f"select count(*) as rows from ({node.compiled_code}) as found")
        return [Broken(node.name, total["rows"], rows)]
    counted = tables.rows(
        workspace,
        f"select rule_number, count(*) as rows from ({node.compiled_code}) as found group by 1 order by 1",
    )
    broken = []
    for found in counted:
        number = found["rule_number"]
        rows = tables.rows(
            workspace,
            f"select failing_row from ({node.compiled_code}) as found where rule_number = {number} limit {SAMPLE}",
        )
        broken.append(Broken(rules[number - 1], found["rows"], [json.loads(row["failing_row"]) for row in rows]))
    return broken


def broken_by_constraint(workspace: Workspace, node: Any, message: str, key: Sequence[str]) -> list[Broken]:
    """Which rule of its contract stopped a table, and some of the rows that its model selects; empty for another error.

    `key` are the columns by which a row is found.
    """
    if match := NOT_NULL.search(message):
        rule, condition, named = f"not_null: {match[1]}", f'"{match[1]}" is null', [match[1]]
    elif match := CHECK.search(message):
        rule, condition = f"check: {match[1]}", f"not ({match[1]})"
        named = [column for column in node.columns if re.search(rf"\b{re.escape(column)}\b", match[1])]
    else:
        return []
    shown = ", ".join(f'"{column}"' for column in dict.fromkeys([*key, *named]))
    selected = f"from ({node.compiled_code}) as selected where {condition}"
    rows = tables.rows(workspace, f"select {shown} {selected} limit {SAMPLE}")
    (total,) = tables.rows(workspace, f"select count(*) as rows {selected}")
    return [Broken(rule, total["rows"], rows)]


def key_of(test: dict[str, Any] | None) -> list[str]:
    """The columns that tell the rows of a table apart, by the first `unique` rule of its test."""
    given = ((test or {}).get("test_metadata") or {}).get("kwargs", {}).get("rules") or []
    return next((rule["unique"] for rule in given if "unique" in rule), [])
