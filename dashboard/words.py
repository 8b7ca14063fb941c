"""What the pages say, in five languages, and how each of them writes numbers. Labels of states are in dim_states."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.workspace import yml

FOLDER = Path(__file__).parent / "words"
LANGUAGES = {"en": "English", "id": "Bahasa Indonesia", "zh": "中文", "ro": "Română", "pt": "Português"}
NOT_KNOWN = "–"
NAMED = {  # columns whose values have words of their own
    "cause": "cause",
    "likely_cause": "cause",
    "kind": "kind",
    "event": "event",
    "main_list": "list",
    "delivers": "delivers",
    "next_step": "step",
}


@cache
def texts(language: str) -> dict[str, str]:
    """Texts of a language by their dotted key."""
    nested = yml.load((FOLDER / f"{language}.yml").read_text(encoding="utf-8"))
    return {f"{part}.{key}": text for part, named in nested.items() for key, text in named.items()}


@dataclass(frozen=True)
class Words:
    """A language; the labels of states and the currency come from the marts."""

    language: str
    states: dict[str, str]
    currency: str = ""

    def __call__(self, key: str, **values: Any) -> str:
        return texts(self.language)[key].format(**values)

    def of(self, part: str, value: str | None) -> str:
        """The word for a value that the marts use; one that is new to us stays as it is."""
        if value is None:
            return NOT_KNOWN
        return texts(self.language).get(f"{part}.{value.replace(' ', '_').replace(':', '')}", value)

    def state(self, value: str | None) -> str:
        return NOT_KNOWN if value is None else self.states.get(value, value)

    def number(self, value: float | None, decimals: int = 0) -> str:
        if value is None:
            return NOT_KNOWN
        marks = {",": texts(self.language)["number.thousands"], ".": texts(self.language)["number.decimal"]}
        return "".join(marks.get(character, character) for character in f"{value:,.{decimals}f}")

    def percent(self, value: float | None) -> str:
        """Of a number that counts in percent."""
        return NOT_KNOWN if value is None else f"{self.number(value, 1)}%"

    def share(self, part: float | None, whole: float | None = 1) -> str:
        """A part of a whole, in percent."""
        return NOT_KNOWN if part is None or not whole else self.percent(100 * part / whole)

    def money(self, value: float | None) -> str:
        return NOT_KNOWN if value is None else f"{self.currency} {self.number(value)}".strip()

    @property
    def axis(self) -> str:
        """Vega's expression of a whole number on an axis."""
        return f"replace(format(datum.value, ','), /,/g, '{texts(self.language)['number.thousands']}')"

    def shown(self, column: str, value: Any) -> str:
        """A value of a mart's column for people: what it is stands in its name."""
        if value is None or value != value:
            return NOT_KNOWN
        if column == "state":
            return self.state(value)
        if column in NAMED:
            return self.of(NAMED[column], value)
        if isinstance(value, bool):
            return self("word.yes") if value else self("word.no")
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, str):
            return value
        if column.startswith("percent") or column.endswith("_percent"):
            return self.percent(value)
        if "share" in column or column.startswith("chance"):
            return self.share(value)
        return self.number(value, 1 if column in ("measure", "peers_measure", "average_days_to_deliver") else 0)
