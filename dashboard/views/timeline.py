"""An outlet's orders, what was done for it, and its states, one below the other on the same line of time."""

import altair as alt
import streamlit as st

from dashboard import data
from dashboard.parts import PLAIN, Page, draw, nothing, section, state_scale, table, values

NAMES_WIDTH = 90  # of all charts alike, so that their days stand below each other
MARKS = {  # of the kinds of events; colours are for states alone
    "visit": "triangle-up",
    "visit not done": "cross",
    "delivery": "square",
    "coupon issued": "diamond",
    "coupon redeemed": "circle",
    "stock-out": "triangle-down",
}


def show(page: Page, outlet_id: str) -> None:
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
            y=alt.Y(
                "amount:Q",
                title=None,
                axis=alt.Axis(labelExpr=say.axis, tickCount=4, minExtent=NAMES_WIDTH, maxExtent=NAMES_WIDTH),
            ),
            tooltip=[
                alt.Tooltip("day:T", title=say("column.event_date"), format="%Y-%m-%d"),
                alt.Tooltip("shown:N", title=say.of("event", "order")),
            ],
        )
    )


def _others(page: Page, happened: list[dict], x: alt.X) -> alt.Chart | None:
    say = page.say
    rows = [
        {"day": row["event_date"], "kind": say.of("event", row["event"]), "said": said(page, row)}
        for row in happened
        if row["event"] in MARKS
    ]
    kinds = [kind for kind in MARKS if any(row["event"] == kind for row in happened)]
    if not rows:
        return None
    labels = [say.of("event", kind) for kind in kinds]
    return (
        alt.Chart(values(rows), height=26 * len(kinds) + 20)
        .mark_point(filled=True, size=45, opacity=0.8, color=PLAIN)
        .encode(
            x=x,
            y=alt.Y(
                "kind:N",
                title=None,
                sort=labels,
                axis=alt.Axis(labelLimit=NAMES_WIDTH - 6, minExtent=NAMES_WIDTH, maxExtent=NAMES_WIDTH, grid=True),
            ),
            shape=alt.Shape(
                "kind:N", legend=None, scale=alt.Scale(domain=labels, range=[MARKS[kind] for kind in kinds])
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
                    axis=alt.Axis(labelLimit=NAMES_WIDTH - 6, minExtent=NAMES_WIDTH, maxExtent=NAMES_WIDTH, grid=True)),
            color=alt.Color("label:N", legend=None, scale=state_scale(say, present)),
            tooltip=[
                alt.Tooltip("label:N", title=say("column.state")),
                alt.Tooltip("from:T", title=say("column.valid_from"), format="%Y-%m-%d"),
                alt.Tooltip("until:T", title=say("column.valid_to"), format="%Y-%m-%d"),
                alt.Tooltip("reason:N", title=say("column.reason")),
            ],
        )
    )  # fmt: skip


def said(page: Page, row: dict) -> str:
    """What an event was, in the page's language where the marts use a word for it."""
    if row["to_state"]:
        return f"{page.say.state(row['from_state'])} → {page.say.state(row['to_state'])}"
    return page.say.of("outcome", row["description"])
