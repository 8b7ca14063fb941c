"""The dashboard in Chromium, on a desk and on a phone: opened, filtered, searched, exported, and looked at.

Pictures go to $PULSE_SCREENS (`make screens`), or to a folder of the test.
"""

import json
import os
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks.browser import EXECUTABLE, Browser, browser
from benchmarks.serving import served
from dashboard import data
from dashboard.views.lists import exported
from dashboard.words import texts
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import literal
from tests.test_dashboard import HOSTILE, changed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(EXECUTABLE is None, reason="chromium is not here: the dashboard was not looked at"),
]
PAGES = {"": "overview", **{page: page for page in ("portfolio", "map", "beats", "lists", "outlet", "feeds")}}
SIZES = {"desk": (1400, 1000), "phone": (390, 844)}
LANGUAGES = ("en", "zh", "id")
PROBED = (
    "/_stcore/health",
    "/_stcore/host-config",
)  # Streamlit looks where it lies when a page is opened by its address


@pytest.fixture(scope="module")
def address(story):
    with served(story.home) as place:
        yield place


@pytest.fixture(scope="module")
def downloads(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def tab(downloads):
    with browser(downloads) as one:
        yield one


@pytest.fixture
def pictures(tmp_path) -> Path:
    return Path(os.environ.get("PULSE_SCREENS") or tmp_path)


@pytest.fixture(autouse=True)
def at_peace(tab, address):
    """Whatever a test did, no page complained, and none asked another host for anything."""
    tab.complaints.clear()
    tab.requests.clear()
    yield
    tab.run("1")  # what was said meanwhile is heard
    assert [said for said in tab.complaints if not said.strip().endswith(PROBED)] == []
    hosts = {urlsplit(url).netloc for url in tab.requests if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts <= {urlsplit(address).netloc}, hosts


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_looks_whole(tab, address, story, pictures, language, size):
    listed = story.ask("select outlet_id from rpt_revival_worklist order by rank limit 1")[0][0]
    width, height = SIZES[size]
    tab.size(width, height, phone=size == "phone")
    for page, name in PAGES.items():
        tab.open(f"{address}/{page}?language={language}" + (f"&outlet={listed}" if page == "outlet" else ""))
        assert tab.run("document.querySelector('h1').innerText") == texts(language)[f"{name}.title"]
        assert tab.run("document.documentElement.scrollWidth") <= width
        assert tab.run("document.querySelector('[data-testid=\"stMain\"]').scrollWidth") <= width
        assert tab.run(UNLABELLED) == []
        assert tab.run(HEADINGS) == "ordered"
        tab.picture(pictures / f"{size}-{language}-{name}.png")


# controls that a screen reader could not name
UNLABELLED = """[...document.querySelectorAll('[data-testid="stMain"] :is(input, button, select, textarea)')]
    .filter(control => control.offsetParent && !control.closest('[data-testid="stDataFrame"]'))
    .filter(control => !(control.getAttribute('aria-label') || control.innerText.trim() || control.title
        || control.getAttribute('aria-labelledby') || (control.labels || []).length))
    .map(control => control.outerHTML.slice(0, 200))"""
MADE_BY_TEXT = "document.querySelectorAll('[data-testid=\"stMain\"] :is(a, script, iframe, .katex)').length"
FOCUSED = "(e => (e.innerText || e.getAttribute('aria-label') || '').trim())(document.activeElement)"
HEADINGS = """(() => {
    const levels = [...document.querySelectorAll('[data-testid="stMain"] :is(h1, h2, h3, h4)')].map(h => +h.tagName[1]);
    return levels[0] === 1 && levels.every((level, place) => !place || level <= levels[place - 1] + 1)
        ? 'ordered' : levels.join();
})()"""


def choose(tab: Browser, label: str, text: str) -> None:
    """Open a select box, type, and take what is found: all by keyboard after the first click."""
    tab.click_on(
        "[...document.querySelectorAll('[data-testid=\"stSelectbox\"]')]"
        f".find(box => box.innerText.includes('{label}'))?.querySelector('input')"
    )
    time.sleep(0.3)
    tab.type(text)
    time.sleep(0.5)
    tab.press("Enter")
    tab.settle()


def test_a_list_is_filtered_and_exported(tab, address, story, downloads, pictures):
    rep, name = story.ask(
        "select rep_id, rep_name from dim_reps where rep_id in (select rep_id from rpt_outlet_watch) "
        "order by lower(rep_name), rep_id limit 1"
    )[0]
    same = "select count(*) from dim_reps where rep_name = ? and rep_id in (select rep_id from rpt_outlet_watch)"
    if story.ask(same, name)[0][0] > 1:
        name = f"{name} · {rep}"  # as the filter tells them apart
    count = story.ask("select count(*) from rpt_outlet_watch where rep_id = ?", rep)[0][0]
    tab.size(*SIZES["desk"])
    tab.open(f"{address}/lists?language=en&list=rpt_outlet_watch")
    choose(tab, "Sales rep", name)
    tab.until(f"document.body.innerText.includes('{count} outlets')", "the filtered list")
    assert f"rep={rep.split(':')[0]}" in tab.run("location.search")
    tab.picture(pictures / "desk-en-lists-filtered.png")
    tab.click_on("document.querySelector('[data-testid=\"stDownloadButton\"] button')")
    ends = time.monotonic() + 30
    while not (files := list(downloads.glob("*.csv"))):
        assert time.monotonic() < ends, "nothing was downloaded"
        time.sleep(0.2)
    assert files[0].name.startswith("rpt_outlet_watch_")
    assert files[0].read_bytes() == exported(Workspace(story.home), "rpt_outlet_watch", rep, ())


def test_reps_are_shown_with_their_intervals(tab, address, story, pictures):
    tab.size(*SIZES["desk"])
    tab.open(f"{address}/beats?language=en&silent=rep")
    top = story.ask(
        "select rep_name from rpt_rep_silence where rep_id <> 'unknown' and lapsed_outlets > 0 and window_days = 60 "
        "order by monthly_net_amount_lost desc nulls last, lapsed_outlets desc, rep_id limit 1"
    )[0][0]
    tab.until(f"document.body.innerHTML.includes({json.dumps(f'Most is lost with {top}')})", "the reps")
    tab.picture(pictures / "desk-en-reps.png")


def test_a_row_leads_to_its_outlet(tab, address, story):
    outlet, name = story.ask("select outlet_id, outlet_name from rpt_revival_worklist order by rank limit 1")[0]
    tab.size(*SIZES["desk"])
    tab.open(f"{address}/lists?language=zh")
    choose(tab, texts("zh")["lists.open"], outlet)
    tab.click_on(
        f"[...document.querySelectorAll('button')].find(b => b.innerText.includes('{texts('zh')['lists.go']}'))"
    )
    tab.until(f"document.querySelector('h2')?.innerText === {json.dumps(name)}", "the outlet's page")
    assert "outlet=" in tab.run("location.search") and "language=zh" in tab.run("location.search")


def test_an_outlet_is_found_and_told_of(tab, address, story, pictures):
    outlet, name = story.ask("select outlet_id, outlet_name from rpt_revival_worklist order by rank limit 1")[0]
    tab.size(*SIZES["phone"], phone=True)
    tab.open(f"{address}/outlet?language=en")
    tab.click_on("document.querySelector('[data-testid=\"stTextInput\"] input')")
    tab.type(outlet)
    tab.press("Enter")
    tab.until("document.body.innerText.includes('(1 found)')", "the search")
    choose(tab, "Outlet (1 found)", outlet)
    tab.until("document.body.innerText.includes('Next step')", "the outlet")
    tab.settle()
    assert name in tab.text()
    assert tab.run("document.documentElement.scrollWidth") <= SIZES["phone"][0]
    tab.picture(pictures / "phone-en-outlet-found.png")


def test_hostile_names_lead_nowhere(tab, story, tmp_path, pictures):
    """On a server of its own, so that the others see the story as it is."""
    named = f"select * replace ({literal(HOSTILE)} as outlet_name) from marts"
    told = f"select * replace ({literal(HOSTILE)} as message, {literal(HOSTILE)} as owner_name) from marts"
    workspace = changed(story, tmp_path / "hostile", dim_outlets=named, rpt_revival_worklist=named, rpt_alerts=told)
    outlet = story.ask("select outlet_id from rpt_revival_worklist order by rank limit 1")[0][0]
    tab.size(*SIZES["desk"])
    with served(workspace.home) as place:
        for page in ("", "outlet", "lists", "beats", "map"):
            tab.open(f"{place}/{page}?language=en&outlet={outlet}")
            assert tab.run(MADE_BY_TEXT) == 0, page
            if page == "outlet":
                assert tab.run("document.querySelector('h2').innerText").replace("\u2060", "") == HOSTILE
                tab.picture(pictures / "desk-en-outlet-hostile.png")
        tab.open("about:blank", settle=False)  # a page without its server asks for it again and again
        tab.run("1")
    tab.requests.clear()


def test_the_language_is_changed_and_goes_along(tab, address):
    tab.size(*SIZES["desk"])
    tab.open(f"{address}/?language=en")
    choose(tab, "Language", "Română")
    tab.until(f"document.querySelector('h1').innerText === '{texts('ro')['overview.title']}'", "Romanian")
    tab.click_on("[...document.querySelectorAll('nav a, [data-testid=\"stSidebarNavLink\"]')][1]")
    tab.until(f"document.querySelector('h1').innerText === '{texts('ro')['portfolio.title']}'", "the next page")
    tab.settle()
    assert "language=ro" in tab.run("location.search")


def test_a_keyboard_reaches_pages_and_filters(tab, address):
    tab.size(*SIZES["desk"])
    tab.open(f"{address}/?language=en")
    reached = set()
    for _ in range(40):
        tab.press("Tab")
        reached.add(
            tab.run(
                "(document.activeElement.innerText || document.activeElement.getAttribute('aria-label') || '').trim()"
            )
        )
    assert {"Portfolio", "Watch lists", "Data health", "Territory"} <= reached, reached
    assert any("The figures" in text for text in reached), reached


def test_lists_are_what_the_pages_show(story):
    tables = {name for (name,) in story.ask("select view_name from duckdb_views()")}
    assert set(data.LISTS) <= tables
