"""The raw contract as Python reads it: entities and columns of dbt's source file."""

from dataclasses import dataclass
from functools import cache

from orchestration.project.code import PROJECT
from orchestration.workspace import yml

FILE = PROJECT / "models" / "staging" / "_contract.yml"

# what landing adds to each row
TECHNICAL = {
    "_feed": "varchar",
    "_file_hash": "varchar",
    "_file_name": "varchar",
    "_row_number": "bigint",
    "_loaded_at": "timestamp",
}


@dataclass(frozen=True)
class Column:
    """A column of the contract; see the head of the contract file for the meaning of the rules."""

    name: str
    data_type: str
    description: str
    required: bool = False
    min: float | None = None
    max: float | None = None
    values: tuple[str, ...] = ()
    one_of: str = ""
    business_date: bool = False
    contact: bool = False
    may_be_future: bool = False


@dataclass(frozen=True)
class Entity:
    """An entity of the contract with its columns in order."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    written_by_landing: bool

    @property
    def types(self) -> dict[str, str]:
        """Types of its columns in the lake, what landing adds included."""
        own = {column.name: column.data_type for column in self.columns.values()}
        return own if self.written_by_landing else own | TECHNICAL


def _column(facts: dict) -> Column:
    rules = dict(facts.get("meta", {}))
    rules["values"] = tuple(rules.get("values", ()))
    return Column(facts["name"], facts["data_type"], facts["description"], **rules)


@cache
def load() -> dict[str, Entity]:
    """All entities by name."""
    tables = yml.load(FILE.read_text())["sources"][0]["tables"]
    return {
        table["name"]: Entity(
            name=table["name"],
            description=table["description"],
            key=tuple(table["meta"]["key"]),
            columns={column["name"]: _column(column) for column in table["columns"]},
            written_by_landing=table["meta"].get("written_by") == "landing",
        )
        for table in tables
    }


def deliverable() -> dict[str, Entity]:
    """The entities that a feed can deliver."""
    return {name: entity for name, entity in load().items() if not entity.written_by_landing}
