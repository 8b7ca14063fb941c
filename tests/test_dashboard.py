"""The dashboard's pages on a published story: the marts' figures, in five languages, whatever the data says."""

import csv
import os
import re
import string
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from typer.testing import CliRunner

from benchmarks.serving import healthy, served
from dashboard import data, serve
from dashboard.parts import STATE_COLOURS, STATE_SHAPES, plain
from dashboard.reading import shown_now
from dashboard.views.lists import exported
from dashboard.words import LANGUAGES, Words, texts
from orchestration.cli.command import app
from orchestration.publishing.generations import current
from orchestration.reports.shown import show
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace
from orchestration.workspace.sql import literal
from tests.conftest import ROOT, Pulse
from tests.publishing import publish_again

PAGES = {"": "overview", **{page: page for page in ("portfolio", "map", "beats", "lists", "outlet", "feeds")}}
HOSTILE = (
    "<script>alert(1)</script> [x](javascript:1) *b* $x$ :red[y] `z` http://evil.example www.evil.example "
    "a@evil.example"
)


@pytest.fixture(autouse=True)
def at_home(monkeypatch, story):
    monkeypatch.setenv("PULSE_HOME", str(story.home))


def opened(place: str = "", /, **asked: str | list[str]) -> AppTest:
    """A page by its address, as a browser opens it."""
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=30)
    app.query_params.update({"language": "en", **asked})
    app._page_hash = calc_hash(place)  # AppTest itself opens pages only that are files
    app.run()
    assert not app.exception, [problem.value for problem in app.exception]
    return app


def said(page: AppTest) -> str:
    shown = (*page.title, *page.header, *page.markdown, *page.caption, *page.warning, *page.info, *page.error)
    return "\n".join(str(element.value) for element in shown)


def marts_of(story: Pulse):
    return shown_now(Workspace(story.home))


def changed(story: Pulse, home: Path, **selects: str) -> Workspace:
    """The story's marts with others in the place of some; `marts` in a select is what stood there."""
    pulse = story.copied(home)
    workspace = Workspace(pulse.home)
    manifest = current(workspace)
    folder = workspace.published / "generations" / manifest["generation"]
    for mart, select in selects.items():
        path = folder / f"{mart}.parquet"
        with duckdb.connect() as connection:
            connection.execute(f"create table marts as from read_parquet({literal(path)})")
            path.unlink()
            connection.execute(f"copy ({select}) to {literal(path)} (format parquet)")
    show(workspace, manifest)
    return workspace


@pytest.mark.parametrize(
    "language", [pytest.param(name, marks=[] if name == "pt" else pytest.mark.long) for name in LANGUAGES]
)
def test_each_page_speaks_each_language(language, story):
    listed = story.ask("select outlet_id from rpt_revival_worklist order by rank limit 1")[0][0]
    for page, name in PAGES.items():
        app = opened(page, language=language, **({"outlet": listed} if page == "outlet" else {}))
        assert app.title[0].value == texts(language)[f"{name}.title"]
        assert str(marts_of(story).as_of_date) in said(app), page
        assert not app.error and len(said(app)) > 100


def test_languages_have_the_same_words_and_none_is_empty():
    english = texts("en")
    for language in LANGUAGES:
        other = texts(language)
        assert other.keys() == english.keys()
        for key, text in other.items():
            assert text.strip(), (language, key)
            assert fields(text) == fields(english[key]), (language, key)


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_what_the_marts_name_has_words_and_colours(story):
    labels = story.ask("select state from dim_states")
    assert {state for (state,) in labels} == set(STATE_COLOURS) == set(STATE_SHAPES)
    with (ROOT / "dbt_project" / "seeds" / "causes.csv").open() as file:
        for row in csv.DictReader(file):
            for language in LANGUAGES:
                say = Words(language, {})
                assert f"cause.{row['cause']}" in texts(language)
                assert language == "en" or say.of("step", row["next_step"]) != row["next_step"]
    for listed, watched in data.LISTS.items():
        assert f"list.{listed.removeprefix('rpt_')}" in texts("en")
        assert all(f"column.{column}" in texts("en") for column in watched.columns)


def test_the_overview_has_the_figures_of_the_marts(story):
    day = marts_of(story).as_of_date
    app = opened(window="90")
    inactive, universe, active, low, high = story.ask(
        "select sum(inactive_outlets), sum(universe_outlets), sum(active_outlets), sum(inactive_outlets_low), "
        "sum(inactive_outlets_high) from kpi_inactivity_daily_filled where window_days = 90 and as_of_date = ?",
        day,
    )[0]
    lost = story.ask("select sum(monthly_net_amount_lost) from rpt_beat_silence where window_days = 90")[0][0]
    values = [metric.value for metric in app.metric]
    assert values[0] == f"{inactive:,}"
    assert values[1:3] == [f"{100 * inactive / universe:.1f}%", f"{100 * inactive / active:.1f}%"]
    assert values[3].endswith(f" {lost:,.0f}")
    assert f"at least **{low:,}**" in said(app) and f"at most **{high:,}**" in said(app)


def test_late_data_is_said_on_each_page(story):
    unknown = story.ask("select sum(unknown_outlets) from rpt_beat_silence where window_days = 30")[0][0]
    assert unknown > 0
    for page in PAGES:
        assert f"{unknown:,} outlets are silent" in said(opened(page)), page


def test_filters_narrow_and_stand_in_the_address(story):
    rep, of_rep = story.ask("select rep_id, count(*) from rpt_outlet_watch group by 1 order by 2 desc, 1 limit 1")[0]
    state, both = story.ask(
        "select state, count(*) from rpt_outlet_watch where rep_id = ? group by 1 order by 2, 1 limit 1", rep
    )[0]
    (every,) = story.ask("select count(*) from rpt_outlet_watch")[0]
    app = opened("lists", list="rpt_outlet_watch")
    assert f"**{every:,}** outlets" in said(app)
    app.selectbox(key="rep en").select(rep).run()
    assert f"**{of_rep:,}** outlets" in said(app)
    app.multiselect(key="state en").select(state).run()
    assert f"**{both:,}** outlets" in said(app)
    asked = {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}
    assert asked == {"language": "en", "list": "rpt_outlet_watch", "rep": rep, "state": state}
    assert f"**{both:,}** magazine" in said(opened("lists", **{**asked, "language": "ro"}))


def test_an_address_that_nobody_made_is_no_fault():
    for page in PAGES:
        opened(page, list="no_list", rep="'; drop", state="x", page="-1", outlet="*x*", window="1e9", shown="?")


def test_the_export_is_the_file_of_pulse_export(story, tmp_path):
    rep = story.ask("select rep_id from rpt_revival_worklist group by 1 order by count(*) desc, 1 limit 1")[0][0]
    story("export", "rpt_revival_worklist", "--to", "csv", "--rep", rep, "--state", "inactive", "--out", str(tmp_path))
    (file,) = tmp_path.iterdir()
    marts = marts_of(story)  # a page is open on the same marts meanwhile
    assert data.list_count(marts, "rpt_revival_worklist", rep, ("inactive",)) > 0
    assert exported(marts.workspace, "rpt_revival_worklist", rep, ("inactive",)) == file.read_bytes()
    for listed in data.LISTS:
        assert exported(marts.workspace, listed, data.ALL, ()).startswith(b"outlet_id") or listed.endswith("worklist")


def test_contacts_are_on_no_page(story):
    listed = story.ask("select outlet_id from rpt_revival_worklist order by rank limit 1")[0][0]
    known = {text for row in story.ask("select contact_phone, contact_email from outlet_contacts")
             for text in row if text}  # fmt: skip
    assert len(known) > 10
    for page in PAGES:
        app = opened(page, **({"outlet": listed} if page == "outlet" else {}))
        for shown in app.dataframe:
            assert not known & {str(cell) for cell in shown.value.to_numpy().ravel()}, page


def test_hostile_names_stay_text(story, tmp_path, monkeypatch):
    listed = story.ask("select outlet_id from rpt_revival_worklist order by rank limit 1")[0][0]
    name = (
        f"select * replace (case when outlet_id = {literal(listed)} then {literal(HOSTILE)} else outlet_name end "
        "as outlet_name) from marts"
    )
    workspace = changed(story, tmp_path / "hostile", dim_outlets=name, rpt_revival_worklist=name)
    monkeypatch.setenv("PULSE_HOME", str(workspace.home))
    app = opened("outlet", outlet=listed)
    assert app.header[0].value == plain(HOSTILE)
    read = re.sub(r"\\.", "", plain(HOSTILE))
    assert not re.search(r"[<>\[\]*$`:()]", read)
    assert not re.search(r"://|www\\?\.|\w\\?@", plain(HOSTILE).replace("\\", ""))
    for page in PAGES:
        assert HOSTILE not in said(opened(page))
    for module in (ROOT / "dashboard").rglob("*.py"):
        assert "unsafe_allow" not in module.read_text() and "st.html" not in module.read_text()


def test_empty_marts_are_said(story, tmp_path, monkeypatch):
    manifest = current(Workspace(story.home))
    kept = {"dim_states", "dim_dates"}
    empty = {mart: "select * from marts limit 0" for mart in manifest["marts"] if mart not in kept}
    workspace = changed(story, tmp_path / "empty", **empty)
    monkeypatch.setenv("PULSE_HOME", str(workspace.home))
    for page in PAGES:
        assert opened(page).info, page


def test_no_coordinates_and_no_visits_are_said(story, tmp_path, monkeypatch):
    workspace = changed(
        story,
        tmp_path / "plain",
        dim_outlets="select * replace (null::double as latitude, null::double as longitude) from marts",
        rpt_scorecards="select * replace (null::decimal(5, 1) as percent_coverage) from marts",
    )
    monkeypatch.setenv("PULSE_HOME", str(workspace.home))
    assert "No outlet has coordinates" in said(opened("map"))
    assert "No planned visits are delivered" in said(opened("beats"))


def test_many_outlets_are_counted_in_squares(story, monkeypatch):
    monkeypatch.setattr(data, "POINTS", 0)
    app = opened("map")
    assert "counted in squares" in said(app)


def test_an_outlet_is_found_on_the_server(story):
    outlet, name = story.ask("select outlet_id, outlet_name from dim_outlets where outlet_name <> 'unknown' limit 1")[0]
    app = opened("outlet", find=name[:6].upper())
    assert outlet in app.selectbox(key="outlet en").options or len(app.selectbox(key="outlet en").options) > 1
    assert len(app.selectbox(key="outlet en").options) <= data.FOUND_OUTLETS
    assert "Type a part" in said(opened("outlet"))
    assert "No outlet has this" in said(opened("outlet", find="no such outlet"))


def test_a_publish_is_seen_on_the_next_click(story, tmp_path):
    workspace = Workspace(story.copied(tmp_path / "again").home)
    before = shown_now(workspace)
    assert shown_now(workspace) is before or shown_now(workspace).identity == before.identity
    manifest = publish_again(workspace, "another0")
    after = shown_now(workspace)
    assert after.identity == manifest["generation"] != before.identity
    assert data.states(before) == data.states(after)


def test_numbers_are_written_as_the_language_does():
    english, indonesian = Words("en", {}, "USD"), Words("id", {}, "IDR")
    assert english.money(1234567.8) == "USD 1,234,568"
    assert indonesian.money(1234567.8) == "IDR 1.234.568"
    assert indonesian.share(1, 8) == "12,5%"
    assert english.share(1, 0) == english.number(None) == "–"


def test_the_server_is_for_this_machine_alone(story):
    with served(story.home) as address:
        assert healthy(address)
        port = int(address.rsplit(":", 1)[1])
        listening = [
            fields[1]
            for table in ("tcp", "tcp6")
            for fields in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
            if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == port
        ]
        assert listening == [f"0100007F:{port:04X}"]  # 127.0.0.1


def test_the_command_becomes_the_server(story, tmp_path, monkeypatch):
    started: list = []
    monkeypatch.setattr(os, "execve", lambda *what: started.append(what))
    result = CliRunner().invoke(app, ["dashboard", "--port", "8600"])
    assert result.exit_code == 0 and "http://127.0.0.1:8600" in result.output
    (_, flags, environment), *_ = started
    assert {"--server.address=127.0.0.1", "--server.port=8600", "--browser.gatherUsageStats=false"} <= set(flags)
    assert environment["PULSE_HOME"] == str(story.home.resolve())


def test_what_is_missing_is_one_line(story, tmp_path, monkeypatch):
    with pytest.raises(PulseError, match="nothing is published yet; run `pulse run`"):
        serve.command(Workspace(tmp_path), 8501)
    monkeypatch.setattr(serve, "find_spec", lambda name: None)
    with pytest.raises(PulseError, match="streamlit is not installed; `make setup` installs it"):
        serve.command(Workspace(story.home), 8501)
