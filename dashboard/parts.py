"""What all pages are made of: the head with its warnings, tables, charts with their figures, and one colour a meaning.

Text of the data is escaped wherever Streamlit would read it as Markdown, and never shown as HTML.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import altair as alt
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import choices, data
from dashboard.reading import Generation
from dashboard.words import NOT_KNOWN, Words

# Okabe and Ito's colours, told apart by colour-blind people too; a state has the same one on all pages
STATE_COLOURS = {
    "never_ordered": "#999999",
    "new": "#56b4e9",
    "active": "#009e73",
    "recovered": "#0072b2",
    "almost_inactive": "#e69f00",
    "inactive": "#d55e00",
    "lost": "#6a1b4d",
    "unknown": "#c9c9c9",
    "on_hold": "#cc79a7",
    "closed": "#4d4d4d",
}
STATE_SHAPES = {
    "never_ordered": "cross",
    "new": "triangle-up",
    "active": "circle",
    "recovered": "triangle-right",
    "almost_inactive": "diamond",
    "inactive": "square",
    "lost": "triangle-down",
    "unknown": "stroke",
    "on_hold": "triangle-left",
    "closed": "cross",
}
SILENT, BACK = STATE_COLOURS["inactive"], STATE_COLOURS["recovered"]
PLAIN, SOFT, QUIET = "#0b3c5d", "#6f93ad", "#8a8a8a"  # of no state
MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:@&^=/])")
# addresses become links by themselves, escaped or not, unless a word joiner that nobody sees stands in them
LINK = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
HEIGHT = 320
ROW_HEIGHT = 24


@dataclass(frozen=True)
class Page:
    """What a page shows: the marts of one generation in one language."""

    marts: Generation
    say: Words


def plain(text: str | None) -> str:
    """Text of the data where Markdown is read: all of it is shown as it stands, and leads nowhere."""
    return MARKDOWN.sub(r"\\\1", LINK.sub("\u2060", " ".join((text or "").split())))


def head(page: Page, name: str) -> None:
    """Title, how fresh the figures are, and what makes them less than certain."""
    say, marts = page.say, page.marts
    st.title(say(f"{name}.title"), anchor=False)
    st.caption(
        say("head.fresh", day=f"**{marts.as_of_date}**", published=f"{marts.published_at:%Y-%m-%d %H:%M} UTC")
        + (f" {say('head.asked')}" if marts.manifest["asked_as_of"] or marts.manifest["known_at"] else "")
    )
    unknown, late = data.unknown_outlets(marts), data.late_distributors(marts)
    warnings = []
    if late:
        named = ", ".join(
            f"{plain(row['distributor_name'])} ({say.shown('watermark_date', row['watermark_date'])})"
            for row in late[:5]
        )
        more = say("head.more", count=say.number(len(late) - 5)) if len(late) > 5 else ""
        warnings.append(say("head.late", feeds=named + more))
    if unknown:
        warnings.append(say("head.unknown", count=say.number(unknown)))
    if failed := (marts.manifest["checks"] or {}).get("failed"):
        warnings.append(say("head.checks", count=say.number(len(failed))))
    if warnings:
        st.warning(" ".join(warnings))


def section(text: str, note: str = "") -> None:
    st.header(text, anchor=False)
    if note:
        st.caption(note)


def sentences(page: Page) -> None:
    """The marts speak English: said where their sentences stand in a page of another language."""
    if page.say.language != "en":
        st.caption(page.say("word.sentences"))


def nothing(text: str) -> None:
    st.info(text)


def table(page: Page, rows: Sequence[dict], columns: Iterable[str], alt_text: str, *, height: Any = "auto") -> None:
    """Rows as a table that can be read by screen readers, sorted, and searched; values as the language writes them."""
    say, shown = page.say, list(columns)
    cells = {}
    spoken = {}
    for column in shown:
        own = [row[column] for row in rows]
        known = [value for value in own if value is not None]
        if known and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
            cells[column] = pd.Series(own, dtype="float64")  # sorts as numbers, reads as the language writes them
            spoken[column] = partial(say.shown, column)
        else:
            cells[column] = pd.Series([say.shown(column, value) for value in own], dtype=object)
    st.dataframe(
        pd.DataFrame(cells).style.format(spoken, escape=None),
        column_config={column: heading(say, column) for column in shown},
        hide_index=True,
        height=height,
        placeholder=NOT_KNOWN,
        alt=alt_text,
    )


def heading(say: Words, column: str) -> str:
    """A column's heading; amounts name the currency once, there."""
    named = say(f"column.{column}")
    money = "amount" in column or column == "monthly_value_at_risk"
    return f"{named} ({say.currency})" if money and say.currency else named


def figure(
    page: Page, chart: alt.Chart | alt.LayerChart, says: str, rows: Sequence[dict], columns: Iterable[str]
) -> None:
    """A chart, what it says in words for those who cannot see it, and its figures as a table."""
    draw(chart, says)
    with st.expander(page.say("word.figures")):
        table(page, rows, columns, says)


def draw(chart: alt.Chart | alt.LayerChart, says: str, place: DeltaGenerator | None = None) -> None:
    """Across the page, with room for what stands at its edges."""
    padded = chart.properties(padding={"left": 2, "right": 18, "top": 8, "bottom": 4})
    (place or st.container()).altair_chart(padded, width="stretch", alt=says)


def legend(orient: Literal["top", "bottom"], columns: int = 2) -> alt.Legend:
    return alt.Legend(
        orient=orient,
        columns=columns,
        labelLimit=130 if columns > 1 else 0,
        rowPadding=2,
        padding=0,
        offset=8,
        symbolSize=90,
        symbolOpacity=1,
    )


def rows_axis(width: int, names: dict[str, str] | None = None) -> alt.Axis:
    """An axis that names each row; where keys have names, two of one name stay two rows."""
    spoken = f"({json.dumps(names)})[datum.value]" if names else alt.Undefined
    return alt.Axis(labelLimit=width, labelOverlap=False, labelPadding=6, labelExpr=spoken)


def values(rows: Iterable[dict]) -> alt.Data:
    """Rows for a chart: dates as ISO writes them."""
    return alt.Data(
        values=[
            {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
            for row in rows
        ]
    )


def state_scale(say: Words, states: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=[say.state(state) for state in states], range=[STATE_COLOURS.get(s, QUIET) for s in states])


def territory_filter(page: Page, place: DeltaGenerator) -> str:
    options = [data.ALL, *data.territories(page.marts)]
    return choices.one(place, page.say("word.territory"), options, "territory", shown=or_all(page))


def or_all(page: Page, names: dict[str, str] | None = None) -> Callable[[str], str]:
    """How an option of a filter reads: its name, and a word for no filter."""
    return lambda option: page.say("word.all") if option == data.ALL else (names or {}).get(option, option)


def window_filter(page: Page, place: DeltaGenerator) -> int:
    say, windows = page.say, data.windows(page.marts)
    return choices.segment(
        place,
        say("word.window"),
        windows,
        "window",
        shown=lambda days: say("word.days", days=days),
        default=windows[len(windows) // 2],
    )
