"""One outlet: who it is, its orders, visits and states on one line of time, why it fell silent, and what comes next."""

import altair as alt
import streamlit as st

from dashboard import choices, data
from dashboard.parts import (
    PLAIN,
    SILENT,
    STATE_COLOURS,
    Page,
    draw,
    head,
    heading,
    nothing,
    plain,
    section,
    sentences,
    state_scale,
    table,
    values,
)

FACTS = (
    "channel", "abc_class", "rep_name", "beat_name", "distributor_name", "territory", "country", "opened_on",
    "closed_on", "first_order_date", "last_order_date", "days_silent", "typical_cycle_days", "lifetime_orders",
    "lifetime_net_amount",
)  # fmt: skip
MARKS = {  # of the kinds of events: shape, colour
    "visit": ("triangle-up", STATE_COLOURS["active"]),
    "visit not done": ("cross", STATE_COLOURS["lost"]),
    "delivery": ("square", STATE_COLOURS["new"]),
    "coupon issued": ("diamond", STATE_COLOURS["almost_inactive"]),
    "coupon redeemed": ("circle", STATE_COLOURS["recovered"]),
    "stock-out": ("triangle-down", SILENT),
}


def show(page: Page) -> None:
    head(page, "outlet")
    say, marts = page.say, page.marts
    outlet_id = _chosen(page)
    if not outlet_id:
        return
    facts = data.outlet(marts, outlet_id)
    if not facts:
        nothing(say("outlet.not_found", outlet=plain(outlet_id)))
        return
    section(plain(facts["outlet_name"]))
    st.markdown(f"{plain(outlet_id)} · **{plain(say.state(facts['state']))}**")
    if facts["replaced_by_outlet_id"]:
        st.info(say("outlet.replaced", outlet=plain(facts["replaced_by_outlet_id"])))
    _facts(page, facts)
    _next(page, outlet_id)
    _timeline(page, outlet_id)
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
    if asked and asked not in names and (known := data.outlet(marts, asked)):
        names = {asked: f"{known['outlet_name']} · {known['territory']} · {asked}", **names}
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


def _timeline(page: Page, outlet_id: str) -> None:
    say, marts = page.say, page.marts
    section(say("outlet.timeline"), say("outlet.timeline_note"))
    states = data.outlet_states(marts, outlet_id, "standard")
    happened = data.events(marts, outlet_id, ())
    if not states and not happened:
        nothing(say("outlet.no_events"))
        return
    days = [row["event_date"] for row in happened] + [row[end] for row in states for end in ("valid_from", "valid_to")]
    done = [row["event_date"] for row in happened if row["event"] != "state"]
    first = min(done or days)  # the years before anything happened say nothing
    x = alt.X(
        "day:T",
        title=None,
        scale=alt.Scale(domain=[first.isoformat(), max(days).isoformat()]),
        axis=alt.Axis(format="%Y-%m", labelAngle=0, tickCount=6),
    )
    charts = [
        chart
        for chart in (_orders(page, happened, x), _others(page, happened, x), _bands(page, states, x, first))
        if chart is not None
    ]
    orders = sum(row["event"] == "order" for row in happened)
    says = say("outlet.timeline_says", orders=say.number(orders), events=say.number(len(happened) - orders))
    for chart in charts:
        draw(chart, says)
    with st.expander(say("word.figures")):
        table(page, states, ("state", "valid_from", "valid_to", "reason"), say("column.state"))


def _orders(page: Page, happened: list[dict], x: alt.X) -> alt.Chart | None:
    say = page.say
    rows = [
        {"day": row["event_date"], "amount": row["amount"], "shown": say.money(row["amount"])}
        for row in happened
        if row["event"] == "order" and row["amount"] is not None
    ]
    if not rows:
        return None
    return (
        alt.Chart(values(rows), height=170, title=f"{say.of('event', 'order')} ({say.currency})")
        .mark_point(filled=True, size=55, color=PLAIN, opacity=0.85)
        .encode(
            x=x,
            y=alt.Y("amount:Q", title=None, axis=alt.Axis(labelExpr=say.axis, tickCount=4, minExtent=90, maxExtent=90)),
            tooltip=[
                alt.Tooltip("day:T", title=say("column.event_date"), format="%Y-%m-%d"),
                alt.Tooltip("shown:N", title=say.of("event", "order")),
            ],
        )
    )


def _others(page: Page, happened: list[dict], x: alt.X) -> alt.Chart | None:
    say = page.say
    rows = [
        {"day": row["event_date"], "kind": say.of("event", row["event"]), "said": _said(page, row)}
        for row in happened
        if row["event"] in MARKS
    ]
    kinds = [kind for kind in MARKS if any(row["event"] == kind for row in happened)]
    if not rows:
        return None
    labels = [say.of("event", kind) for kind in kinds]
    return (
        alt.Chart(values(rows), height=26 * len(kinds) + 20)
        .mark_point(filled=True, size=45, opacity=0.8)
        .encode(
            x=x,
            y=alt.Y(
                "kind:N", title=None, sort=labels, axis=alt.Axis(labelLimit=84, minExtent=90, maxExtent=90, grid=True)
            ),
            color=alt.Color(
                "kind:N", legend=None, scale=alt.Scale(domain=labels, range=[MARKS[kind][1] for kind in kinds])
            ),
            shape=alt.Shape(
                "kind:N", legend=None, scale=alt.Scale(domain=labels, range=[MARKS[kind][0] for kind in kinds])
            ),
            tooltip=[
                alt.Tooltip("day:T", title=say("column.event_date"), format="%Y-%m-%d"),
                alt.Tooltip("kind:N", title=say("column.event")),
                alt.Tooltip("said:N", title=say("column.description")),
            ],
        )
    )


def _bands(page: Page, states: list[dict], x: alt.X, first: object) -> alt.Chart | None:
    say = page.say
    shown = [row for row in states if row["valid_to"] >= first]
    if not shown:
        return None
    order = [row["state"] for row in data.states(page.marts)]
    present = sorted({row["state"] for row in shown}, key=order.index)
    rows = [
        {"day": max(row["valid_from"], first), "until": row["valid_to"], "label": say.state(row["state"]),
         "from": row["valid_from"], "reason": row["reason"]}
        for row in shown
    ]  # fmt: skip
    return (
        alt.Chart(values(rows), height=26 * len(present) + 20)
        .mark_bar(height=14)
        .encode(
            x=x,
            x2="until:T",
            y=alt.Y("label:N", title=None, sort=[say.state(state) for state in present],
                    axis=alt.Axis(labelLimit=84, minExtent=90, maxExtent=90, grid=True)),
            color=alt.Color("label:N", legend=None, scale=state_scale(say, present)),
            tooltip=[
                alt.Tooltip("label:N", title=say("column.state")),
                alt.Tooltip("from:T", title=say("column.valid_from"), format="%Y-%m-%d"),
                alt.Tooltip("until:T", title=say("column.valid_to"), format="%Y-%m-%d"),
                alt.Tooltip("reason:N", title=say("column.reason")),
            ],
        )
    )  # fmt: skip


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
    chosen = st.multiselect(
        say("column.event"),
        list(counts),
        format_func=lambda kind: f"{say.of('event', kind)} ({say.number(counts.get(kind, 0))})",
        placeholder=say("word.all"),
        key="event",
    )
    rows = [{**row, "description": _said(page, row)} for row in data.events(page.marts, outlet_id, tuple(chosen))]
    table(page, rows, ("event_date", "event", "description", "amount"), say("outlet.events"), height=400)


def _said(page: Page, row: dict) -> str:
    """What an event was, in the page's language where the marts use a word for it."""
    if row["to_state"]:
        return f"{page.say.state(row['from_state'])} → {page.say.state(row['to_state'])}"
    return page.say.of("outcome", row["description"])
