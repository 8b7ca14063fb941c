"""Where the outlets of the chosen states are: one mark an outlet, or squares with counts where there are too many.

Drawn from coordinates alone: no tiles, nothing from the network.
"""

from math import cos, radians

import altair as alt
import streamlit as st

from dashboard import choices, data
from dashboard.parts import (
    QUIET,
    STATE_SHAPES,
    Page,
    figure,
    head,
    legend,
    nothing,
    or_all,
    state_scale,
    values,
)

CHOSEN = ("almost_inactive", "inactive", "lost")
HEIGHT = 620
LEAST_DEGREES = 0.02  # a single outlet is not shown by the metre


def show(page: Page) -> None:
    head(page, "map")
    say, marts = page.say, page.marts
    countries = data.countries(marts)
    if not countries:
        nothing(say("map.nothing"))
        return
    first, second, third = st.columns((1, 1, 2), vertical_alignment="bottom")
    country = choices.one(first, say("column.country"), countries, "country")
    territories = [data.ALL, *data.territories_of(marts, country)]
    territory = choices.one(
        second,
        say("word.territory"),
        territories,
        "place",
        shown=or_all(page),
        default=data.largest_territory(marts, country),
    )
    order = [row["state"] for row in data.states(marts)]
    chosen = choices.some(
        third,
        say("column.state"),
        order,
        "shown",
        shown=say.state,
        placeholder=say("word.all"),
        default=[state for state in CHOSEN if state in order],
    )
    where = data.placed(marts, country, territory)
    st.caption(say("map.placed", placed=say.number(where["placed_outlets"]), outlets=say.number(where["outlets"])))
    if not chosen:
        nothing(say("map.no_states"))
        return
    found = data.points(marts, country, territory, chosen)
    if not found:
        nothing(say("map.no_outlets"))
    elif len(found) <= data.POINTS:
        _points(page, found, [state for state in order if state in chosen], where)
    else:
        _fields(page, data.fields(marts, country, territory, chosen, _width(where)), where)


def _width(where: dict) -> float:
    """Degrees of a square, such that a few dozen lie side by side."""
    return max(where["east"] - where["west"], where["north"] - where["south"], LEAST_DEGREES) / data.FIELDS_ACROSS


def _axes(page: Page, where: dict) -> tuple[alt.X, alt.Y]:
    """About the same scale both ways, so that the market keeps its shape: a degree east is shorter up north."""
    middle = (where["south"] + where["north"]) / 2
    shrink = cos(radians(middle))
    across = max(where["east"] - where["west"], LEAST_DEGREES) * shrink
    up = max(where["north"] - where["south"], LEAST_DEGREES)
    half = 0.55 * max(up, across)
    centre = (where["west"] + where["east"]) / 2
    east_west = [centre - half / shrink, centre + half / shrink]
    south_north = [middle - half, middle + half]
    form = ".2f" if half < 0.5 else ".1f"
    across_axis = alt.Axis(grid=True, tickCount=6, format=form, labelOverlap=True)
    up_axis = alt.Axis(grid=True, tickCount=6, format=form)
    return (
        alt.X(
            "longitude:Q",
            title=page.say("column.longitude"),
            axis=across_axis,
            scale=alt.Scale(domain=east_west, nice=False, zero=False),
        ),
        alt.Y(
            "latitude:Q",
            title=page.say("column.latitude"),
            axis=up_axis,
            scale=alt.Scale(domain=south_north, nice=False, zero=False),
        ),
    )


def _points(page: Page, found: list[dict], states: list[str], where: dict) -> None:
    say = page.say
    rows = [
        {**row, "label": say.state(row["state"]), "last": say.shown("last_order_date", row["last_order_date"])}
        for row in found
    ]
    x, y = _axes(page, where)
    labels = [say.state(state) for state in states]
    key = legend("top")
    chart = (
        alt.Chart(values(rows), height=HEIGHT)
        .mark_point(filled=True, size=80, opacity=0.85)
        .encode(
            x=x,
            y=y,
            color=alt.Color("label:N", title=None, scale=state_scale(say, states), legend=key),
            shape=alt.Shape(
                "label:N",
                title=None,
                legend=key,
                scale=alt.Scale(domain=labels, range=[STATE_SHAPES.get(state, "circle") for state in states]),
            ),
            tooltip=[
                alt.Tooltip("outlet_name:N", title=say("column.outlet_name")),
                alt.Tooltip("territory:N", title=say("column.territory")),
                alt.Tooltip("label:N", title=say("column.state")),
                alt.Tooltip("last:N", title=say("column.last_order_date")),
            ],
        )
    )
    says = say("map.points_says", count=say.number(len(found)))
    figure(page, chart, says, found, ("outlet_name", "territory", "state", "last_order_date", "latitude", "longitude"))


def _fields(page: Page, found: list[dict], where: dict) -> None:
    say = page.say
    rows = [
        {**row, "chosen_share": row["chosen_outlets"] / row["outlets"], "of": say.number(row["outlets"]),
         "shown": say.number(row["chosen_outlets"]), "share": say.share(row["chosen_outlets"], row["outlets"])}
        for row in found
    ]  # fmt: skip
    x, y = _axes(page, where)
    chart = (
        alt.Chart(values(rows), height=HEIGHT)
        .mark_circle(opacity=0.85, stroke=QUIET, strokeWidth=0.5)
        .encode(
            x=x,
            y=y,
            size=alt.Size(
                "chosen_outlets:Q",
                title=say("column.chosen_outlets"),
                legend=alt.Legend(orient="top"),
                scale=alt.Scale(range=[10, 400]),
            ),
            color=alt.Color(
                "chosen_share:Q",
                title=say("column.chosen_share"),
                legend=alt.Legend(orient="top", format=".0%"),
                scale=alt.Scale(scheme="cividis", reverse=True),
            ),
            tooltip=[
                alt.Tooltip("shown:N", title=say("column.chosen_outlets")),
                alt.Tooltip("of:N", title=say("column.outlets")),
                alt.Tooltip("share:N", title=say("column.chosen_share")),
            ],
        )
    )
    st.caption(say("map.fields_note", points=say.number(data.POINTS)))
    says = say("map.fields_says", count=say.number(sum(row["chosen_outlets"] for row in found)))
    figure(page, chart, says, rows, ("latitude", "longitude", "outlets", "chosen_outlets", "chosen_share"))
