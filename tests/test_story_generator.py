"""The story's files against its truth: each planted cause leaves its trace, and only its own."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from examples.story.generate import END, generate
from orchestration.landing.feeds import load_feeds

WINDOW = 60  # days before silence on which traces are looked for
FEEDS = {"nusantara": ".csv", "carpati": ".csv.gz", "serra": ".csv"}
FIELD_WORK = ("outlets", "beats", "reps", "visits", "deliveries", "coupons", "stock_outs", "lapse_reasons")
SALES = """
    create table sales as
    with heads as (
        select distinct 'nusantara' as feed, no_pesanan as number, kode_toko as outlet, lewat as through,
            try_strptime(tanggal, '%d/%m/%Y')::date as sold_on
        from nusantara where status = 'kirim' and jenis = 'jual'
        union all
        select distinct 'carpati', OrderNo, CustomerNo, Via, try_strptime(PlacedAt, '%d.%m.%Y %H:%M:%S')::date
        from carpati where State <> 'posibil' and Kind = 'sale'
            and OrderNo not in (select OrderNo from carpati where State = 'cancelled')
        union all
        select distinct 'serra', pedido, cliente, null, try_cast(data as date)
        from serra where tipo = 'sale' and situacao <> 'cancelled'
    )
    select * from heads where sold_on is not null and outlet <> ''
"""


class Files:
    """What landed, as tables; read here without the pipeline, so that both can be wrong only apart."""

    def __init__(self, home: Path, scratch: Path) -> None:
        self.home = home
        self.db = duckdb.connect()
        self.db.execute(f"create table truth as from read_csv('{home}/story_truth/outlets.csv', all_varchar = true)")
        for entity in FIELD_WORK:
            parts = []
            for feed, ending in FEEDS.items():
                path = home / "landing" / feed / f"{entity}{ending}"
                if path.exists():
                    parts.append(f"select '{feed}' as feed, * from {self._csv(path, scratch, ',')}")
            self.db.execute(f"create table {entity} as select distinct * from ({' union all by name '.join(parts)})")
        for feed, pattern in (("nusantara", "pesanan_*.csv"), ("carpati", "orders_*.csv.gz")):
            paths = sorted((home / "landing" / feed).glob(pattern))
            self.db.execute(
                f"create table {feed} as " + " union all by name ".join(f"from {self._csv(p, scratch)}" for p in paths)
            )
        lines = f"{home}/landing/serra/linhas_*.jsonl"
        self.db.execute(f"create table serra as from read_json('{lines}', columns = {{{SERRA}}})")
        self.db.execute(SALES)

    def _csv(self, path: Path, scratch: Path, delimiter: str = ";") -> str:
        data = path.read_bytes()
        text = gzip.decompress(data).decode("cp1250") if path.name.endswith(".gz") else data.decode()
        plain = scratch / f"{path.parent.name}_{path.name}.txt"
        plain.write_text(text, encoding="utf-8")
        return f"read_csv('{plain}', all_varchar = true, delim = '{delimiter}', header = true)"

    def ask(self, sql: str) -> list[tuple]:
        return self.db.execute(sql).fetchall()

    def truth(self, where: str = "true") -> list[dict]:
        cursor = self.db.execute(f"select * from truth where {where}")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def other(self, name: str) -> list[dict]:
        with (self.home / "story_truth" / f"{name}.csv").open(encoding="utf-8") as file:
            return list(csv.DictReader(file))


COLUMNS = ("pedido", "linha", "cliente", "distribuidor", "data", "sku", "qtd", "valor", "tipo", "situacao", "alterado")
SERRA = ", ".join(f"{column}: 'VARCHAR'" for column in COLUMNS)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Files:
    """The story at its usual size."""
    home = tmp_path_factory.mktemp("market")
    generate(home)
    return Files(home, tmp_path_factory.mktemp("scratch"))


@pytest.fixture(scope="module")
def measures(files: Files) -> list[dict]:
    """Of each silent outlet, and of its steady peers on the same days: the measures in which causes show."""
    files.db.execute(
        """
        create table cases as
        with places as (
            select outlets.feed, outlets.outlet, outlets.channel, outlets.distributor, beats.territory
            from outlets join beats using (feed, beat)
            qualify row_number() over (partition by outlets.feed, outlets.outlet order by since nulls first) = 1
        ),
        silent as (
            select truth.*, silent_from::date as until, places.* exclude (feed, outlet, distributor)
            from truth join places using (feed, outlet) where story = 'silent'
        )
        select feed, outlet as of_outlet, outlet, cause, until, distributor, false as is_peer from silent
        union all
        select silent.feed, silent.outlet, places.outlet, silent.cause, until, places.distributor, true
        from silent
        join places using (feed, channel, territory)
        join truth on truth.feed = places.feed and truth.outlet = places.outlet
        where truth.story = 'steady' and truth.note is null
        """
    )
    cursor = files.db.execute(
        f"""
        with visited as (
            select cases.feed, of_outlet, cases.outlet, count(visited) / count(*) as coverage
            from cases join visits using (feed, outlet)
            where try_cast(planned as date) between until - {WINDOW} and until - 1 group by all
        ),
        filled as (
            select cases.feed, of_outlet, cases.outlet,
                sum(try_cast(delivered as double)) / sum(try_cast(ordered as double)) as fill
            from cases join deliveries using (feed, outlet)
            where try_cast(day as date) between until - {WINDOW} and until + 2 group by all
        ),
        given as (
            select cases.feed, of_outlet, cases.outlet, count(*) as coupons
            from cases join coupons using (feed, outlet)
            where try_cast(issued as date) between until - {WINDOW} and until - 1 group by all
        ),
        baskets as (
            select distinct cases.feed, of_outlet, cases.outlet, cases.distributor, sku, until
            from cases join deliveries using (feed, outlet)
            where try_cast(day as date) between until - 150 and until
        ),
        missed as (
            select feed, of_outlet, outlet, sku, coalesce(sum(
                greatest(0, least(until, coalesce(ends::date, date '{END}') + 1)
                - greatest(until - {WINDOW}, starts::date))
            ) filter (starts is not null), 0) as days
            from baskets left join stock_outs using (feed, distributor, sku) group by all
        ),
        out_of_stock as (
            select feed, of_outlet, outlet, avg(days) as days_out from missed group by all
        ),
        sold as (
            select cases.feed, of_outlet, cases.outlet, avg((through <> 'self_service')::int) as laborious
            from cases join sales using (feed, outlet)
            where sold_on between until - {WINDOW} and until - 1 group by all
        ),
        said as (
            select feed, outlet, count(*) as reports from lapse_reasons where reason = 'competitor' group by all
        )
        select feed, of_outlet, cause, is_peer, avg(coverage) as coverage, avg(fill) as fill,
            avg(coalesce(coupons, 0)) as coupons, avg(days_out) as days_out, avg(laborious) as laborious,
            avg(coalesce(reports, 0)) as reports, count(*) as outlets
        from cases
        left join visited using (feed, of_outlet, outlet)
        left join filled using (feed, of_outlet, outlet)
        left join given using (feed, of_outlet, outlet)
        left join out_of_stock using (feed, of_outlet, outlet)
        left join sold using (feed, of_outlet, outlet)
        left join said using (feed, outlet)
        group by all order by all
        """
    )
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    peers = {(row["feed"], row["of_outlet"]): row for row in rows if row["is_peer"]}
    return [{**row, "peers": peers[row["feed"], row["of_outlet"]]} for row in rows if not row["is_peer"]]


def _stands_out(row: dict) -> set[str]:
    """The causes that an outlet's own measures show against its peers'."""
    peers = row["peers"]
    shown = {
        "rep_left": row["coverage"] is not None and row["coverage"] < 0.5 * peers["coverage"],
        "poor_fill": row["fill"] < 0.6 * peers["fill"],
        "no_promotion": row["coupons"] == 0 and peers["coupons"] > 1.2,
        "stock_out": row["days_out"] > 20,
        "ordering_effort": row["laborious"] is not None and row["laborious"] > max(0.6, 2 * peers["laborious"]),
        "competitor": row["reports"] > 0,
    }
    return {cause for cause, stands_out in shown.items() if stands_out}


def test_each_cause_shows_and_only_its_own(measures):
    wrong = [
        (row["of_outlet"], row["cause"], _stands_out(row))
        for row in measures
        if _stands_out(row) != ({row["cause"]} - {"none"})
    ]
    # chance is allowed a few: three orders by phone in a row look like effort
    assert len(wrong) <= 0.03 * len(measures), wrong
    assert set(Counter(row["cause"] for row in measures)) == {
        "rep_left", "stock_out", "poor_fill", "no_promotion", "ordering_effort", "competitor", "none",
    }  # fmt: skip


def test_traces_lie_before_the_silence(measures):
    """On average, with room to spare: what a measure over a somewhat other window would still see."""
    by_cause = {cause: [row for row in measures if row["cause"] == cause] for cause in {r["cause"] for r in measures}}

    def mean(cause: str, name: str, of_peers: bool = False) -> float:
        values = [(row["peers"] if of_peers else row)[name] for row in by_cause[cause]]
        return sum(v for v in values if v is not None) / len(values)

    assert mean("rep_left", "coverage") < 0.2 < 0.9 < mean("rep_left", "coverage", of_peers=True)
    assert mean("poor_fill", "fill") < 0.45 < 0.97 < mean("poor_fill", "fill", of_peers=True)
    assert mean("no_promotion", "coupons") == 0 and mean("no_promotion", "coupons", of_peers=True) > 1.8
    assert mean("stock_out", "days_out") > 25 and mean("stock_out", "days_out", of_peers=True) < 1
    assert mean("ordering_effort", "laborious") == 1 and mean("ordering_effort", "laborious", of_peers=True) < 0.2


def test_laborious_orders_have_many_lines(files):
    (laborious, usual) = files.ask(
        """
        with counted as (
            select feed, outlet, orders.day::date as day, count(*) as lines
            from (select distinct feed, outlet, "order" as number, day, sku from deliveries) as orders group by all
        )
        select avg(lines) filter (cause = 'ordering_effort' and day between silent_from::date - 90
            and silent_from::date), avg(lines) filter (story = 'steady')
        from counted join truth using (feed, outlet)
        """
    )[0]
    assert laborious > 2 * usual


def test_reports_of_competitors_come_before_the_silence(files):
    for feed, outlet, first in files.ask(
        "select feed, outlet, min(day::date) from lapse_reasons where reason = 'competitor' group by all"
    ):
        (row,) = files.truth(f"feed = '{feed}' and outlet = '{outlet}'")
        assert row["cause"] == "competitor" and first < date.fromisoformat(row["silent_from"])


def test_peer_groups_are_large_enough(files):
    groups = files.ask(
        "select outlets.feed, channel, territory, count(distinct outlet) from outlets join beats using (feed, beat) "
        "group by all"
    )
    assert min(group[3] for group in groups) >= 15


def test_every_story_is_told(files):
    stories = Counter(row["story"] for row in files.truth())
    assert set(stories) == {
        "steady", "never_ordered", "one_order", "new", "seasonal", "on_hold", "closed", "recoded",
        "moved_distributor", "reopened", "moved_beat", "slow_goodbye", "sales_drop", "recovered", "silent",
    }  # fmt: skip
    assert min(stories.values()) >= 12
    assert all(bool(row["cause"]) == (row["story"] == "silent") for row in files.truth())


def test_truth_counts_what_the_files_hold(files):
    found = dict(
        ((feed, outlet), (last.isoformat(), orders))
        for feed, outlet, last, orders in files.ask(
            "select feed, outlet, max(sold_on), count(distinct number) from sales group by all"
        )
    )
    told = {
        (row["feed"], row["outlet"]): (row["last_order"], int(row["orders"]))
        for row in files.truth()
        if row["last_order"]
    }
    assert found == told


def test_nobody_buys_while_silent(files):
    assert not files.ask(
        "select outlet from sales join truth using (feed, outlet) where sold_on >= silent_from::date "
        "and sold_on < coalesce(returned_on, '9999-12-31')::date and story <> 'seasonal'"
    )


def test_files_end_at_the_watermark_and_lack_the_hole(files):
    ends = {row["distributor"]: date.fromisoformat(row["watermark"]) for row in files.other("distributors")}
    assert END - ends["Vale"] == timedelta(days=9) and {ends[d] for d in ("Nusantara", "Carpati", "Serra")} == {END}
    assert files.ask("select max(data) from serra where distribuidor = 'Vale' and data < '2026-12'") == [
        (ends["Vale"].isoformat(),)
    ]
    (hole,) = [(row["hole_from"], row["hole_to"]) for row in files.other("feeds") if row["feed"] == "carpati"]
    assert (date.fromisoformat(hole[1]) - date.fromisoformat(hole[0])).days == 11
    for facts in ("sales where sold_on", "visits where visited", "deliveries where day", "coupons where issued"):
        column = facts.split()[-1]
        assert not files.ask(
            f"from {facts} is not null and feed = 'carpati' and try_cast({column} as date) "
            f"between date '{hole[0]}' and date '{hole[1]}'"
        )
    assert files.ask("select count(*) from truth where unseen_orders::int > 0")[0][0] > 100


def test_renumbered_outlets_keep_name_and_address(files):
    pairs = files.ask(
        """
        select old.story, new.parent_known, heir.replaces is not null,
            (shop.name, shop.address, shop.latitude, shop.longitude)
            = (heir.name, heir.address, heir.latitude, heir.longitude), shop.distributor <> heir.distributor
        from truth as old join truth as new on old.feed = new.feed and old.replaced_by = new.outlet
        join (select distinct on (feed, outlet) * from outlets) as shop
            on shop.feed = old.feed and shop.outlet = old.outlet
        join (select distinct on (feed, outlet) * from outlets) as heir
            on heir.feed = new.feed and heir.outlet = new.outlet
        """
    )
    assert all(same for _, _, _, same, _ in pairs)
    assert all((known == "True") == stated for _, known, stated, _, _ in pairs)
    assert {story: other for story, _, _, _, other in pairs} == {"recoded": False, "moved_distributor": True}
    known = [pair[1] for pair in pairs if pair[0] == "recoded"].count("True")
    assert 0.25 < known / sum(pair[0] == "recoded" for pair in pairs) < 0.75
    # nobody else shares an address
    (addresses,) = files.ask(
        "select count(distinct (address, city)) - count(distinct outlet) from outlets where feed = 'nusantara'"
    )[0]
    assert -addresses == sum(row["feed"] == "nusantara" and row["replaces"] is not None for row in files.truth())


def test_master_tells_holds_closures_and_moves(files):
    held = files.ask(
        "select truth.outlet, min(since::date) from outlets join truth using (feed, outlet) where hold = 'yes' "
        "and story = 'on_hold' and since::date >= silent_from::date group by all"
    )
    assert len(held) == len(files.truth("story = 'on_hold'"))
    closed = dict(files.ask("select outlet, max(closed) from outlets group by all"))
    assert all(closed[row["outlet"]] > row["last_order"] for row in files.truth("story = 'closed'"))
    # the closure of a reopened outlet is no longer in its latest row
    assert not files.ask(
        "select * from (select distinct on (feed, outlet) * from outlets order by feed, outlet, since desc nulls last) "
        "join truth using (feed, outlet) where story = 'reopened' and closed is not null"
    )
    beats = dict(files.ask("select outlet, count(distinct beat) from outlets group by all"))
    assert {beats[row["outlet"]] for row in files.truth("story = 'moved_beat'")} == {2}


def test_left_alone_means_no_contact(files):
    """Half of the long silent are acted upon, more of them return; the holdout hears nothing after four weeks."""
    assert not files.ask(
        """
        with contacts as (
            select feed, outlet, visited::date as day from visits where visited < '2030'
            union all select feed, outlet, try_cast(issued as date) from coupons
        )
        select outlet from contacts join truth using (feed, outlet)
        where holdout = 'True' and day > silent_from::date + 29 and day < coalesce(returned_on, '9999-12-31')::date
        """
    )
    contacted = files.ask(
        """
        select count(*) from truth where acted_on is not null and not exists (
            select 1 from visits where visits.outlet = truth.outlet and visited = acted_on
            union all select 1 from coupons where coupons.outlet = truth.outlet and issued = acted_on)
        """
    )
    assert contacted == [(0,)]
    silent = files.truth("story = 'silent'")
    acted = [row["returned_on"] is not None for row in silent if row["acted_on"]]
    alone = [row["returned_on"] is not None for row in silent if row["holdout"] == "True"]
    assert len(acted) > 40 and len(alone) > 40
    assert sum(acted) / len(acted) > 0.3 > 0.2 > sum(alone) / len(alone)


def test_the_last_month_tells_drops_from_calm(files):
    months = {
        row[0]: row[1:]
        for row in files.ask(
            f"""
            select outlet, count(distinct number) filter (sold_on > date '{END}' - 30),
                count(distinct number) filter (sold_on between date '{END}' - 59 and date '{END}' - 30)
            from sales group by all
            """
        )
    }
    on_time = "distributor <> 'Vale' and parent_known = 'False' and replaces is null"
    fewer = [months[row["outlet"]] for row in files.truth(f"note = 'fewer orders' and {on_time}")]
    steady = [months[row["outlet"]] for row in files.truth(f"story = 'steady' and in_master = 'True' and {on_time}")]
    assert all(now > 0 and before - now >= 3 for now, before in fewer)
    assert all(before - now <= 2 for now, before in steady)


def test_slow_goodbyes_fade(files):
    faded = files.ask(
        """
        select outlet, count(*) filter (sold_on < (select min(sold_on) from sales) + 90) as first_months,
            count(*) filter (sold_on between last_order::date - 89 and last_order::date) as last_months
        from sales join truth using (feed, outlet) where story = 'slow_goodbye' group by all
        """
    )
    assert len(faded) == 28 and all(last < 0.7 * first for _, first, last in faded)


def test_visits_keep_to_the_beats_day(files):
    """A beat has its weekday; visits happen then or a day later, most of them, and some bring an order."""
    (days,) = files.ask(
        "select max(days) from (select feed, visits.beat, count(distinct dayofweek(planned::date)) as days from visits "
        "join truth using (feed, outlet) where planned <> coalesce(acted_on, '') group by all)"
    )[0]
    assert days == 1
    (late, done, won) = files.ask(
        f"select avg((visited <> planned)::int), avg((visited is not null)::int), avg((outcome = 'order')::int) "
        f"from visits where planned <= '{END}' and visited < '2030' or visited is null and planned <= '2026-06-21'"
    )[0]
    assert late < 0.1 and done > 0.9 and 0.3 < won < 0.8
    # each order taken on a visit is one of the outlet's, of that day
    (lost,) = files.ask(
        'select count(*) from visits where "order" is not null and not exists (select 1 from sales '
        "where sales.number = split_part(\"order\", '|', 1) and sold_on::varchar = visited) and visited < '2030'"
    )[0]
    assert lost == 0
    assert files.ask("select count(*) from visits where planned > '2026-06-30' and visited is null")[0][0] > 300


def test_reps_change(files):
    assert files.ask("select count(*) from reps where until is not null")[0][0] >= 5
    (rows,) = files.ask(
        "select count(*) from visits join reps using (feed, rep) where visited is not null "
        "and (planned < reps.since or visited > coalesce(reps.until, '9999'))"
    )[0]
    assert rows <= 40  # a visit a day late may be the leaver's last


@pytest.mark.parametrize("feed", FEEDS)
def test_files_hold_the_told_flaws(files, feed):
    """Spoilt and repeated rows are counted by the pipeline in test_story; here: the file that came twice."""
    (told,) = [row for row in files.other("feeds") if row["feed"] == feed]
    assert int(told["spoilt_rows"]) >= 5 and int(told["repeated_rows"]) >= 5
    contents = Counter(path.read_bytes() for path in (files.home / "landing" / feed).iterdir())
    assert sum(times - 1 for times in contents.values()) == int(told["resent_files"]) == 1


def test_cedillas_survive_cp1250(files):
    towns = {row[0] for row in files.ask("select distinct city from outlets where feed = 'carpati'")}
    assert "Braşov" in towns and files.ask("select 1 from outlets where name like '%Ţăranul%'")


@pytest.mark.parametrize(("outlets", "days"), [(10, 60), (13, 75), (40, 200), (25, 800)])
def test_any_size_works(tmp_path, outlets, days):
    done = generate(tmp_path, outlets=outlets, days=days)
    assert done["outlets"] >= outlets and done["orders"] > 0
    assert set(load_feeds(tmp_path / "feeds")) == set(FEEDS)
    with (tmp_path / "story_truth" / "outlets.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    first = END - timedelta(days=days - 1)
    for row in rows:
        for day in filter(None, (row["silent_from"], row["last_order"], row["returned_on"], row["acted_on"])):
            assert first <= date.fromisoformat(day) <= END + timedelta(days=1), row


def test_another_seed_is_another_market(tmp_path):
    for seed in (1, 2):
        generate(tmp_path / str(seed), outlets=20, days=80, seed=seed)
    assert (tmp_path / "1/story_truth/outlets.csv").read_bytes() != (
        tmp_path / "2/story_truth/outlets.csv"
    ).read_bytes()


def test_without_the_hole_nothing_of_the_past_is_lost(tmp_path):
    generate(tmp_path, outlets=30, days=200, with_hole=False)
    with (tmp_path / "story_truth" / "outlets.csv").open(encoding="utf-8") as file:
        assert {row["unseen_orders"] for row in csv.DictReader(file) if row["distributor"] != "Vale"} == {"0"}


def _all_files(home: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(p for p in home.rglob("*") if p.is_file()):
        yield path.relative_to(home), path.read_bytes()


def test_same_arguments_same_bytes_in_another_process_order(tmp_path):
    """What was generated before in the same process leaves no trace either."""
    generate(tmp_path / "other", outlets=15, days=70, seed=9)
    for name in ("one", "two"):
        generate(tmp_path / name, outlets=40, days=120)
    assert dict(_all_files(tmp_path / "one")) == dict(_all_files(tmp_path / "two"))
