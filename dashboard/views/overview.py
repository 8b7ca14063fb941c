"""How many outlets are silent, whether it grows, why, what it costs, and where to begin."""

import altair as alt
import streamlit as st

from dashboard import data
from dashboard.parts import (
    BACK,
    HEIGHT,
    PLAIN,
    QUIET,
    SILENT,
    Page,
    figure,
    head,
    legend,
    nothing,
    plain,
    rows_axis,
    section,
    sentences,
    table,
    territory_filter,
    values,
    window_filter,
)

SPIKE = "beat_spike"


def show(page: Page) -> None:
    head(page, "overview")
    if not data.windows(page.marts):
        nothing(page.say("overview.no_outlets"))
        return
    left, right = st.columns(2, vertical_alignment="bottom")
    window, territory = window_filter(page, left), territory_filter(page, right)
    months = data.trend(page.marts, window, territory)
    if not months:
        nothing(page.say("overview.no_months"))
        return
    _figures(page, months[-1], months[-2] if len(months) > 1 else None, data.money_lost(page.marts, window, territory))
    left, right = st.columns(2)
    with left:
        _trend(page, months, window)
    with right:
        _flows(page, months, window)
    _work(page, territory)
    left, right = st.columns(2)
    with left:
        _causes(page)
    with right:
        _alerts(page)


def _figures(page: Page, now: dict, before: dict | None, lost: float | None) -> None:
    say = page.say
    inactive, universe, active = now["inactive_outlets"], now["universe_outlets"], now["active_outlets"]
    change = inactive - before["inactive_outlets"] if before else 0
    signed = f"{'−' if change < 0 else '+'}{say.number(abs(change))}"
    lapsed, never = say.number(now["lapsed_outlets"]), say.number(now["never_ordered_outlets"])
    figures: tuple[tuple[str, str, str, dict[str, str]], ...] = (
        ("inactive", say.number(inactive), say("overview.since", change=signed), {"lapsed": lapsed, "never": never}),
        ("of_universe", say.share(inactive, universe), say("overview.of_outlets", count=say.number(universe)), {}),
        ("to_active", say.share(inactive, active), say("overview.active", count=say.number(active)), {}),
        ("lost", say.money(lost), say("overview.a_month"), {}),
    )
    for place, (name, value, below, told) in zip(st.columns(4), figures, strict=True):
        place.metric(
            say(f"overview.{name}"),
            value,
            below,
            delta_color="off",
            delta_arrow="off",
            border=True,
            help=say(f"overview.{name}_help", **told),
        )
    low, high = say.number(now["inactive_outlets_low"]), say.number(now["inactive_outlets_high"])
    st.markdown(say("overview.band", low=f"**{low}**", high=f"**{high}**", unknown=say.number(now["unknown_outlets"])))


def _trend(page: Page, months: list[dict], window: int) -> None:
    say = page.say
    section(say("overview.trend", days=window), say("overview.trend_note"))
    rows = [
        {**row, "shown": say.number(row["inactive_outlets"]),
         "band": f"{say.number(row['inactive_outlets_low'])} – {say.number(row['inactive_outlets_high'])}"}
        for row in months
    ]  # fmt: skip
    base = alt.Chart(values(rows), height=HEIGHT).encode(
        x=alt.X(
            "month_end:T",
            title=None,
            axis=alt.Axis(format="%Y-%m", labelAngle=0, tickCount=5),
            scale=alt.Scale(padding=6),
        ),
        tooltip=[
            alt.Tooltip("month_end:N", title=say("column.month_end")),
            alt.Tooltip("shown:N", title=say("column.inactive_outlets")),
            alt.Tooltip("band:N", title=say("overview.low_high")),
        ],
    )
    axis = alt.Axis(labelExpr=say.axis, tickMinStep=1)
    scale = alt.Scale(zero=False, nice=True)
    band = base.mark_area(color=SILENT, opacity=0.25).encode(
        y=alt.Y("inactive_outlets_low:Q", title=None, axis=axis, scale=scale), y2="inactive_outlets_high:Q"
    )
    line = base.mark_line(color=SILENT, point=alt.OverlayMarkDef(color=SILENT, size=45), strokeWidth=2.5).encode(
        y=alt.Y("inactive_outlets:Q", title=None, axis=axis, scale=scale)
    )
    first, last = rows[0], rows[-1]
    says = say("overview.trend_says", first=first["shown"], first_day=first["month_end"], last=last["shown"],
               last_day=last["month_end"])  # fmt: skip
    figure(
        page,
        band + line,
        says,
        months[::-1],
        ("month_end", "universe_outlets", "active_outlets", "inactive_outlets", "inactive_outlets_low",
         "inactive_outlets_high", "lapsed_outlets", "never_ordered_outlets", "unknown_outlets"),
    )  # fmt: skip


def _flows(page: Page, months: list[dict], window: int) -> None:
    say = page.say
    section(say("overview.flows"), say("overview.flows_note", days=window))
    fell, back = say("column.newly_inactive_outlets"), say("column.reactivated_outlets")
    rows = [
        {"month": f"{row['month_end']:%Y-%m}", "flow": flow, "outlets": sign * row[column],
         "shown": say.number(row[column])}
        for row in months[-13:]
        for flow, column, sign in ((fell, "newly_inactive_outlets", 1), (back, "reactivated_outlets", -1))
    ]  # fmt: skip
    chart = (
        alt.Chart(values(rows), height=HEIGHT)
        .mark_bar()
        .encode(
            x=alt.X("month:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y(
                "outlets:Q", title=None, axis=alt.Axis(labelExpr=say.axis.replace("datum.value", "abs(datum.value)"))
            ),
            color=alt.Color(
                "flow:N",
                title=None,
                scale=alt.Scale(domain=[fell, back], range=[SILENT, BACK]),
                legend=legend("bottom"),
            ),
            tooltip=[
                alt.Tooltip("month:N", title=say("column.month_end")),
                alt.Tooltip("flow:N", title=" "),
                alt.Tooltip("shown:N", title=say("column.outlets")),
            ],
        )
    )
    last = months[-1]
    says = say("overview.flows_says", fell=say.number(last["newly_inactive_outlets"]),
               back=say.number(last["reactivated_outlets"]), day=last["month_end"])  # fmt: skip
    figure(page, chart, says, months[::-1], ("month_end", "newly_inactive_outlets", "reactivated_outlets"))


def _work(page: Page, territory: str) -> None:
    say = page.say
    section(say("overview.begin"), say("overview.begin_note"))
    rows = data.first_work(page.marts, territory)
    if not rows:
        nothing(say("overview.no_work"))
        return
    table(
        page,
        rows,
        ("outlet_name", "owner_name", "next_step", "days_silent", "monthly_value_at_risk", "chance_of_return",
         "likely_cause"),
        say("overview.begin"),
    )  # fmt: skip


def _causes(page: Page) -> None:
    say = page.say
    section(say("overview.why"), say("overview.why_note"))
    rows = data.cause_mix(page.marts)
    explained = [row for row in rows if row["percent_of_explained"] is not None]
    if not explained:
        nothing(say("overview.no_causes"))
        return
    kinds = (
        ("percent_of_explained", "circle", SILENT),
        ("percent_of_reported", "diamond", PLAIN),
        ("claimed_percent", "cross", QUIET),
    )
    dots = [
        {"kind": say.of("kind", row["kind"]), "by": say(f"column.{column}"), "percent": row[column],
         "shown": say.percent(row[column])}
        for row in explained
        for column, _, _ in kinds
        if row[column] is not None
    ]  # fmt: skip
    by = [say(f"column.{column}") for column, _, _ in kinds]
    key = legend("bottom", 1)
    chart = (
        alt.Chart(values(dots), height=170 + 50 * len(explained))
        .mark_point(filled=True, size=150, opacity=1)
        .encode(
            x=alt.X("percent:Q", title="%", scale=alt.Scale(zero=True)),
            y=alt.Y("kind:N", title=None, sort=None, axis=rows_axis(150)),
            color=alt.Color("by:N", title=None, legend=key, scale=alt.Scale(domain=by, range=[k[2] for k in kinds])),
            shape=alt.Shape("by:N", title=None, legend=key, scale=alt.Scale(domain=by, range=[k[1] for k in kinds])),
            tooltip=[
                alt.Tooltip("kind:N", title=" "),
                alt.Tooltip("by:N", title=" "),
                alt.Tooltip("shown:N", title="%"),
            ],
        )
    )
    says = "; ".join(f"{say.of('kind', row['kind'])}: {say.percent(row['percent_of_explained'])}" for row in explained)
    columns = ("kind", "measured_outlets", "reported_outlets", "percent_of_explained", "percent_of_reported")
    figure(page, chart, says, rows, (*columns, "claimed_percent"))


def _alerts(page: Page) -> None:
    say = page.say
    section(say("overview.alerts"), say("overview.alerts_note"))
    counts = data.alert_counts(page.marts)
    if not counts:
        nothing(say("overview.no_alerts"))
        return
    table(page, counts, ("kind", "alerts"), say("overview.alerts"))
    spikes = data.alerts(page.marts, (SPIKE, "fulfilment"), 10)
    for spike in spikes:
        st.markdown(f"- {plain(spike['message'])} ({plain(spike['owner_name'])})")
    if spikes:
        sentences(page)
