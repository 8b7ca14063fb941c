"""How the outlets are spread over the states of each ladder, by count and by value, now and over the months."""

import altair as alt
import streamlit as st

from dashboard import choices, data
from dashboard.parts import (
    HEIGHT,
    Page,
    draw,
    figure,
    head,
    legend,
    nothing,
    or_all,
    plain,
    rows_axis,
    section,
    state_scale,
    table,
    values,
)

ROW = 30


def show(page: Page) -> None:
    head(page, "portfolio")
    say, marts = page.say, page.marts
    ladders = data.rule_sets(marts)
    if not ladders:
        nothing(say("portfolio.nothing"))
        return
    names = data.reps(marts)
    left, right = st.columns(2, vertical_alignment="bottom")
    rule_set = choices.one(
        left, say("word.rule_set"), ladders, "ladder", shown=lambda ladder: say.of("rule_set", ladder)
    )
    rep = choices.one(right, say("word.rep"), [data.ALL, *names], "rep", shown=or_all(page, names))
    rows = data.portfolio(marts, rule_set, rep)
    if not rows:
        nothing(say("portfolio.nothing"))
        return
    if (ladder := say.of("rule_set_help", rule_set)) != rule_set:
        st.caption(plain(ladder))
    order = [row["state"] for row in data.states(marts)]
    newest = rows[-1]["as_of_date"]
    now = sorted((row for row in rows if row["as_of_date"] == newest), key=lambda row: order.index(row["state"]))
    _now(page, now)
    _months(page, rows, [state for state in order if any(row["state"] == state for row in rows)])


def _now(page: Page, now: list[dict]) -> None:
    say = page.say
    outlets = sum(row["outlets"] for row in now)
    amounts = sum(row["net_amount_last_year"] or 0 for row in now)
    section(say("portfolio.now", day=now[0]["as_of_date"]), say("portfolio.now_note", count=say.number(outlets)))
    rows = [
        {
            **row,
            "label": say.state(row["state"]),
            "outlets_share": row["outlets"] / outlets,
            "value_share": (row["net_amount_last_year"] or 0) / amounts if amounts else None,
        }
        for row in now
    ]
    left, right = st.columns(2)
    states = [row["state"] for row in now]
    for place, column, title in ((left, "outlets_share", "by_count"), (right, "value_share", "by_value")):
        shown = [{"label": row["label"], "share": row[column] or 0, "shown": say.share(row[column])} for row in rows]
        base = alt.Chart(values(shown), height=ROW * len(shown) + 40, title=say(f"portfolio.{title}")).encode(
            y=alt.Y("label:N", title=None, sort=None, axis=rows_axis(170)),
            x=alt.X(
                "share:Q", title=None, axis=None, scale=alt.Scale(domainMax=1.25 * max(r["share"] for r in shown) or 1)
            ),
        )
        bars = base.mark_bar().encode(color=alt.Color("label:N", legend=None, scale=state_scale(say, states)))
        text = base.mark_text(align="left", dx=5).encode(text="shown:N")
        says = "; ".join(f"{row['label']}: {row['shown']}" for row in shown)
        draw(bars + text, says, place)
    with st.expander(say("word.figures")):
        table(page, rows, ("state", "outlets", "outlets_share", "net_amount_last_year", "value_share"), says)


def _months(page: Page, rows: list[dict], states: list[str]) -> None:
    say = page.say
    section(say("portfolio.months"), say("portfolio.months_note"))
    drawn = [
        {"month": f"{row['as_of_date']:%Y-%m}", "label": say.state(row["state"]), "outlets": row["outlets"],
         "shown": say.number(row["outlets"]), "place": states.index(row["state"])}
        for row in rows
    ]  # fmt: skip
    chart = (
        alt.Chart(values(drawn), height=HEIGHT + 160)
        .mark_bar()
        .encode(
            x=alt.X("month:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("outlets:Q", title=None, axis=alt.Axis(labelExpr=say.axis)),
            color=alt.Color(
                "label:N",
                title=None,
                scale=state_scale(say, states),
                legend=legend("bottom"),
            ),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("month:N", title=say("column.month_end")),
                alt.Tooltip("label:N", title=say("column.state")),
                alt.Tooltip("shown:N", title=say("column.outlets")),
            ],
        )
    )
    figure(page, chart, say("portfolio.months_says", states=", ".join(say.state(state) for state in states)),
           rows[::-1], ("as_of_date", "state", "outlets", "net_amount_last_year"))  # fmt: skip
