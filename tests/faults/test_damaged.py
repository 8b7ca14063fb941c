"""R4 to R7 and U1: a full disk, too little memory, damaged files, and a workspace of another version."""

import os
import random
import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pytest

from orchestration.checks import check as quality
from orchestration.landing import land as landing
from orchestration.landing.land import land
from orchestration.landing.ledger import VERSION, Ledger
from orchestration.pipeline.verify import verify
from orchestration.publishing.generations import current, damage
from orchestration.reports.shown import rollback
from orchestration.warehouse import tables as warehouse
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace
from tests.conftest import END, FEED, Pulse, order, outlet
from tests.fault_table import EVERYTHING, campaign
from tests.faults.lab import assert_all_is_well, contents, lake_rows
from tests.publishing import publish_again

dice = random.Random(4)


@contextmanager
def small_disk(folder: Path, megabytes: float):
    """A file system of this size; yields a function that makes it larger."""
    folder.mkdir()

    def sized(megabytes: float) -> list[str]:
        return [f"size={int(megabytes * 1024)}k"]

    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", *sized(megabytes), "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be made here: {mounted.stderr.strip()}")
    try:
        yield lambda more: subprocess.run(["mount", "-o", f"remount,{sized(more)[0]}", str(folder)], check=True)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def size_of(folder: Path) -> float:
    return sum(file.lstat().st_size for file in folder.rglob("*")) / 1e6


@campaign
@pytest.mark.fault("R4")
@pytest.mark.parametrize("spare", [0.5, 2, 4, 6, 8, 12, 16, 24, 32])
def test_disk_full_in_a_run(night, tmp_path, tries, spare):
    """One clear line wherever the disk ends, the last generation served; with room again the marts are right."""
    with small_disk(tmp_path / "disk", size_of(night.before.home) * 1.2 + spare) as enlarge:
        pulse = night.copied(tmp_path / "disk" / "shop")
        before = contents(pulse.home)
        with tries.one():
            said = pulse("run", code=(0, 1))
            steps = [line.strip() for line in said.splitlines() if line.endswith(" s")]
            if "disk: " in said:
                line = next(line for line in said.splitlines() if "disk: " in line)
                assert "free space, then `pulse run`" in line
                assert contents(pulse.home) == before
                tries.notes.append(f"disk full behind {' '.join(steps[-1].split()[:-2]) if steps else 'the start'}")
            else:
                assert contents(pulse.home) == night.expected, said
            assert "Traceback" not in said
            enlarge(size_of(night.before.home) * 2 + 500)
            with tries.recovery():
                pulse("run")
            assert contents(pulse.home) == night.expected
            assert_all_is_well(pulse.home)


@pytest.mark.fault("R4")
@pytest.mark.parametrize("spare", range(6) if EVERYTHING else [0, 1])
def test_disk_full_behind_the_look_at_it(tmp_path, tries, monkeypatch, spare):
    """What the look before could not tell: the disk ends while a file is written."""
    monkeypatch.setattr(landing, "RESERVE", -1_000_000_000)
    # 1.7 MB would do
    with small_disk(tmp_path / "disk", 1.5 + spare / 50) as enlarge, tries.one():
        pulse = Pulse(tmp_path / "disk" / "shop")
        pulse.feed("shop", FEED.format(name="shop"))
        pulse.deliver("shop", "orders.csv", [order(n, n % 50, END) for n in range(45_000)])
        with pytest.raises(PulseError, match="the disk is full") as problem:
            land(Workspace(pulse.home))
        assert problem.value.code == "disk" and "\n" not in str(problem.value)
        enlarge(200)
        assert [file.status for file in land(Workspace(pulse.home)).files] == ["landed"]
        assert_all_is_well(pulse.home)


@pytest.mark.fault("R4")
@pytest.mark.parametrize("spare", range(0, 40, 2) if EVERYTHING else [2, 34])
def test_disk_full_in_landing(tmp_path, tries, spare):
    """Either refused before work starts, or one line behind it; no file is blamed, and with room all rows land."""
    with small_disk(tmp_path / "disk", 3 + spare) as enlarge:
        pulse = Pulse(tmp_path / "disk" / "shop")
        pulse.feed("shop", FEED.format(name="shop"))
        pulse.deliver("shop", "outlets.csv", [outlet(n) for n in range(50)])
        with tries.one():
            for file in range(4):
                pulse.deliver("shop", f"orders_{file}.csv", [order(9000 * file + n, n % 50, END) for n in range(9000)])
            with pytest.raises(PulseError) if spare < 30 else not_full() as problem:
                land(Workspace(pulse.home))
            if problem:
                assert problem.value.code == "disk" and "\n" not in str(problem.value)
            enlarge(200)
            report = land(Workspace(pulse.home))
            assert not [file for file in report.files if file.status == "refused"]
            assert lake_rows(pulse.home)["orders"][0] == 36_000
            assert_all_is_well(pulse.home)


@contextmanager
def not_full():
    yield None


@pytest.mark.fault("R5")
def test_too_little_memory_for_a_file_is_not_the_files_fault(tmp_path, monkeypatch):
    pulse = Pulse(tmp_path / "shop")
    pulse.feed("shop", FEED.format(name="shop"))
    pulse.deliver("shop", "orders.csv", [order(n, n % 50, END) for n in range(30_000)])
    monkeypatch.setenv("PULSE_MEMORY", "1MB")
    with pytest.raises(PulseError, match="raise PULSE_MEMORY") as problem:
        land(Workspace(pulse.home))
    assert problem.value.code == "memory" and "\n" not in str(problem.value)
    monkeypatch.delenv("PULSE_MEMORY")
    assert [file.accepted for file in land(Workspace(pulse.home)).files] == [30_000]
    assert_all_is_well(pulse.home)


@campaign
@pytest.mark.fault("R5")
@pytest.mark.parametrize("limit", ["1MB", "20MB", "60MB", "200MB"])
def test_too_little_memory(night, tmp_path, limit):
    """It spills and ends well, or says so in one line and ends well with more."""
    pulse = night.copied(tmp_path / "shop")
    before = contents(pulse.home)
    said = pulse("run", code=(0, 1), PULSE_MEMORY=limit)
    if "memory: " in said:
        assert "raise PULSE_MEMORY" in said and contents(pulse.home) == before
        pulse("run")
    assert contents(pulse.home) == night.expected, said
    assert "Traceback" not in said


def cut(file: Path) -> None:
    os.truncate(file, dice.randrange(1, file.stat().st_size))


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for _ in range(20):
        content[dice.randrange(len(content))] ^= 0xFF
    file.write_bytes(content)


def delete(file: Path) -> None:
    file.unlink()


@campaign
@pytest.mark.fault("R6")
@pytest.mark.parametrize("harm", [cut, cut, flip, flip, flip, flip, flip, delete])
def test_a_damaged_warehouse_is_built_anew_from_the_lake(night, tmp_path, tries, harm):
    """Also where its time says that nobody touched it, so that the build goes on from it."""
    pulse = night.copied(tmp_path / "shop")
    warehouse = pulse.home / "warehouse.duckdb"
    stamp = warehouse.stat()
    harm(warehouse)
    if warehouse.exists():
        os.utime(warehouse, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    with tries.one(), tries.recovery():
        said = pulse("run")
    assert contents(pulse.home) == night.expected
    assert_all_is_well(pulse.home)
    if "built anew from the lake" in said:
        tries.notes.append(f"{harm.__name__}: noticed")


@campaign
@pytest.mark.fault("R6")
def test_a_damaged_write_ahead_log_and_a_rebuild(night, tmp_path):
    pulse = night.copied(tmp_path / "shop")
    (pulse.home / "warehouse.duckdb.wal").write_bytes(dice.randbytes(5000))
    pulse("run")
    assert contents(pulse.home) == night.expected
    pulse("rebuild")
    assert contents(pulse.home) == night.expected
    assert_all_is_well(pulse.home)


@pytest.fixture
def two_generations(first_shop, tmp_path) -> Workspace:
    """A shop with a second generation of the same marts."""
    workspace = Workspace(first_shop.copied(tmp_path / "shop").home)
    publish_again(workspace, "second")
    return workspace


@pytest.mark.fault("R7")
@pytest.mark.parametrize("harm", [cut, flip, delete])
@pytest.mark.parametrize("damaged", ["dim_outlets.parquet", "manifest.json"])
def test_a_damaged_generation_is_named_and_gone_back_from(two_generations, tries, harm, damaged):
    workspace = two_generations
    second = current(workspace)["generation"]
    file = workspace.published / "generations" / second / damaged
    with tries.one():
        harm(file)
        fault = verify(workspace).faults[0]
        assert fault.place == file and "pulse rollback" in fault.cure
        earlier = rollback(workspace)
        assert earlier["generation"] < second and damage(workspace, earlier) == []
        verify(workspace, repair=True)
        assert verify(workspace).faults == []
        assert current(workspace) == earlier


@pytest.mark.fault("R7")
def test_a_rollback_passes_over_a_damaged_generation(two_generations):
    workspace = two_generations
    first, second = sorted(path.name for path in (workspace.published / "generations").iterdir())
    publish_again(workspace, "third")
    cut(workspace.published / "generations" / second / "dim_outlets.parquet")
    assert rollback(workspace)["generation"] == first == current(workspace)["generation"]


@pytest.mark.fault("R7")
def test_a_repair_shows_the_newest_whole_generation(two_generations):
    workspace = two_generations
    first, second = sorted(path.name for path in (workspace.published / "generations").iterdir())
    flip(workspace.published / "generations" / second / "dim_outlets.parquet")
    verify(workspace, repair=True)
    assert current(workspace)["generation"] == first and verify(workspace).faults == []
    flip(workspace.published / "generations" / first / "dim_outlets.parquet")
    verify(workspace, repair=True)
    assert current(workspace) is None and not (workspace.published / "marts.duckdb").exists()


@campaign
@pytest.mark.fault("R7")
def test_a_run_with_nothing_new_notices_a_cut_mart(first_shop, tmp_path):
    pulse = first_shop.copied(tmp_path / "shop")
    mart = pulse.home / "published" / "current" / "dim_outlets.parquet"
    expected = contents(pulse.home)
    cut(mart)
    assert "is not what was published; it is made anew" in pulse("run")
    assert pulse.ask("select count(*) from dim_outlets") == [(20,)] and contents(pulse.home) == expected


@pytest.mark.fault("R7")
@pytest.mark.parametrize("harm", [cut, delete])
@pytest.mark.parametrize("catalog", ["marts.duckdb", "live.duckdb"])
def test_a_damaged_catalog_is_made_anew(two_generations, harm, catalog):
    workspace = two_generations
    harm(workspace.published / catalog)
    assert [fault.place.name for fault in verify(workspace).faults] == [catalog]
    assert all(fault.repaired for fault in verify(workspace, repair=True).faults)
    with duckdb.connect(str(workspace.published / catalog), read_only=True) as marts:
        assert marts.execute("select count(*) from dim_outlets").fetchall() == [(20,)]


@pytest.fixture
def landed(tmp_path) -> Pulse:
    pulse = Pulse(tmp_path / "shop")
    pulse.feed("shop", FEED.format(name="shop"))
    pulse.deliver("shop", "outlets.csv", [outlet(n) for n in range(5)])
    rows = [order(n, n % 5, END) for n in range(50)]
    pulse.deliver("shop", "orders.csv", [*rows, {**rows[0], "ordered_on": "no date"}])
    land(Workspace(pulse.home))
    return pulse


@pytest.mark.fault("R6")
@pytest.mark.parametrize("harm", [cut, flip, delete])
@pytest.mark.parametrize("folder", ["orders", "quarantine"])
def test_a_damaged_lake_file_lands_again_from_what_was_delivered(landed, tries, harm, folder):
    workspace, expected = Workspace(landed.home), lake_rows(landed.home)
    (file,) = (workspace.lake / folder).glob("shop-*.parquet")
    with tries.one():
        harm(file)
        (fault,) = verify(workspace).faults
        assert fault.place == file and "pulse verify --repair" in fault.cure
        verify(workspace, repair=True)
        with tries.recovery():
            land(workspace)
        assert lake_rows(landed.home) == expected
        assert_all_is_well(landed.home)


@pytest.mark.fault("R6")
@pytest.mark.parametrize("file", ["orders/_empty.parquet", "visits/_empty.parquet", "feeds/feeds.parquet"])
def test_what_landing_makes_of_itself_is_made_anew(landed, file):
    path = landed.home / "lake" / file
    expected = duckdb.read_parquet(str(path)).fetchall()
    cut(path)
    land(Workspace(landed.home))
    assert duckdb.read_parquet(str(path)).fetchall() == expected


@pytest.mark.fault("R6")
def test_a_damaged_lake_file_whose_delivery_is_gone_is_asked_for(landed):
    workspace = Workspace(landed.home)
    (file,) = (workspace.lake / "orders").glob("shop-*.parquet")
    flip(file)
    (landed.home / "landing" / "shop" / "orders.csv").unlink()
    for repair in (False, True):  # what cannot be put right stays a fault: its rows are not forgotten
        (fault,) = verify(workspace, repair=repair).faults
        assert fault.cure.startswith("put orders.csv back into the landing folder") and not fault.repaired
    landed("verify", "--repair", code=1)


@pytest.mark.fault("R6")
def test_a_lake_that_its_ledger_does_not_know_is_not_taken_away(landed):
    """A ledger that is lost, or older than the lake; what landed may be nowhere else."""
    workspace, expected = Workspace(landed.home), lake_rows(landed.home)
    for file in (landed.home / "lake").glob("ledger.sqlite*"):
        file.unlink()
    assert "does not name 3 files of the lake" in landed("land", code=1)
    assert lake_rows(landed.home) == expected
    (fault,) = verify(workspace).faults
    assert fault.place == workspace.ledger and "from your backup" in fault.cure


@pytest.mark.fault("R6")
def test_a_ledger_that_cannot_be_read_is_one_line(landed):
    with (landed.home / "lake" / "ledger.sqlite").open("r+b") as ledger:
        ledger.write(b"no database" * 20)
    for left in (landed.home / "lake").glob("ledger.sqlite-*"):
        left.unlink()
    assert "damaged: " in landed("land", code=1) and "from your backup" in landed("verify", code=1)


@pytest.mark.fault("U1")
def test_a_workspace_of_the_version_before_is_migrated(landed):
    """Version 1 had no checksums: they are taken from the files that are there."""
    workspace, expected = Workspace(landed.home), lake_rows(landed.home)
    with sqlite3.connect(workspace.ledger) as ledger:
        ledger.execute("drop table lake_files")
        ledger.execute("update seen set path = cast(path as text)")
        ledger.execute("pragma user_version = 0")
    assert {file.status for file in land(workspace).files} == {"known"}
    assert lake_rows(landed.home) == expected
    with Ledger(workspace) as ledger:
        assert {Path(file.path).parent.name for file in ledger.lake_files()} == {"orders", "outlets", "quarantine"}
    assert_all_is_well(landed.home)


@pytest.mark.fault("U1")
def test_a_workspace_of_a_later_version_is_refused(landed):
    with sqlite3.connect(landed.home / "lake" / "ledger.sqlite") as ledger:
        ledger.execute(f"pragma user_version = {VERSION + 1}")
    said = landed("run", code=1)
    assert f"version: {landed.home}: the workspace is of version {VERSION + 1}" in said
    assert "update Outlet Pulse, or name another workspace in PULSE_HOME" in said


@pytest.mark.fault("U1")
def test_a_workspace_that_was_moved_serves_after_a_publish(first_shop, tmp_path):
    """Catalogs name the files of their generation by whole paths."""
    shutil.copytree(first_shop.home, tmp_path / "moved", symlinks=True)
    pulse = Pulse(tmp_path / "moved")
    pulse("publish")
    assert pulse.ask("select count(*) from dim_outlets") == [(20,)]


@campaign
@pytest.mark.fault("R6")
def test_a_workspace_that_was_moved_goes_on(evening, tmp_path):
    """The warehouse's views name the files of the old place, which is gone."""
    there = evening.copied(tmp_path / "there")
    there("run")
    there.home.rename(tmp_path / "here")
    here = Pulse(tmp_path / "here")
    here.deliver("shop", "orders_9.csv", [order(900, 1, END)])
    here("run")
    assert here.ask("select count(*) from rpt_beat_silence")[0][0] > 0
    assert_all_is_well(here.home)


def test_what_checks_and_publishes_keeps_the_limit_too(tmp_path, monkeypatch):
    """DuckDB's own limit is four fifths of the machine."""
    pulse = Pulse(tmp_path / "shop")
    workspace = Workspace(pulse.home)
    land(workspace)
    duckdb.connect(str(workspace.warehouse)).close()

    def limits() -> list[str]:
        with warehouse.opened(workspace) as built, closing(quality.connect(workspace, "marts")) as checked:
            asked = [one.execute("select current_setting('memory_limit')").fetchall() for one in (built, checked)]
        return [found for ((found,),) in asked]

    monkeypatch.delenv("PULSE_MEMORY", raising=False)
    assert limits() == ["4.6 GiB", "4.6 GiB"]
    monkeypatch.setenv("PULSE_MEMORY", "2GiB")
    assert limits() == ["2.0 GiB", "2.0 GiB"]
