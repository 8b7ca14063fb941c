"""Silent outlets month by month with the band of what is known, and who came and went."""

import altair as alt

from dashboard.parts import BACK, HEIGHT, SILENT, Page, figure, legend, section, values


def silent(page: Page, months: list[dict], window: int) -> None:
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


def flows(page: Page, months: list[dict], window: int) -> None:
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
