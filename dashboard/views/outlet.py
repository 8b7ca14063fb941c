"""One outlet: who it is, its orders, visits and states on one line of time, why it fell silent, and what comes next."""

import streamlit as st

from dashboard import choices, data
from dashboard.parts import Page, head, heading, nothing, plain, section, sentences, table
from dashboard.views import timeline

FACTS = (
    "channel", "abc_class", "rep_name", "beat_name", "distributor_name", "territory", "country", "opened_on",
    "closed_on", "first_order_date", "last_order_date", "days_silent", "typical_cycle_days", "lifetime_orders",
    "lifetime_net_amount",
)  # fmt: skip


def show(page: Page) -> None:
    head(page, "outlet")
    say, marts = page.say, page.marts
    outlet_id = _chosen(page)
    if not outlet_id:
        return
    facts = data.outlet(marts, outlet_id)
    assert facts  # it was just found
    section(plain(facts["outlet_name"]))
    st.markdown(f"{plain(outlet_id)} · **{plain(say.state(facts['state']))}**")
    if facts["replaced_by_outlet_id"]:
        st.info(say("outlet.replaced", outlet=plain(facts["replaced_by_outlet_id"])))
    _facts(page, facts)
    _next(page, outlet_id)
    timeline.show(page, outlet_id)
    _causes(page, outlet_id)
    _events(page, outlet_id)


def _chosen(page: Page) -> str | None:
    """The outlet that the address names, or one of those that the server finds."""
    say, marts = page.say, page.marts
    left, right = st.columns(2, vertical_alignment="bottom")
    text = choices.text(left, say("outlet.search"), "find", placeholder=say("outlet.search_hint"))
    found = data.find_outlets(marts, text) if text else []
    names = {row["outlet_id"]: f"{row['outlet_name']} · {row['territory']} · {row['outlet_id']}" for row in found}
    asked = choices.asked_for("outlet")
    if asked and asked not in names:
        if known := data.outlet(marts, asked):
            names = {asked: f"{known['outlet_name']} · {known['territory']} · {asked}", **names}
        else:
            nothing(say("outlet.not_found", outlet=plain(asked)))
    if not names:
        nothing(say("outlet.none_found") if text else say("outlet.start"))
        return None
    return choices.one(
        right,
        say("outlet.choose", count=say.number(len(names))),
        list(names),
        "outlet",
        shown=lambda one: names.get(one, one),
        may_be_none=True,
        placeholder=say("lists.choose"),
    )


def _facts(page: Page, facts: dict) -> None:
    """As text in columns that fold on a phone."""
    say = page.say
    shown = [(column, facts[column]) for column in FACTS if facts[column] is not None]
    third = -(-len(shown) // 3)
    for place, start in zip(st.columns(3), range(0, len(shown), third), strict=False):
        place.markdown(
            "  \n".join(
                f"{plain(heading(say, column))}: **{plain(say.shown(column, value))}**"
                for column, value in shown[start : start + third]
            )
        )


def _next(page: Page, outlet_id: str) -> None:
    say = page.say
    section(say("outlet.next"))
    work, pruned = data.work_on(page.marts, outlet_id), data.pruned(page.marts, outlet_id)
    if work:
        st.info(f"**{plain(say.shown('next_step', work['next_step']))}** – {plain(work['owner_name'])}")
        columns = ("rank", "owner_name", "monthly_value_at_risk", "chance_of_return", "chance_of_return_low",
                   "chance_of_return_high", "likely_cause", "suggested_basket", "planned_visit_on")  # fmt: skip
        table(page, [work], columns, say("outlet.next"))
    elif pruned:
        st.info(say("outlet.pruned", reason=plain(pruned["prune_reason"])))
    else:
        st.caption(say("outlet.no_work"))


def _causes(page: Page, outlet_id: str) -> None:
    say = page.say
    section(say("outlet.why"), say("outlet.why_note"))
    rows = data.causes(page.marts, outlet_id)
    if not rows:
        st.caption(say("outlet.no_causes"))
        return
    table(
        page,
        rows,
        (
            "cause",
            "kind",
            "is_evident",
            "is_known",
            "evidence",
            "measure",
            "peers_measure",
            "unit",
            "peers",
            "reported_reason",
        ),
        say("outlet.why"),
    )
    sentences(page)  # fmt: skip


def _events(page: Page, outlet_id: str) -> None:
    say = page.say
    section(say("outlet.events"), say("outlet.events_note", count=say.number(data.EVENT_ROWS)))
    kinds = data.event_kinds(page.marts, outlet_id)
    if not kinds:
        nothing(say("outlet.no_events"))
        return
    counts = {row["event"]: row["events"] for row in kinds}
    chosen = choices.some(
        st.container(),
        say("column.event"),
        list(counts),
        "event",
        shown=lambda kind: f"{say.of('event', kind)} ({say.number(counts.get(kind, 0))})",
        placeholder=say("word.all"),
    )
    rows = [{**row, "description": timeline.said(page, row)} for row in data.events(page.marts, outlet_id, chosen)]
    table(page, rows, ("event_date", "event", "description", "amount"), say("outlet.events"), height=400)
