"""Beats or reps by their silent share, with its interval; and the scorecards of reps, beats and distributors."""

from collections import Counter
from math import ceil

import altair as alt
import streamlit as st

from dashboard import choices, data
from dashboard.parts import (
    PLAIN,
    ROW_HEIGHT,
    SILENT,
    Page,
    draw,
    figure,
    head,
    legend,
    nothing,
    plain,
    rows_axis,
    section,
    table,
    territory_filter,
    values,
    window_filter,
)

KINDS = ("rep", "beat", "distributor")
SILENT_KINDS = ("beat", "rep")
MEASURES = ("percent_coverage", "percent_strike_rate", "percent_fill_rate", "percent_of_target")
CARD = (
    "rank", "subject_name", "subject_id", "silent_outlets", "lapsed_outlets", "inherited_outlets", "missed_signals",
    "revived_outlets", "target_outlets", "percent_of_target", "planned_visits", "percent_coverage", "visits",
    "percent_strike_rate", "percent_fill_rate", "average_days_to_deliver",
)  # fmt: skip


def show(page: Page) -> None:
    head(page, "beats")
    if not data.windows(page.marts):
        nothing(page.say("overview.no_outlets"))
        return
    _silence(page)
    _scorecards(page)


def _silence(page: Page) -> None:
    say, marts = page.say, page.marts
    section(say("beats.silence"), say("beats.silence_note", count=data.CHART_ROWS))
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    kind = choices.one(left, say("beats.whose"), SILENT_KINDS, "silent", shown=lambda one: say.of("whose", one))
    window, territory = window_filter(page, middle), territory_filter(page, right)
    found = data.silent(marts, kind, window, territory)
    overall = data.lapsed_share(marts, window)
    if not found:
        nothing(say("beats.no_silence"))
        return
    spikes = data.alerts(marts, ("beat_spike",)) if kind == "beat" else []
    if spikes:
        st.markdown(f"**{say('beats.spikes')}**")
        for spike in spikes:
            st.markdown(f"- {plain(spike['message'])} ({plain(spike['owner_name'])})")
    elif kind == "beat":
        st.caption(say("beats.no_spikes"))
    small, enough = say("beats.small"), say("beats.enough")
    rows = [
        {**row, "group": small if row["is_small_group"] else enough,
         "shown": say.share(row["lapsed_share"]), "lost": say.money(row["monthly_net_amount_lost"]),
         "interval": f"{say.share(row['lapsed_share_low'])} – {say.share(row['lapsed_share_high'])}",
         "counts": f"{say.number(row['lapsed_outlets'])} / {say.number(row['universe_outlets'])}"}
        for row in found
    ]  # fmt: skip
    base = alt.Chart(values(rows), height=ROW_HEIGHT * len(rows) + 60).encode(
        y=alt.Y(
            "subject_id:N",
            title=None,
            sort=None,
            axis=rows_axis(150, _labels(rows)),
        ),
        tooltip=[
            alt.Tooltip("subject_name:N", title=say("column.subject_name")),
            alt.Tooltip("counts:N", title=say("column.lapsed_outlets")),
            alt.Tooltip("shown:N", title=say("column.lapsed_share")),
            alt.Tooltip("interval:N", title=say("beats.interval")),
            alt.Tooltip("lost:N", title=say("column.monthly_net_amount_lost")),
        ],
    )
    scale, axis = alt.Scale(domainMin=0), alt.Axis(format="%", tickCount=5)
    bars = base.mark_rule(strokeWidth=3, opacity=0.45, color=SILENT).encode(
        x=alt.X("lapsed_share_low:Q", title=say("column.lapsed_share"), scale=scale, axis=axis),
        x2="lapsed_share_high:Q",
    )
    dots = base.mark_point(filled=True, size=90, opacity=1, color=SILENT).encode(
        x=alt.X("lapsed_share:Q", scale=scale, axis=axis),
        shape=alt.Shape(
            "group:N",
            title=None,
            scale=alt.Scale(domain=[enough, small], range=["circle", "triangle-up"]),
            legend=legend("top", 1),
        ),
    )
    line = (
        alt.Chart(values([{"share": overall}]))
        .mark_rule(color=PLAIN, strokeDash=[5, 4], strokeWidth=1.5)
        .encode(x="share:Q")
    )
    st.caption(say("beats.line", share=say.share(overall)))
    figure(
        page,
        bars + dots + line,
        say("beats.silence_says", whose=rows[0]["subject_name"], share=rows[0]["shown"], interval=rows[0]["interval"]),
        found,
        ("subject_name", "territory", "universe_outlets", "lapsed_outlets", "lapsed_share",
         "lapsed_share_low", "lapsed_share_high", "is_small_group", "monthly_net_amount_lost"),
    )  # fmt: skip


def _labels(rows: list[dict]) -> dict[str, str]:
    """Names by id; of those who share one with the id beside it."""
    names = Counter(row["subject_name"] for row in rows)
    return {
        row["subject_id"]: row["subject_name"] + (f" · {row['subject_id']}" if names[row["subject_name"]] > 1 else "")
        for row in rows
    }


def _scorecards(page: Page) -> None:
    say, marts = page.say, page.marts
    section(say("beats.scorecards"), say("beats.scorecards_note"))
    months = data.scorecard_months(marts)
    if not months:
        nothing(say("beats.no_scorecards"))
        return
    first, second, third = st.columns(3, vertical_alignment="bottom")
    kind = choices.one(first, say("beats.whose"), KINDS, "whose", shown=lambda one: say.of("whose", one))
    texts = [f"{month:%Y-%m}" for month in months]
    month = months[texts.index(choices.one(second, say("word.month"), texts, "month"))]
    measure = choices.one(third, say("beats.measure"), MEASURES, "measure", shown=lambda one: say(f"column.{one}"))
    if not (count := data.scorecard_count(marts, kind, month)):
        nothing(say("beats.no_scorecards"))
        return
    if lowest := data.lowest(marts, kind, month, measure):
        _measured(page, lowest, measure)
    else:
        nothing(say(f"beats.no_{measure}"))
    pages = ceil(count / data.PAGE_ROWS)
    number = choices.page_number(st.container(), say("lists.page", pages=pages), pages, "card") if pages > 1 else 1
    table(page, data.scorecards(marts, kind, month, number), CARD, say("beats.scorecards"))


def _measured(page: Page, lowest: list[dict], measure: str) -> None:
    """The lowest first: those who need help."""
    say = page.say
    st.caption(say("beats.lowest", count=say.number(len(lowest)), of=say.number(lowest[0]["known"])))
    labels = _labels(lowest)
    rows = [
        {
            "name": labels[row["subject_id"]],
            "id": row["subject_id"],
            "value": row[measure],
            "shown": say.percent(row[measure]),
        }
        for row in lowest
    ]
    base = alt.Chart(values(rows), height=ROW_HEIGHT * len(rows) + 30).encode(
        y=alt.Y("id:N", title=None, sort=None, axis=rows_axis(150, {row["id"]: row["name"] for row in rows})),
        x=alt.X(
            "value:Q",
            title=say(f"column.{measure}"),
            scale=alt.Scale(domain=[0, 1.15 * rows[-1]["value"] or 1]),
            axis=alt.Axis(tickCount=5),
        ),
        tooltip=[
            alt.Tooltip("name:N", title=say("column.subject_name")),
            alt.Tooltip("shown:N", title=say(f"column.{measure}")),
        ],
    )
    dots = base.mark_bar(color=PLAIN, height=6)
    ends = base.mark_point(filled=True, size=80, color=PLAIN, opacity=1)
    text = base.mark_text(align="left", dx=9).encode(text="shown:N")
    says = say("beats.measure_says", measure=say(f"column.{measure}"), name=rows[0]["name"], value=rows[0]["shown"])
    draw(dots + ends + text, says)
