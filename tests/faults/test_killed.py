"""R1 to R3, C1 to C3: processes killed and stopped at marked steps and at random moments, under readers."""

import random
import re
import shutil
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.landing.land import land
from orchestration.pipeline.verify import verify
from orchestration.publishing.catalog import tidy
from orchestration.publishing.generations import current, damage, generations
from orchestration.reports.shown import show
from orchestration.workspace.layout import Workspace
from tests.conftest import END, FEED, ROOT, Pulse, order, outlet
from tests.fault_table import EVERYTHING, campaign
from tests.faults.lab import Readers, alive, assert_all_is_well, contents, lake_rows
from tests.publishing import publish_again
from tests.warm import Command, forks

LANDINGS, PUBLISHES = (95, 80) if EVERYTHING else (3, 5)
CHAINS = 8
KILLS_OF_A_CHAIN = 4
ROUNDS = 10 if EVERYTHING else 3
READERS = 8 if EVERYTHING else 2
STEPS = ("Starting the engines", "Reading the models", "Checking lake", "Building staging", "Checking staging")
STEPS += ("Building intermediate", "Checking intermediate", "Building marts", "Checking marts")
dice = random.Random(11)


def wait_for(command: Command, words: str, seconds: float = 120) -> bool:
    """Whether the command said these words; it may end before."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and command.running:
        if words in command.said:
            return True
        time.sleep(0.02)
    return words in command.said


def seconds_of(command: Command) -> float:
    start = time.monotonic()
    assert command.wait() in (0, 3)
    return time.monotonic() - start


@pytest.mark.fault("R1")
def test_killed_while_landing(tmp_path, tries):
    """Each kill in a landing of its own; the next one brings every row, once."""
    clean = Pulse(tmp_path / "clean")
    many_files(clean)
    length = seconds_of(clean.start("land", said=tmp_path / "said"))
    expected = lake_rows(clean.home)
    for number in range(LANDINGS):
        with tries.one():
            pulse = Pulse(tmp_path / str(number))
            many_files(pulse)
            command = pulse.start("land", said=tmp_path / "said")
            time.sleep(dice.uniform(0, length))
            command.kill()
            with tries.recovery():
                report = land(Workspace(pulse.home))
            assert not [file for file in report.files if file.status == "refused"]
            assert lake_rows(pulse.home) == expected
            assert_all_is_well(pulse.home)


def many_files(pulse: Pulse) -> None:
    pulse.feed("shop", FEED.format(name="shop"))
    pulse.deliver("shop", "outlets.csv", [outlet(n) for n in range(50)])
    for file in range(25):
        rows = [order(1000 * file + n, n % 50, END - timedelta(days=n % 90)) for n in range(200)]
        pulse.deliver("shop", f"orders_{file}.csv", [*rows, rows[0], {**rows[1], "ordered_on": "no date"}])


@pytest.mark.fault("R1", "C2")
def test_killed_while_publishing(evening, tmp_path, tries):
    """Readers are on the old generation or on the new one, whole; a publish made again shows the same marts."""
    pulse = evening.copied(tmp_path / "shop")
    workspace = Workspace(pulse.home)
    start = time.monotonic()
    publish_again(workspace, "measured")
    length, expected = time.monotonic() - start, contents(pulse.home)
    readers = Readers(pulse.home, READERS)
    for number in range(PUBLISHES):
        with tries.one():
            process = forks.Process(target=publish_alone, args=(str(pulse.home), f"kill{number}"))
            process.start()
            time.sleep(dice.uniform(0, 1.5 * length))
            process.kill()
            process.join()
            shown = current(workspace)
            assert shown and damage(workspace, shown) == []
            assert contents(pulse.home) == expected
            with tries.recovery():
                tidy(workspace)
    seen = readers.stop()
    assert [reader.errors for reader in seen] == [[] for _ in seen] and all(reader.queries for reader in seen)
    assert len(seen[0].generations) == 1, "a connection that is kept stays on its generation"
    tries.notes.append(f"publishing: {sum(r.queries for r in seen):,} queries of {len(seen)} readers, 0 errors")
    publish_again(workspace, "after")
    assert contents(pulse.home) == expected
    assert_all_is_well(pulse.home)


def publish_alone(home: str, fingerprint: str) -> None:
    publish_again(Workspace(Path(home)), fingerprint)


@campaign
@pytest.mark.fault("R1", "C2")
@pytest.mark.parametrize("chain", range(CHAINS))
def test_killed_anywhere_in_a_run_and_in_the_runs_that_heal_it(night, tmp_path, tries, chain):
    """Kill upon kill at marked steps and random moments; the first run that is left alone makes the expected marts."""
    pulse = night.copied(tmp_path / "shop")
    before = contents(pulse.home)
    readers = Readers(pulse.home, READERS if chain == 0 else 2)
    for number in range(KILLS_OF_A_CHAIN):
        step = STEPS[(chain * KILLS_OF_A_CHAIN + number) % len(STEPS)]
        command = pulse.start("run", said=tmp_path / f"said{number}")
        reached = wait_for(command, step)
        time.sleep(dice.uniform(0, 1.5))
        if not command.running:  # it came to its end, or the one before did
            assert contents(pulse.home) == night.expected, command.said
            break
        with tries.one():
            command.kill()
            assert reached, command.said
            assert contents(pulse.home) in (before, night.expected)
    with tries.recovery():
        pulse("run")
    seen = readers.stop()
    assert [reader.errors for reader in seen] == [[] for _ in seen] and all(reader.queries for reader in seen)
    assert len(seen[0].generations) == 1
    assert contents(pulse.home) == night.expected
    assert_all_is_well(pulse.home)


@pytest.mark.fault("R3")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT] if EVERYTHING else [signal.SIGTERM])
@pytest.mark.parametrize("step", STEPS if EVERYTHING else STEPS[2:3])
def test_stopped_within_ten_seconds(evening, tmp_path, tries, step, number):
    """One line, the lease free and no run that looks alive, at once and not only after the next run."""
    pulse = evening.copied(tmp_path / "shop")
    before = contents(pulse.home)
    command = pulse.start("run", said=tmp_path / "said")
    with tries.one():
        assert wait_for(command, step)
        command.signal(number)
        with tries.recovery():
            assert command.wait(10) == 128 + number, command.said
        assert re.search(rf"pulse: stopped: by {signal.Signals(number).name} after \d+ s; .*`pulse run`", command.said)
        assert pulse.json("status")["running"] is None
        assert alive(pulse.home) == 0
        assert contents(pulse.home) == before


@pytest.mark.fault("R3")
def test_the_time_limit_of_a_run(evening, tmp_path):
    pulse = evening.copied(tmp_path / "shop")
    (pulse.home / "pulse.yml").write_text("run_limit_minutes: 0.05\n")
    said = pulse("run", code=1)
    assert "stopped: by its limit of 0.05 minutes (run_limit_minutes in pulse.yml)" in said
    assert pulse.json("status")["running"] is None


@campaign
@pytest.mark.fault("R2")
def test_a_run_whose_process_is_gone_is_reaped_at_the_next_start(evening, tmp_path):
    pulse = evening.copied(tmp_path / "shop")
    command = pulse.start("run", said=tmp_path / "said")
    assert wait_for(command, "Checking lake")
    command.kill()
    assert alive(pulse.home) == 1
    second = pulse.start("run", said=tmp_path / "said2")
    assert wait_for(second, "Checking lake")
    assert alive(pulse.home) == 1, "the second run itself"
    second.kill()


@campaign
@pytest.mark.fault("C1")
def test_a_second_run_says_who_is_at_work(night, tmp_path):
    pulse = night.copied(tmp_path / "shop")
    first = pulse.start("run", said=tmp_path / "said")
    assert wait_for(first, "Starting the engines")
    said = pulse("run", code=4)
    assert re.search(rf"lease: .*pulse run \(process {first.pid}\) works here since .*, for .*; wait for it", said)
    assert first.wait() == 0, first.said
    assert contents(pulse.home) == night.expected
    assert_all_is_well(pulse.home)


@campaign
@pytest.mark.fault("C3")
def test_a_model_edited_in_mid_run_is_for_the_next_run(night, tmp_path):
    """The run makes what it would have made, and the edit is not taken as done."""
    root = tmp_path / "project"
    for folder in ("dbt_project", "expectations", "orchestration"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
    pulse = Pulse(night.copied(tmp_path / "shop").home, root)
    shutil.rmtree(pulse.home / "dbt")  # where dbt noted the files of another folder
    command = pulse.start("run", said=tmp_path / "said")
    assert wait_for(command, "Reading the models")
    model = root / "dbt_project" / "models" / "marts" / "core" / "dim_beats.sql"
    model.write_text(model.read_text() + "where false\n")
    assert command.wait() == 0, command.said
    assert contents(pulse.home) == night.expected
    again = pulse.start("run", said=tmp_path / "again")
    assert wait_for(again, "Starting the engines"), again.said
    again.kill()


@campaign
@pytest.mark.fault("C2")
def test_what_the_catalog_that_follows_can_show(night, tmp_path, tries):
    """live.duckdb never fails, but a query over two marts can straddle a publish; marts.duckdb is for who minds."""
    workspace = Workspace(night.after.copied(tmp_path / "shop").home)
    both = generations(workspace)
    shown, ended, errors = [], threading.Event(), []
    sql = "select (select count(*) from dim_outlets), (select count(*) from fct_outlet_order_days)"

    def read() -> None:
        with duckdb.connect(str(workspace.published / "live.duckdb"), read_only=True) as live:
            while not ended.is_set():
                try:
                    shown.append(live.execute(sql).fetchall()[0])
                except duckdb.Error as problem:
                    errors.append(str(problem))

    whole = set()
    for manifest in both:
        show(workspace, manifest)
        with duckdb.connect(str(workspace.published / "marts.duckdb"), read_only=True) as marts:
            whole.add(marts.execute(sql).fetchall()[0])
    reader = threading.Thread(target=read)
    reader.start()
    for number in range(60):
        with tries.one():
            show(workspace, both[number % 2])
    ended.set()
    reader.join()
    assert len(whole) == 2 and errors == [] and set(shown) >= whole
    mixed = sum(pair not in whole for pair in shown)
    tries.notes.append(f"live.duckdb over 60 publishes: {len(shown):,} queries over two marts, {mixed:,} mixed")


@pytest.mark.fault("C2")
def test_ten_publishes_under_readers(evening, tmp_path, tries):
    """One that keeps its connection stays on one generation, one that connects anew sees all of them."""
    pulse = evening.copied(tmp_path / "shop")
    workspace = Workspace(pulse.home)
    readers = Readers(pulse.home, READERS)
    time.sleep(2)
    published = []
    for number in range(ROUNDS):
        with tries.one():
            published.append(publish_again(workspace, f"round{number}", as_of="2026-03-31")["generation"])
            time.sleep(0.7)
    seen = readers.stop()
    assert [reader.errors for reader in seen] == [[] for _ in seen]
    assert len(seen[0].generations) == 1
    for reader in seen[1:]:
        assert reader.generations[-ROUNDS:] == published
    tries.notes.append(f"{ROUNDS} publishes: {sum(r.queries for r in seen):,} queries of {len(seen)} readers, 0 errors")
    assert verify(workspace).faults == []
