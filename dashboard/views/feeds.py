"""How far the data can be trusted: what each feed vouches for, where days are missing, what was published when."""

import streamlit as st

from dashboard import data
from dashboard.parts import Page, head, nothing, plain, section, table


def show(page: Page) -> None:
    head(page, "feeds")
    say, marts = page.say, page.marts
    feeds = data.feeds(marts)
    if not feeds:
        nothing(say("feeds.nothing"))
        return
    section(say("feeds.feeds"), say("feeds.feeds_note"))
    table(
        page,
        feeds,
        ("feed", "delivers", "first_business_date", "newest_business_date", "watermark_date", "is_late", "outlets",
         "unknown_outlets", "holes", "time_zone", "currency", "description"),
        say("feeds.feeds"),
    )  # fmt: skip
    section(say("feeds.distributors"), say("feeds.distributors_note"))
    table(
        page,
        data.distributors(marts),
        ("distributor_name", "feed", "country", "watermark_date", "is_late"),
        say("feeds.distributors"),
    )
    section(say("feeds.holes"), say("feeds.holes_note"))
    if holes := data.holes(marts):
        columns = ("feed", "hole_from", "hole_to", "working_days", "orders", "expected_orders", "percent_missing")
        table(page, holes, columns, say("feeds.holes"))
    else:
        st.caption(say("feeds.no_holes"))
    _checks(page)
    section(say("feeds.publishes"), say("feeds.publishes_note"))
    if published := data.publishes(marts):
        table(page, published, ("published_at", "as_of_date", "changed_figures"), say("feeds.publishes"))
    else:
        st.caption(say("feeds.no_publishes"))


def _checks(page: Page) -> None:
    say, checks = page.say, page.marts.manifest["checks"]
    section(say("feeds.checks"))
    if not checks:
        st.caption(say("feeds.no_checks"))
        return
    st.markdown(say("feeds.passed", passed=say.number(checks["passed"]), failed=say.number(len(checks["failed"]))))
    for check in checks["failed"]:
        st.markdown(f"- {plain(check['asset'])} {plain(check['name'])}: {plain(check['means'])}")
