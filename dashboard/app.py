"""`pulse dashboard`: the pages, in the language of the reader, on the generation that is published now."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import duckdb
import streamlit as st

from dashboard import choices, data
from dashboard.parts import Page, plain
from dashboard.reading import shown_now
from dashboard.views import beats, feeds, lists, outlet, outlet_map, overview, portfolio
from dashboard.words import LANGUAGES, Words
from orchestration.workspace.errors import PulseError, one_line
from orchestration.workspace.layout import Workspace

FOLDER = Path(__file__).parent
VIEWS = {
    "overview": overview,
    "portfolio": portfolio,
    "map": outlet_map,
    "beats": beats,
    "lists": lists,
    "outlet": outlet,
    "feeds": feeds,
}


def main() -> None:
    st.set_page_config(page_title="Outlet Pulse", page_icon=str(FOLDER / "icon.svg"), layout="wide")
    st.logo(str(FOLDER / "logo.svg"), icon_image=str(FOLDER / "icon.svg"), size="large")
    language = _language()
    try:
        marts = shown_now(Workspace.current())
    except PulseError as problem:
        st.error(plain(str(problem)))
        return
    labels = {row["state"]: row[f"label_{language}"] for row in data.states(marts)}
    page = Page(marts, Words(language, labels, data.currency(marts)))
    pages = {
        name: st.Page(_shown(view, page), title=page.say(f"{name}.name"), url_path=name, default=name == "overview")
        for name, view in VIEWS.items()
    }
    st.session_state["pages"] = pages  # a row of a list leads to the outlet's page
    st.navigation(list(pages.values()), expanded=True).run()


def _language() -> str:
    """The reader's choice, at first what the browser asks for."""
    codes = list(LANGUAGES)
    asked = (st.context.locale or "").split("-")[0]
    return choices.one(
        st.sidebar,
        "Language · Bahasa · 语言 · Limba · Idioma",
        codes,
        "language",
        shown=LANGUAGES.__getitem__,
        default=asked if asked in codes else codes[0],
        always=True,
    )


def _shown(view: ModuleType, page: Page) -> Callable[[], None]:
    def show() -> None:
        try:
            view.show(page)
        except duckdb.Error as problem:  # marts of another version, or files that are gone
            st.error(page.say("head.unreadable", problem=plain(one_line(problem))))

    return show


main()
