"""Rows as CSV or as a workbook, for people who open them in a spreadsheet: text stays text there, whatever it says."""

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError

from orchestration.workspace.errors import PulseError

__all__ = ["MAX_ROWS", "Batches", "XlsxFileError", "write_csv", "write_workbook"]

Batches = Iterator[list[tuple]]
# what a spreadsheet would calculate; the wide signs count in East Asian ones
DANGEROUS = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
MAX_ROWS = 1_048_575  # below the header
EXACT = 10**15  # a spreadsheet keeps 15 digits of a number
WIDEST = 50
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_csv(path: Path, header: list[str], batches: Batches) -> None:
    """RFC 4180 in UTF-8; values as ISO writes them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([_text(name) for name in header])
        for rows in batches:
            writer.writerows([_text(value) for value in row] for row in rows)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    said = str(value)
    return f"'{said}" if DANGEROUS.match(said) and not isinstance(value, int | float) else said


def write_workbook(
    path: Path, columns: dict[str, str], batches: Batches, about: dict[str, Any], created: datetime
) -> None:
    """A sheet of rows and a sheet that says what they are; `columns` are names with DuckDB's types.

    `created` stands in the file as the moment it was made, so that equal content gives equal bytes.
    """
    book = xlsxwriter.Workbook(path, {**OPTIONS, "tmpdir": str(path.parent)})
    book.set_properties({"created": created.replace(tzinfo=None)})
    bold = book.add_format({"bold": True})
    forms = dict.fromkeys([*map(_form, columns.values()), "yyyy-mm-dd"])
    formats = {form: book.add_format({"num_format": form}) for form in forms}
    sheet = book.add_worksheet(about["list"][:31])
    sheet.freeze_panes(1, 0)
    first = next(batches, [])
    for place, name in enumerate(columns):
        sheet.write_string(0, place, name, bold)
        shown = max((len(_shown(row[place])) for row in first), default=0)
        sheet.set_column(place, place, min(max(len(name) + 3, shown + 1), WIDEST))  # 3: the filter's button
    number = 0
    styles = [formats[_form(kind)] for kind in columns.values()]
    for row in chain(first, chain.from_iterable(batches)):
        number += 1
        for place, value in enumerate(row):
            _cell(sheet, number, place, value, styles[place])
    sheet.autofilter(0, 0, number, len(columns) - 1)
    notes = book.add_worksheet("About")
    notes.set_column(0, 0, 16)
    notes.set_column(1, 1, WIDEST)
    for place, (name, value) in enumerate(about.items()):
        notes.write_string(place, 0, name.capitalize(), bold)
        _cell(notes, place, 1, value, formats["yyyy-mm-dd"] if isinstance(value, date) else None)
    book.close()


def _form(kind: str) -> str:
    """The number format of a type; scale and kind come from the mart's contract."""
    if kind.startswith("DECIMAL"):
        scale = int(kind.rstrip(")").split(",")[1])
        return f"#,##0.{'0' * scale}" if scale else "#,##0"
    if kind == "DATE":
        return "yyyy-mm-dd"
    if kind.startswith("TIMESTAMP"):
        return "yyyy-mm-dd hh:mm:ss"
    return "#,##0" if kind.endswith("INT") or kind == "INTEGER" else "General"


def _cell(sheet: Any, row: int, place: int, value: Any, style: Any) -> None:
    """One cell by the type of its value: a formula or a link cannot come about."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, int | float | Decimal) and abs(float(value)) < EXACT:
        sheet.write_number(row, place, value, style)
    elif isinstance(value, date) and value.year >= 1900 and getattr(value, "tzinfo", None) is None:
        sheet.write_datetime(row, place, value, style)
    elif sheet.write_string(row, place, str(value)):
        raise PulseError(f"row {row:,}: a text of {len(str(value)):,} characters fits no cell; use csv or parquet")


def _shown(value: Any) -> str:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return f"{value:,}"
    return "" if value is None else str(value)
