"""The published marts as their own yml describes them: columns, keys, and which of them are only added to.

dbt reads two folders of published files as sources (models/staging/published/_published__sources.yml), which name the
marts in them; a mart is append-only where its own yml says `meta: {publish: append}`.
"""

from functools import cache

from orchestration.project.code import PROJECT
from orchestration.workspace import yml

MODELS = PROJECT / "models"
SOURCES = MODELS / "staging" / "published" / "_published__sources.yml"


def mart_names() -> list[str]:
    """Names of the published models, from the files that define them."""
    return sorted(path.stem for path in (MODELS / "marts").rglob("*.sql"))


@cache
def _marts() -> dict[str, dict]:
    files = sorted((MODELS / "marts").rglob("*.yml"))
    described = [model for file in files for model in yml.load(file.read_text()).get("models") or []]
    return {model["name"]: model for model in described}


def append_only() -> set[str]:
    """The marts whose rows are added to those of earlier publishes."""
    return {
        mart for mart, facts in _marts().items() if facts.get("config", {}).get("meta", {}).get("publish") == "append"
    }


def columns(mart: str) -> dict[str, str]:
    """Names and types of a mart's columns, as its contract states them."""
    return {column["name"]: column["data_type"] for column in _marts()[mart]["columns"]}


def key(mart: str) -> list[str]:
    """The columns that tell a mart's rows apart, as its contract tests them; empty where it does not say."""
    facts = _marts().get(mart, {})
    tests = [test["rules"]["arguments"]["rules"] for test in facts.get("data_tests") or [] if "rules" in test]
    found: list[str] = next((rule["unique"] for rules in tests for rule in rules if "unique" in rule), [])
    return [*found, "generation"] if mart in append_only() else found


@cache
def sources() -> dict[str, list[str]]:
    """The folders that dbt reads, with the marts in them."""
    described = yml.load(SOURCES.read_text())["sources"]
    return {source["name"]: [table["name"] for table in source["tables"]] for source in described}
