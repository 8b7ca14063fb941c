"""What was published when: the history replayed, restatements and late orders, each against plain Python over rows."""

import itertools
import json
import shutil
from collections import Counter
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given

from orchestration.project.marts import columns, sources
from orchestration.publishing import history
from orchestration.publishing import publish as publishing
from orchestration.publishing.generations import generations
from orchestration.publishing.publish import KEPT_GENERATIONS
from orchestration.publishing.readers import reader
from orchestration.workspace.layout import Workspace
from tests.conftest import END, ROOT, Pulse, order
from tests.histories import LOADED, deliveries
from tests.models import Models
from tests.oracle import COUNTS, Feed, business_date, counts, latest
from tests.oracle_months import days as span
from tests.publishing import publish_again
from tests.test_monthly import compared
from tests.tiers import histories

WINDOWS = (30, 60, 90)
CELL = ("feed", "beat_id", "rep_id", "distributor_id", "territory", "region", "country", "channel", "abc_class")
KEY = ("as_of_date", "window_days", *CELL)
STOCK = ("universe_outlets", "active_outlets", "lapsed_outlets", "never_ordered_outlets", "unknown_outlets")
FLOWS = ("newly_inactive_outlets", "reactivated_outlets")
APPENDED = ("dim_publishes", "kpi_history", "kpi_month_ends_published", "rpt_restatements", "rpt_late_orders")
MARTS = {*APPENDED, "kpi_inactivity_daily", "kpi_inactivity_monthly"}


class Publish:
    """One publish of the models in memory: its KPI, and the rows that it added to each append-only mart."""

    def __init__(self, models: Models, lake: dict, number: int, earlier: "list[Publish]", **changed) -> None:
        self.at = LOADED + timedelta(days=number, hours=12)
        self.generation = f"g{number}"
        self.lake = {name: [r for r in rows if r.get("_loaded_at", LOADED) <= self.at] for name, rows in lake.items()}
        published = {("history", m): [r for p in earlier for r in p.added[m]] for m in sources()["history"]}
        if earlier:
            published |= {("before", mart): earlier[-1].compared[mart] for mart in sources()["before"]}
        with models.build(self.lake, MARTS, published=published, **changed) as built:
            self.first, self.as_of = built.execute(
                "select first_business_date, as_of_date from intermediate.int_as_of"
            ).fetchall()[0]
            self.kpi = _rows(built, "kpi_inactivity_daily")
            self.compared = {mart: _rows(built, mart) for mart in sources()["before"]}
            self.monthly = _rows(built, "kpi_inactivity_monthly")
            signed = {"generation": self.generation, "published_at": self.at}
            self.added = {mart: [{**row, **signed} for row in _rows(built, mart)] for mart in APPENDED}


def _rows(built: duckdb.DuckDBPyConnection, mart: str) -> list[dict]:
    names = list(columns(mart))
    return [
        dict(zip(names, row, strict=True)) for row in built.execute(f"select {', '.join(names)} from {mart}").fetchall()
    ]


def publishes(models: Models, lake: dict, **changed) -> list[Publish]:
    """A publish after each delivery that a business date can be told from."""
    made: list[Publish] = []
    for number in range(3):
        publish = Publish(models, lake, number, made, **changed)
        if publish.as_of:
            made.append(publish)
    return made


def replayed(rows: list[dict], until: str) -> dict[tuple, dict]:
    """The KPI as published by then: of each day, window and cell the newest row, unless it was withdrawn."""
    found: dict[tuple, dict] = {}
    for row in sorted(rows, key=lambda r: r["generation"]):
        if row["generation"] <= until:
            found[tuple(row[name] for name in KEY)] = row
    return {key: row for key, row in found.items() if not row["is_withdrawn"]}


def figures(kpi: dict[tuple, dict], days: list[date]) -> dict[tuple, tuple]:
    """Stock and flows of each day, window and cell that are not all zero: a row holds until the cell's next one."""
    found = {}
    cells = {key[1:] for key in kpi}
    for cell in cells:
        held = dict.fromkeys(STOCK, 0)
        for day in days:
            row = kpi.get((day, *cell))
            held = row or held
            flows = tuple(row[name] if row else 0 for name in FLOWS)
            if any(stock := tuple(held[name] for name in STOCK)) or any(flows):
                found[(day, *cell)] = (stock, flows)
    return found


def replay_differences(made: list[Publish]) -> list[str]:
    """Publishes whose KPI, told from the history alone, is not what was published or not what the oracle counts."""
    wrong = []
    for before, publish in itertools.pairwise([None, *made]):
        known = {tuple(row[n] for n in KEY): row for row in before.kpi} if before else {}
        for row in publish.added["kpi_history"]:
            same = known.get(tuple(row[n] for n in KEY))
            if (
                same
                and all(row[n] == same[n] for n in (*STOCK, "doubtful_outlets", *FLOWS))
                and not row["is_withdrawn"]
            ):
                wrong.append(f"{row}: nothing changed, and it is there again")
        kpi = replayed([row for p in made for row in p.added["kpi_history"]], publish.generation)
        names = (*STOCK, "inactive_outlets", "doubtful_outlets", *FLOWS)
        told = {key: tuple(row[name] for name in names) for key, row in kpi.items()}
        shown = {tuple(row[n] for n in KEY): tuple(row[n] for n in names) for row in publish.kpi}
        wrong += [f"{publish.generation} {key}" for key in set(told) ^ set(shown) or ()]
        wrong += [
            f"{publish.generation} {key}: {told[key]}, published {shown[key]}"
            for key in told
            if told[key] != shown.get(key, told[key])
        ]
        if not kpi:
            continue
        days = span(min(key[0] for key in kpi), publish.as_of)
        summed: dict[tuple, Counter] = {}
        for (day, window, feed, beat, *_), (stock, flows) in figures(kpi, days).items():
            facts = dict(zip((*STOCK, *FLOWS), (*stock, *flows), strict=True))
            facts["inactive_outlets"] = facts["lapsed_outlets"] + facts["never_ordered_outlets"]
            summed.setdefault((day, window, feed, beat), Counter()).update(facts)
        found = {cell: tuple(count[name] for name in COUNTS) for cell, count in summed.items()}
        expected = counts(publish.lake, WINDOWS, days, publish.as_of)
        wrong += [
            f"{publish.generation} {cell}: expected {expected.get(cell)}, found {found.get(cell)}"
            for cell in sorted(set(expected) | set(found), key=str)
            if expected.get(cell) != found.get(cell)
        ]
    return wrong


def restatement_differences(made: list[Publish]) -> list[str]:
    """Days, windows and cells whose restatement is not the difference between two publishes, day by day."""
    wrong = [f"{row}: nothing was published before" for p in made[:1] for row in p.added["rpt_restatements"]]
    for before, now in itertools.pairwise(made):
        kpis = [{tuple(row[n] for n in KEY): row for row in p.kpi} for p in (before, now)]
        first = min((key[0] for kpi in kpis for key in kpi), default=None)
        days = span(first, min(before.as_of, now.as_of)) if first else []
        old, new = (figures(kpi, days) for kpi in kpis)
        nothing = ((0,) * len(STOCK), (0,) * len(FLOWS))
        expected_stock, expected_flows = {}, {}
        for key in set(old) | set(new):
            (stock, flows), (new_stock, new_flows) = old.get(key, nothing), new.get(key, nothing)
            if stock != new_stock:
                expected_stock[key] = (stock, new_stock)
            if flows != new_flows:
                expected_flows[key] = (flows, new_flows)
        found_stock, found_flows = {}, {}
        for row in now.added["rpt_restatements"]:
            cell = tuple(row[name] for name in KEY[1:])
            stock, new_stock = (tuple(row[f"{n}_{side}"] for n in STOCK) for side in ("before", "after"))
            flows, new_flows = (tuple(row[f"{n}_{side}"] for n in FLOWS) for side in ("before", "after"))
            if row["lapsed_outlets_change"] != row["lapsed_outlets_after"] - row["lapsed_outlets_before"]:
                wrong.append(f"{row}: change is not the difference")
            if flows != new_flows:
                found_flows[(row["as_of_date"], *cell)] = (flows, new_flows)
            if stock != new_stock:
                for day in span(row["as_of_date"], row["holds_until"]):
                    if (day, *cell) in found_stock:
                        wrong.append(f"{day} {cell}: restated twice")
                    found_stock[(day, *cell)] = (stock, new_stock)
        for expected, found in ((expected_stock, found_stock), (expected_flows, found_flows)):
            wrong += [
                f"{now.generation} {key}: expected {expected.get(key)}, found {found.get(key)}"
                for key in sorted(set(expected) | set(found), key=str)
                if expected.get(key) != found.get(key)
            ]
    return wrong


def late_orders(before: Publish, now: Publish) -> set[tuple]:
    """Orders that one publish knows otherwise than the one before, on days whose figures it had published."""
    expected = set()
    for facts in now.lake["feeds"]:
        name = facts["feed"]
        outlets = Feed(now.lake, facts).rows

        def known(publish: Publish, name: str = name, outlets: list = outlets, facts: dict = facts) -> dict[str, tuple]:
            mine = [row for row in publish.lake["orders"] if row["_feed"] == name]
            return {
                row["order_id"]: (
                    row["outlet_id"],
                    business_date(row, outlets, facts),
                    row.get("order_status") or "open",
                    row.get("order_type") or "sale",
                    row["net_amount"],
                )
                for row in latest(mine, ("order_id",))
            }

        old, new = known(before), known(now)
        for number, version in new.items():
            earlier = old.get(number)
            if version == earlier:
                continue
            said = {"arrived" if not earlier else "moved_here": version[:2]}
            if earlier and earlier[:2] == version[:2]:
                said = {"cancelled" if version[2] == "cancelled" else "corrected": version[:2]}
            elif earlier:
                said["moved_away"] = earlier[:2]
            for what, (of, on) in said.items():
                if on <= before.as_of:
                    expected.add((f"{name}:{number}", f"{name}:{of}", on, what))
    return expected


def late_order_differences(made: list[Publish]) -> list[str]:
    """Late orders that the models and plain Python do not both find, or that lack their cell."""
    wrong = [f"{row}: nothing was published before" for p in made[:1] for row in p.added["rpt_late_orders"]]
    for before, now in itertools.pairwise(made):
        rows = now.added["rpt_late_orders"]
        found = [(r["order_id"], r["outlet_id"], r["business_date"], r["what_happened"]) for r in rows]
        wrong += [f"{now.generation} {row}" for row in set(found) ^ late_orders(before, now)]
        wrong += [f"{row}: twice" for row, times in Counter(found).items() if times > 1]
        for row in rows:
            # the outlet on that day, the slow way
            feed = Feed(now.lake, next(f for f in now.lake["feeds"] if f["feed"] == row["feed"]))
            of = row["outlet_id"].split(":")[1]
            beat = feed.row_on(of, row["business_date"]).get("beat_id")
            expected = f"{row['feed']}:{beat}" if beat else "unknown"
            if of in feed.outlets and row["beat_id"] != expected:
                wrong.append(f"{row}: expected beat {expected}")
            if not before.at < row["loaded_at"] <= now.at:
                wrong.append(f"{row}: was not loaded between the two publishes")
    return wrong


def month_ends(made: list[Publish]) -> dict[tuple, int]:
    """Lapsed outlets by the generation that first published a month, the month, window and cell, at the month's end."""
    ends: dict[tuple, int] = {}
    first_published: dict[date, str] = {}
    for publish in made:
        stocks = stocks_of(publish)
        figured = {
            key: stock
            for key, stock in stocks.items()
            if stock[0] and key[0] >= publish.first and (key[0] + timedelta(days=1)).day == 1
        }
        months = {key[0].replace(day=1) for key in figured} - set(first_published)
        first_published |= dict.fromkeys(months, publish.generation)
        for key, stock in figured.items():
            if key[0].replace(day=1) in months:
                ends[(publish.generation, key[0].replace(day=1), *key[1:])] = stock[2]
    return ends


def stocks_of(publish: Publish) -> dict[tuple, tuple]:
    """The stock of each day, window and cell of a publish."""
    kpi = {tuple(row[n] for n in KEY): row for row in publish.kpi}
    days = span(min(key[0] for key in kpi), publish.as_of) if kpi else []
    return {key: stock for key, (stock, _) in figures(kpi, days).items()}


def month_differences(made: list[Publish]) -> list[str]:
    """Month ends that are not as they were first published."""
    found = {
        (row["generation"], row["month_start"], *(row[n] for n in KEY[1:])): row["lapsed_outlets"]
        for p in made
        for row in p.added["kpi_month_ends_published"]
    }
    return compared("month ends", month_ends(made), found)


def opening_differences(made: list[Publish]) -> list[str]:
    """Months whose bridge does not begin with what was first published, or misses what was restated since."""
    wrong = []
    for number, publish in enumerate(made):
        earlier = {p.generation for p in made[:number]}
        published = {key[1:]: lapsed for key, lapsed in month_ends(made).items() if key[0] in earlier}
        published_months = {key[:2] for key in published}
        stocks = stocks_of(publish)
        cells = {key[1:] for key in (*stocks, *published)}
        expected = {}
        for month in {day.replace(day=1) for day in span(publish.first, publish.as_of)}:
            last_day = month - timedelta(days=1)
            for window, *cell in cells:
                now = stocks.get((last_day, window, *cell), (0, 0, 0))[2]
                was_published = (last_day.replace(day=1), window) in published_months
                told = published.get((last_day.replace(day=1), window, *cell), 0) if was_published else now
                if told or now:
                    expected[(month, window, *cell)] = (told, now - told)
        found = {
            (row["month_start"], *(row[n] for n in KEY[1:])): (
                row["published_opening_lapsed_outlets"],
                row["restated_outlets"],
            )
            for row in publish.monthly
            if row["published_opening_lapsed_outlets"] or row["restated_outlets"]
        }
        wrong += compared(f"openings of {publish.generation}", expected, found)
    return wrong


def differences(models: Models, lake: dict, **changed) -> list[str]:
    """Where the models and plain Python disagree about what was published when."""
    made = publishes(models, lake, **changed)
    checks = (
        replay_differences,
        restatement_differences,
        late_order_differences,
        month_differences,
        opening_differences,
    )
    return [f"{check.__name__}: {line}" for check in checks for line in check(made)]


@histories(40)
@given(lake=deliveries())
def test_what_was_published_equals_the_oracle(models, lake):
    assert differences(models, lake)[:5] == []


INDIA = ZoneInfo("Asia/Kolkata")


def history_files(pulse: Pulse) -> dict[str, str]:
    """Content hash of every file of the history."""
    files = sorted((pulse.home / "published" / "history").rglob("[!_.]*.parquet"))
    return {"/".join(file.parts[-2:]): sha256(file.read_bytes()).hexdigest() for file in files}


def manifest(pulse: Pulse) -> dict:
    return json.loads((pulse.home / "published" / "current" / "manifest.json").read_text())


def contents(of: dict) -> dict[str, str]:
    return {mart: facts["content"] for mart, facts in of["marts"].items()}


@pytest.fixture(scope="module")
def two_publishes(first_shop, tmp_path_factory) -> Pulse:
    """A shop that was published, then again with a late, a corrected, a cancelled, a moved and a new order."""
    pulse = first_shop.copied(tmp_path_factory.mktemp("history") / "workspace")
    pulse.first, pulse.files = manifest(pulse), history_files(pulse)
    late = [
        order(500, 19, END - timedelta(days=40)),
        order(4, 4, END - timedelta(days=20), order_status="cancelled"),
        order(5, 6, END - timedelta(days=25)),
        order(6, 6, END - timedelta(days=30), net_amount="12.00"),
        order(7, 7, END - timedelta(days=35)),  # as it was: no news
        order(501, 3, END + timedelta(days=1)),  # new, not late
    ]
    pulse.deliver("shop", "orders_2.csv", late)
    pulse("run")
    pulse.second = manifest(pulse)
    return pulse


@pytest.fixture
def published(two_publishes, tmp_path) -> Pulse:
    """The shop after two publishes, in a workspace of the test's own."""
    pulse = two_publishes.copied(tmp_path / "workspace")
    pulse.first, pulse.second = two_publishes.first, two_publishes.second
    return pulse


def test_late_and_corrected_orders_are_named(two_publishes):
    told = two_publishes.ask(
        "select order_id, outlet_id, business_date, what_happened, generation from rpt_late_orders order by all"
    )
    by = two_publishes.second["generation"]
    days = {n: END - timedelta(days=5 * n) for n in range(20)}
    assert told == [
        ("shop:n4", "shop:o4", days[4], "cancelled", by),
        ("shop:n5", "shop:o5", days[5], "moved_away", by),
        ("shop:n5", "shop:o6", days[5], "moved_here", by),
        ("shop:n500", "shop:o19", END - timedelta(days=40), "arrived", by),
        ("shop:n6", "shop:o6", days[6], "corrected", by),
    ]


def test_which_orders_moved_which_figures(two_publishes):
    """The join that the description of rpt_restatements gives: o19 was silent for 60 days on END and no longer is."""
    moved = two_publishes.ask(
        """
        with restated as (
            select generation, feed, beat_id, window_days, as_of_date, holds_until,
                sum(lapsed_outlets_change) as lapsed_outlets_change
            from rpt_restatements group by all
        )
        select list(distinct rpt_late_orders.order_id order by order_id)
        from restated inner join rpt_late_orders
            on restated.generation = rpt_late_orders.generation
            and restated.feed = rpt_late_orders.feed
            and restated.beat_id = rpt_late_orders.beat_id
            and rpt_late_orders.business_date <= restated.holds_until
            and rpt_late_orders.business_date + restated.window_days > restated.as_of_date
        where restated.window_days = 60 and ? between restated.as_of_date and restated.holds_until
            and restated.lapsed_outlets_change < 0 and restated.beat_id = 'shop:b5'
        """,
        END,
    )
    assert moved[0][0][-1] == "shop:n500" and "shop:n6" not in moved[0][0]


@pytest.mark.long
def test_known_at_the_first_publish_equals_it_and_is_no_history(published):
    pulse, moment = published, published.first["published_at"]
    before = history_files(pulse)
    pulse("run", "--known-at", moment)
    then = manifest(pulse)
    assert contents(then) == contents(pulse.first) != contents(pulse.second)
    assert then["as_of_date"] == END.isoformat() and then["known_at"] == moment[:26] and then["history"] == {}
    assert history_files(pulse) == before
    # the same moment in the zone of whoever asks
    assert "Nothing new" in pulse("run", "--known-at", datetime.fromisoformat(moment).astimezone(INDIA).isoformat())
    pulse("run")
    again = manifest(pulse)
    assert contents(again) == contents(pulse.second)
    assert set(again["history"]) == {"dim_publishes"}, "nothing changed, so nothing but the publish itself is added"
    assert history_files(pulse).items() > before.items()


@pytest.mark.parametrize(("asked", "code"), [("yesterday", 2), ("2001-01-01T00:00", 1)])
def test_a_moment_that_nothing_was_known_at_is_refused(published, asked, code):
    before = manifest(published)
    said = published("run", "--known-at", asked, code=code)
    assert "nothing was known" in said or "expected a moment" in said
    assert manifest(published) == before


def test_a_second_publish_leaves_the_first_file_as_it_was(two_publishes):
    now = history_files(two_publishes)
    assert two_publishes.files and now.items() > two_publishes.files.items()


def test_rollback_shows_the_history_of_that_generation(published):
    assert published.ask("select count(*) from dim_publishes") == [(2,)]
    published("rollback")
    assert published.ask("select generation from dim_publishes") == [(published.first["generation"],)]
    assert published.ask("select count(*) from rpt_restatements") == [(0,)]
    assert published.ask("select count(*) from kpi_history where generation <> ?", published.first["generation"]) == [
        (0,)
    ]
    published("publish")
    assert published.ask("select count(*) from dim_publishes") == [(2,)]


def test_the_sandbox_of_readers_reads_the_history(published):
    with reader(Workspace(published.home)) as marts:
        assert marts.execute("select count(*) from kpi_history").fetchall()[0][0] > 0


def test_pruning_leaves_the_history_and_what_the_next_run_is_compared_with(published, monkeypatch):
    monkeypatch.setattr(publishing, "KEPT_HOURS", 0)
    workspace, before = Workspace(published.home), history_files(published)
    for number in range(KEPT_GENERATIONS + 2):
        publish_again(workspace, f"view{number}", as_of=END.isoformat())
    kept = [m["generation"] for m in generations(workspace)]
    assert len(kept) == KEPT_GENERATIONS + 1 and published.first["generation"] not in kept
    assert history.last_plain(workspace)["generation"] == published.second["generation"] in kept
    assert history_files(published) == before
    assert published.ask("select count(*) from dim_publishes") == [(2,)]


@pytest.mark.parametrize("killed_at", ["rename", "prepare"])
def test_a_killed_publish_adds_all_or_nothing(published, monkeypatch, killed_at):
    workspace, before = Workspace(published.home), history_files(published)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(*((Path, "rename") if killed_at == "rename" else (history, "prepare")), killed)
        with pytest.raises(KeyboardInterrupt):
            publish_again(workspace, "killed")
    assert history_files(published) == before and manifest(published) == published.second
    history.prepare(workspace)  # the next run
    added = {name for name in history_files(published) if name not in before}
    assert history_files(published).items() >= before.items()
    if killed_at == "rename":
        assert added == set() and history.last_plain(workspace) == published.second
    else:  # the generation is whole and audited: it counts, as `pulse publish` would show it
        assert {name.split("/")[0] for name in added} >= {"dim_publishes"}
        assert history.last_plain(workspace)["generation"] > published.second["generation"]
    publish_again(workspace, "after")
    assert not list((workspace.published / "generations").glob(".*"))


@pytest.mark.long
def test_a_changed_rule_rewrites_nothing_that_was_published(shop, tmp_path):
    """N11, with the project's own rules seed changed between two runs."""
    root = tmp_path / "project"
    for folder in ("dbt_project", "expectations", "orchestration"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
    pulse = Pulse(shop.home, root)
    shutil.rmtree(pulse.home / "dbt")  # where dbt noted the seeds of another folder
    first, files = manifest(pulse), history_files(pulse)
    changed_on = END - timedelta(days=3)
    states = f"select * from fct_outlet_states where valid_to <= date '{changed_on}' order by all"
    state_on = (
        "select outlet_id, rule_set, state from fct_outlet_states "
        "where date '{}' >= valid_from and date '{}' < valid_to order by all"
    )
    days = [changed_on - timedelta(days=n) for n in (1, 2, 30)]
    ended, held = pulse.ask(states), [pulse.ask(state_on.format(day, day)) for day in days]
    with (root / "dbt_project" / "seeds" / "rules.csv").open("a") as rules:
        rules.write(
            f"standard,default,,{changed_on},2,inactive_days,20\ngeneral,default,,{changed_on},2,window_days,45\n"
        )
    pulse("run")
    assert [pulse.ask(state_on.format(day, day)) for day in days] == held
    assert set(ended) <= set(pulse.ask(states))
    assert pulse.ask(state_on.format(END, END)) != held[0], "the rule changed nothing at all"
    assert history_files(pulse).items() > files.items()
    added = pulse.ask(
        "select distinct window_days from kpi_history where generation > ? and not is_withdrawn", first["generation"]
    )
    assert added == [(45,)], "only the new window is new"
    assert pulse.ask("select count(*) from rpt_restatements") == [(0,)]
