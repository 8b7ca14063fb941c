"""How many outlets are silent, whether it grows, why, what it costs, and where to begin."""

import altair as alt
import streamlit as st

from dashboard import data
from dashboard.parts import (
    PLAIN,
    QUIET,
    SOFT,
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
from dashboard.views import trend

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
        trend.silent(page, months, window)
    with right:
        trend.flows(page, months, window)
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
        ("percent_of_explained", "circle", PLAIN),
        ("percent_of_reported", "diamond", SOFT),
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
