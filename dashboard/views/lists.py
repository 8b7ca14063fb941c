"""The watch lists: who is on them, filtered, a page at a time, and the whole list as the file of `pulse export`."""

from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from dashboard import choices, data
from dashboard.parts import Page, head, nothing, or_all, table
from orchestration.reports.export import export
from orchestration.workspace.layout import Workspace

PICKED = "picked_outlet"


def show(page: Page) -> None:
    head(page, "lists")
    say, marts = page.say, page.marts
    listed = choices.one(
        st.container(),
        say("lists.list"),
        list(data.LISTS),
        "list",
        shown=lambda one: say.of("list", one.removeprefix("rpt_")),
    )
    st.caption(say.of("list_help", listed.removeprefix("rpt_")))
    rep, chosen = _filters(page, listed)
    count = data.list_count(marts, listed, rep, chosen)
    left, right = st.columns((3, 1), vertical_alignment="bottom")
    left.markdown(say("lists.count", count=f"**{say.number(count)}**"))
    right.download_button(
        say("lists.export"),
        data=lambda: exported(marts.workspace, listed, rep, chosen),
        file_name=f"{'_'.join([listed, str(marts.as_of_date), *chosen])}.csv",
        mime="text/csv",
        help=say("lists.export_help"),
        on_click="ignore",
        width="stretch",
    )
    if not count:
        nothing(say("lists.nothing"))
        return
    pages = ceil(count / data.PAGE_ROWS)
    number = 1
    if pages > 1:
        number = choices.page_number(left, say("lists.page", pages=say.number(pages)), pages, "page")
    rows = data.list_rows(marts, listed, rep, chosen, number)
    says = say("lists.says", list=say.of("list", listed.removeprefix("rpt_")), count=say.number(len(rows)))
    table(page, rows, data.LISTS[listed].columns, says, height=min(38 * len(rows) + 40, 640))
    _open(page, rows)


def exported(workspace: Workspace, listed: str, rep: str, chosen: tuple[str, ...]) -> bytes:
    """What `pulse export` writes for the same filters, contacts masked; made when somebody asks for it."""
    with TemporaryDirectory() as folder:
        (file,) = export(workspace, listed, "csv", rep=rep or None, states=chosen, out=Path(folder))
        return file["path"].read_bytes()


def _filters(page: Page, listed: str) -> tuple[str, tuple[str, ...]]:
    say, marts = page.say, page.marts
    names, states = data.list_reps(marts, listed), data.list_states(marts, listed)
    left, right = st.columns(2, vertical_alignment="bottom")
    rep = choices.one(left, say("word.rep"), [data.ALL, *names], "rep", shown=or_all(page, names))
    if not states:
        return rep, ()
    return rep, choices.some(right, say("column.state"), states, "state", shown=say.state, placeholder=say("word.all"))


def _open(page: Page, rows: list[dict]) -> None:
    """From a row to the outlet's page; a list to choose from works with a keyboard and on a phone."""
    say = page.say
    names = {row["outlet_id"]: row["outlet_name"] for row in rows}
    left, right = st.columns((3, 1), vertical_alignment="bottom")
    outlet_id = left.selectbox(
        say("lists.open"), list(names), index=None, placeholder=say("lists.choose"),
        format_func=lambda one: f"{names[one]} · {one}", key=PICKED,
    )  # fmt: skip
    if right.button(say("lists.go"), disabled=outlet_id is None, width="stretch") and outlet_id:
        st.switch_page(st.session_state["pages"]["outlet"], query_params={"outlet": outlet_id})
