"""Dagster's storage for one machine: it says what Dagster's own says, in fewer transactions, and outlives damage."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy.exc
from dagster._core.definitions.asset_checks.asset_check_spec import AssetCheckKey
from dagster._core.events import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster_shared.record import copy

from orchestration.defs.instance import event_log, sqlite_files
from orchestration.defs.instance.event_log import OneMachineEventLogStorage
from orchestration.defs.instance.sqlite_files import Connections
from orchestration.defs.instance.storage import OneMachineStorage

# what the UI asks is what is compared, deprecated or not
pytestmark = pytest.mark.filterwarnings("ignore:Function `EventMethods.get_event_records`:DeprecationWarning")

OURS = """\
telemetry: {enabled: false}
storage:
  custom:
    module: orchestration.defs.instance.storage
    class: OneMachineStorage
    config: {base_dir: "%s"}
"""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
ASSETS = [dg.AssetKey("first"), dg.AssetKey("second"), dg.AssetKey("broken")]
STATES = [DagsterEventType.RUN_START, DagsterEventType.RUN_SUCCESS, DagsterEventType.RUN_FAILURE]


@dg.asset
def first(context):
    context.log.info("a line of a user")
    context.log_event(dg.AssetObservation("first", metadata={"seen": 1}))
    return dg.MaterializeResult(metadata={"rows": 3}, data_version=dg.DataVersion("one"))


@dg.asset(deps=[first])
def second():
    return None


@dg.asset(deps=[second])
def broken():
    raise ValueError("on purpose")


@dg.asset_check(asset=first)
def rows_are_there():
    return dg.AssetCheckResult(passed=True, metadata={"rows": 3})


@dg.asset_check(asset=second)
def rows_are_right():
    return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN)


CHECKS = [rows_are_there, rows_are_right]
GOOD = dg.Definitions([first, second], asset_checks=CHECKS).resolve_implicit_global_asset_job_def()
BAD = dg.Definitions([first, second, broken], asset_checks=CHECKS).resolve_implicit_global_asset_job_def()


def opened(home: Path, ours: bool = True) -> dg.DagsterInstance:
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(OURS % home if ours else "telemetry: {enabled: false}\n")
    return dg.DagsterInstance.from_config(str(home))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> tuple[list[dg.DagsterRun], list[EventLogEntry]]:
    """What Dagster's own storage holds of a run that succeeded and of one that failed."""
    home = tmp_path_factory.mktemp("recorded")
    with opened(home, ours=False) as instance:
        ids = [
            job.execute_in_process(instance=instance, raise_on_error=False, run_config=QUIET).run_id
            for job in (GOOD, BAD)
        ]
        plain = {"status": dg.DagsterRunStatus.NOT_STARTED, "job_snapshot_id": None, "execution_plan_snapshot_id": None}
        runs = [copy(instance.get_run_by_id(run_id), **plain) for run_id in ids]
        events = [entry for run_id in ids for entry in instance.all_logs(run_id)]
    kinds = {entry.dagster_event_type for entry in events}
    wanted = {"ASSET_OBSERVATION", "ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION", "RUN_FAILURE", "RUN_SUCCESS"}
    assert wanted <= {kind.name for kind in kinds if kind} and None in kinds
    return runs, events


def tell(instance: dg.DagsterInstance, recorded, events: list[EventLogEntry] | None = None) -> None:
    for run in recorded[0]:
        if not instance.has_run(run.run_id):
            instance.add_run(run)
    for entry in recorded[1] if events is None else events:
        instance.handle_new_event(entry)


def answers(instance: dg.DagsterInstance, runs: list[dg.DagsterRun], ids: bool = True) -> dict:
    """What the UI asks for; without the numbers of rows where those may differ."""
    log = instance.event_log_storage
    checks = [
        AssetCheckKey(dg.AssetKey("first"), "rows_are_there"),
        AssetCheckKey(dg.AssetKey("second"), "rows_are_right"),
    ]
    latest = log.get_latest_asset_check_execution_by_key(checks)
    told: dict = {
        "logs": [(run.run_id, instance.all_logs(run.run_id)) for run in runs],
        "of a kind": [instance.all_logs(run.run_id, of_type=set(STATES)) for run in runs],
        "runs": {run.run_id: (run.status, run.tags) for run in instance.get_runs()},
        "states": {
            kind: [r.event_log_entry for r in instance.fetch_run_status_changes(kind, limit=10).records]
            for kind in STATES
        },
        "materialized": [
            [r.event_log_entry for r in instance.fetch_materializations(key, limit=10).records] for key in ASSETS
        ],
        "observed": [[r.event_log_entry for r in instance.fetch_observations(key, 10).records] for key in ASSETS],
        "latest": [instance.get_latest_materialization_event(key) for key in ASSETS],
        "assets": {
            record.asset_entry.asset_key: (record.asset_entry.last_run_id, record.asset_entry.last_materialization)
            for record in instance.get_asset_records(ASSETS)
        },
        "keys": sorted(key.to_user_string() for key in instance.all_asset_keys()),
        "checks": {key: (r.run_id, r.status, r.event) for key, r in latest.items()},
        "history": [
            [(r.run_id, r.status, r.event) for r in log.get_asset_check_execution_history(key, limit=10)]
            for key in checks
        ],
        "stats": [instance.get_run_stats(run.run_id) for run in runs],
        "steps": [instance.get_run_step_stats(run.run_id) for run in runs],
        "starts": [
            r.event_log_entry
            for r in instance.get_event_records(dg.EventRecordsFilter(DagsterEventType.STEP_START), ascending=True)
        ],
    }
    if ids:
        told["records"] = [log.get_records_for_run(run.run_id).records for run in runs]
    return told


def tables(home: Path) -> dict:
    """Every row of the event log, without the moments that SQLite itself noted."""
    rows = {}
    for file in sorted((home / "history" / "runs").glob("*.db")):
        with contextlib.closing(sqlite3.connect(file)) as database:
            for (table,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
                columns = [c[1] for c in database.execute(f"pragma table_info({table})")]
                kept = [f'"{c}"' for c in columns if c not in ("create_timestamp", "migration_completed")]
                rows[file.name, table] = database.execute(f"select {', '.join(kept)} from {table}").fetchall()
    return rows


@pytest.fixture(scope="module")
def stock(recorded, tmp_path_factory) -> tuple[dict, dict]:
    home = tmp_path_factory.mktemp("stock")
    with opened(home, ours=False) as instance:
        tell(instance, recorded)
        return answers(instance, recorded[0]), tables(home)


def set_aside(home: Path) -> list[str]:
    return sorted(file.name.split(".damaged-")[0] for file in home.rglob("*.damaged-*") if file.name[-1] == "Z")


def spoil(file: Path) -> None:
    """Write over a database in place, as a broken disk does; its write-ahead log as well."""
    for part in (file, Path(f"{file}-wal")):
        if part.exists():
            with part.open("r+b") as out:
                out.write(b"spoilt " * (part.stat().st_size // 7 + 1))


# --- the same as Dagster's own


@pytest.mark.parametrize("at_once", [False, True])
def test_rows_and_answers_are_dagsters_own(recorded, stock, tmp_path, at_once):
    with opened(tmp_path) as instance:
        assert isinstance(instance.event_log_storage, OneMachineEventLogStorage)
        if at_once:
            tell(instance, recorded, [])
            instance.event_log_storage.store_event_batch(recorded[1])
            states = [entry for entry in recorded[1] if entry.dagster_event and entry.dagster_event.is_job_event]
            for entry in states:
                instance.run_storage.handle_run_event(entry.run_id, entry.dagster_event)
        else:
            tell(instance, recorded)
        assert answers(instance, recorded[0]) == stock[0]
    assert tables(tmp_path) == stock[1]


def test_each_storage_reads_what_the_other_one_wrote(recorded, stock, tmp_path):
    half = len(recorded[1]) // 2
    with opened(tmp_path, ours=False) as instance:
        tell(instance, recorded, recorded[1][:half])
    with opened(tmp_path) as instance:
        tell(instance, recorded, recorded[1][half:])
        assert answers(instance, recorded[0]) == stock[0]
    with opened(tmp_path, ours=False) as instance:
        assert answers(instance, recorded[0]) == stock[0]
    assert tables(tmp_path) == stock[1]


def test_a_wiped_log_stays_empty(recorded, tmp_path):
    with opened(tmp_path) as instance:
        tell(instance, recorded, recorded[1][:20])
        instance.wipe()
        assert instance.get_runs() == [] and instance.all_logs(recorded[0][0].run_id) == []
        assert instance.all_asset_keys() == []


# --- fewer transactions


@pytest.fixture
def statements(monkeypatch) -> list[str]:
    """What SQLite is told, on connections that are opened from now on; an opened one adds "open"."""
    told: list[str] = []
    settle = sqlite_files._settle

    def traced(connection, record) -> None:
        told.append("open")
        connection.set_trace_callback(told.append)
        settle(connection, record)

    monkeypatch.setattr(sqlite_files, "_settle", traced)
    return told


def test_an_event_is_one_transaction_a_database(recorded, statements, tmp_path):
    _, events = recorded
    mirrored = sum(entry.dagster_event_type in event_log.MIRRORED for entry in events)
    storage = OneMachineEventLogStorage(str(tmp_path))
    for entry in events[:1] + events[-1:]:  # the databases of both runs are begun
        storage.store_event(entry)
    del statements[:]
    for entry in events[1:-1]:
        storage.store_event(entry)
    assert statements.count("COMMIT") == len(events) - 2 + mirrored - sum(
        entry.dagster_event_type in event_log.MIRRORED for entry in (events[0], events[-1])
    )
    assert "open" not in statements and not any("sqlite_master" in said for said in statements)
    storage = OneMachineEventLogStorage(str(tmp_path / "at once"))
    storage.store_event(events[-1])
    del statements[:]
    storage.store_event_batch([entry for entry in events[:-1] if entry.run_id == events[-1].run_id])
    assert statements.count("COMMIT") == 2


def test_a_power_cut_can_cost_events_and_not_the_database(tmp_path):
    storage = OneMachineEventLogStorage(str(tmp_path))
    for shard in (storage.index_connection(), storage.run_connection("run")):
        with shard as connection:
            asked = {
                name: connection.exec_driver_sql(f"pragma {name}").scalar()
                for name in ("journal_mode", "synchronous", "busy_timeout")
            }
            assert asked == {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 30_000}  # 1: normal


def test_few_files_stay_open(recorded, tmp_path):
    storage = OneMachineEventLogStorage(str(tmp_path))
    for number in range(3 * sqlite_files.OPEN_FILES):
        storage.store_event(recorded[1][0]._replace(run_id=f"run{number}"))
    assert len(storage.connections._open) == sqlite_files.OPEN_FILES
    here = [
        os.readlink(f"/proc/self/fd/{fd}")
        for fd in os.listdir("/proc/self/fd")
        if os.path.exists(f"/proc/self/fd/{fd}")
    ]
    mine = {name for name in here if name.startswith(str(tmp_path)) and name.endswith(".db")}
    assert len(mine) == sqlite_files.OPEN_FILES
    assert len(storage.get_logs_for_run("run0")) == 1
    storage.dispose()
    assert not list(tmp_path.glob("*-wal"))


# --- several at once


def test_threads_write_and_read_at_once(recorded, tmp_path):
    storage = OneMachineEventLogStorage(str(tmp_path))
    planned = next(e for e in recorded[1] if e.dagster_event_type is DagsterEventType.ASSET_MATERIALIZATION)
    problems: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(20):
                storage.store_event(planned._replace(run_id=f"run{number % 3}"))
                storage.get_asset_records(ASSETS)
                assert storage.get_logs_for_run(f"run{(number + turn) % 3}") is not None
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert [len(storage.get_logs_for_run(f"run{n}")) for n in range(3)] == [60, 60, 60]
    assert len(storage.fetch_materializations(planned.dagster_event.asset_key, limit=500).records) == 180


def test_a_forked_process_has_connections_of_its_own(recorded, tmp_path):
    storage = OneMachineEventLogStorage(str(tmp_path))
    for entry in recorded[1][:10]:
        storage.store_event(entry)
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(BaseException):
            for entry in recorded[1][10:20]:
                storage.store_event(entry)
            code = 0 if len(sqlite_files._of_the_parent) == 1 else 2
            storage.dispose()
        os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    for entry in recorded[1][20:30]:
        storage.store_event(entry)
    assert storage.get_logs_for_run(recorded[1][0].run_id) == recorded[1][:30]


WRITER = """
    import sys
    from dagster._core.events.log import EventLogEntry
    from dagster._serdes import deserialize_value
    from orchestration.defs.instance.event_log import OneMachineEventLogStorage
    storage = OneMachineEventLogStorage(sys.argv[1])
    entry = deserialize_value(open(sys.argv[2]).read(), EventLogEntry)
    number = 0
    while True:
        storage.store_event(entry._replace(user_message=str(number)))
        number += 1
        print(number, flush=True)
"""


def test_a_reader_follows_a_writer_that_is_killed(recorded, tmp_path):
    from dagster._serdes import serialize_value

    entry = next(e for e in recorded[1] if e.dagster_event_type is DagsterEventType.ASSET_MATERIALIZATION)
    (tmp_path / "entry").write_text(serialize_value(entry))
    logs = tmp_path / "logs"
    storage, seen = OneMachineEventLogStorage(str(logs)), []
    storage.watch(entry.run_id, None, lambda event, cursor: seen.append((event.user_message, cursor)))
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(logs), str(tmp_path / "entry")]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=here) as writer:
        try:
            wrote, reads, ends = 0, [], time.monotonic() + 20
            while (len(seen) < 20 or wrote < 100) and time.monotonic() < ends:
                wrote = int(writer.stdout.readline())
                reads.append(len(storage.get_logs_for_run(entry.run_id)) if wrote % 20 == 0 else 0)
        finally:
            writer.send_signal(signal.SIGKILL)
        wrote = int((writer.stdout.read().split() or [wrote])[-1])
    assert len(seen) >= 20 and max(reads) >= 20, "events are seen while the writer is at work"
    left = [event.user_message for event in storage.get_logs_for_run(entry.run_id)]
    assert left == [str(number) for number in range(len(left))] and len(left) in (wrote, wrote + 1)
    ends = time.monotonic() + 10
    while len(seen) < len(left) and time.monotonic() < ends:
        time.sleep(0.05)
    assert [message for message, _ in seen] == left, "each event is told once, and the last one, too"
    storage.store_event(entry)
    assert len(storage.get_logs_for_run(entry.run_id)) == len(left) + 1
    storage.dispose()
    assert not sqlite_files.damage(logs / f"{entry.run_id}.db") and not sqlite_files.damage(logs / "index.db")


# --- damage


@pytest.mark.parametrize("kind", ["spoilt", "cut", "another", "folder"])
@pytest.mark.parametrize("name", ["history/runs/index.db", "history/runs.db", "schedules/schedules.db"])
def test_what_was_damaged_before_is_set_aside(recorded, tmp_path, capfd, name, kind):
    file = tmp_path / name
    with opened(tmp_path) as instance:
        tell(instance, recorded, recorded[1][:10])
    if kind == "spoilt":
        spoil(file)
    elif kind == "cut":
        os.truncate(file, file.stat().st_size // 2)
    elif kind == "another":
        file.unlink()
        with contextlib.closing(sqlite3.connect(file)) as other:
            other.execute("create table alembic_version (version_num text)")
            other.execute("insert into alembic_version values ('x')")
            other.commit()
    else:
        file.unlink()
        file.mkdir()
    capfd.readouterr()
    with opened(tmp_path) as instance:
        result = GOOD.execute_in_process(instance=instance, run_config=QUIET)
        assert result.success and instance.get_run_by_id(result.run_id).is_success
        assert instance.get_latest_materialization_event(ASSETS[1]).run_id == result.run_id
        assert instance.schedule_storage is not None and instance.all_instigator_state() == []
    said = [line for line in capfd.readouterr().err.splitlines() if line.startswith("damaged: ")]
    assert set_aside(tmp_path) == [file.name]
    assert len(said) == 1 and str(file) in said[0] and said[0].endswith("the run continues")


def test_a_database_that_was_emptied_is_begun_again(recorded, tmp_path):
    index = tmp_path / "history" / "runs" / "index.db"
    with opened(tmp_path) as instance:
        tell(instance, recorded)
    index.write_bytes(b"")
    with opened(tmp_path) as instance:
        assert GOOD.execute_in_process(instance=instance, run_config=QUIET).success
        assert instance.event_log_storage.has_secondary_index("asset_key_table")
    assert set_aside(tmp_path) == []


@pytest.mark.parametrize("name", ["index.db", "run"])
def test_what_is_damaged_in_the_middle_is_set_aside_and_what_comes_after_is_kept(recorded, tmp_path, capfd, name):
    one = recorded[0][0].run_id
    events = [entry for entry in recorded[1] if entry.run_id == one]
    runs, half = [recorded[0][0]], len(events) // 2
    with opened(tmp_path) as instance:
        tell(instance, (runs, events), events[:half])
        spoil(tmp_path / "history" / "runs" / (name if name == "index.db" else f"{one}.db"))
        instance.event_log_storage.connections._open.popitem(last=name != "index.db")  # nothing stays in memory
        tell(instance, (runs, events), events[half:])
        kept = [log.dagster_event_type for log in instance.all_logs(one)]
    told = [entry.dagster_event_type for entry in events]
    assert kept == (told if name == "index.db" else told[half:])
    assert len(set_aside(tmp_path)) == 1
    assert capfd.readouterr().err.count("damaged: ") == 1


@pytest.mark.parametrize("which", ["index", "run", "runs"])
def test_a_run_outlives_the_damage_of_its_log(tmp_path, capfd, which):
    home = tmp_path / "home"

    spoilt: list[str] = []

    @dg.asset(deps=[first])
    def spoils(context):
        if spoilt:
            return
        spoilt.append(context.run.run_id)
        named = {
            "index": "history/runs/index.db",
            "run": f"history/runs/{context.run.run_id}.db",
            "runs": "history/runs.db",
        }
        spoil(home / named[which])

    @dg.asset(deps=[spoils])
    def judges():
        pass

    there = dg.Definitions([first, spoils, judges], asset_checks=[rows_are_there])
    job = there.resolve_implicit_global_asset_job_def()
    with opened(home) as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False, run_config=QUIET)
        assert result.success
        assert instance.get_run_by_id(result.run_id).is_success
        kinds = [event.dagster_event_type for event in instance.all_logs(result.run_id)]
        assert kinds[-1] is DagsterEventType.RUN_SUCCESS
        assert instance.get_latest_materialization_event(dg.AssetKey("judges")).run_id == result.run_id
    assert len(set_aside(home)) <= 1
    with opened(home) as instance:
        assert job.execute_in_process(instance=instance, raise_on_error=False, run_config=QUIET).success
    assert len(set_aside(home)) == 1
    assert capfd.readouterr().err.count("damaged: ") == 1


def test_the_next_run_of_a_process_goes_on_without_the_plans_that_were_lost(tmp_path, capfd):
    with opened(tmp_path) as instance:
        assert GOOD.execute_in_process(instance=instance, run_config=QUIET).success
        instance.run_storage.connections.close()
        spoil(tmp_path / "history" / "runs.db")
        result = GOOD.execute_in_process(instance=instance, run_config=QUIET)
        assert result.success and instance.get_run_by_id(result.run_id).is_success
        instance.run_storage.connections.close()
        spoil(tmp_path / "history" / "runs.db")
        lost = copy(
            result.dagster_run, run_id="another", job_snapshot_id="unknown", status=dg.DagsterRunStatus.NOT_STARTED
        )
        instance.add_run(lost)
        assert instance.get_run_by_id("another").job_snapshot_id is None
    assert set_aside(tmp_path) == ["runs.db", "runs.db"] and capfd.readouterr().err.count("damaged: ") == 2


def test_another_process_that_set_a_file_aside_is_followed(recorded, tmp_path):
    mine, others = OneMachineEventLogStorage(str(tmp_path)), OneMachineEventLogStorage(str(tmp_path))
    entry = recorded[1][0]
    mine.store_event(entry)
    assert others.get_logs_for_run(entry.run_id) == [entry]
    file = tmp_path / f"{entry.run_id}.db"
    mine.dispose()
    spoil(file)
    assert sqlite_files.set_aside(file) and not sqlite_files.set_aside(file)
    others.store_event(entry)
    assert mine.get_logs_for_run(entry.run_id) == others.get_logs_for_run(entry.run_id) == [entry]


def test_a_lock_is_not_damage(recorded, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(sqlite_files, "BUSY_SECONDS", 0.1)
    storage = OneMachineEventLogStorage(str(tmp_path))
    storage.store_event(recorded[1][0])
    with contextlib.closing(sqlite3.connect(tmp_path / "index.db")) as other:
        other.execute("begin immediate")
        with pytest.raises(sqlalchemy.exc.OperationalError, match="locked"):
            storage.store_event(recorded[1][0])
        other.rollback()
        other.execute("pragma locking_mode = exclusive")
    assert len(storage.get_logs_for_run(recorded[1][0].run_id)) == 1, "neither database has the event"
    storage.store_event(recorded[1][0])
    assert set_aside(tmp_path) == [] and "damaged" not in capfd.readouterr().err


def test_a_full_disk_is_not_damage(recorded, tmp_path, capfd):
    storage = OneMachineEventLogStorage(str(tmp_path))
    entry = recorded[1][0]
    storage.store_event(entry)
    with storage.index_connection() as connection:
        pages = connection.exec_driver_sql("pragma page_count").scalar()
        connection.exec_driver_sql(f"pragma max_page_count = {pages}")
    with pytest.raises(sqlalchemy.exc.OperationalError, match="full"):
        for _ in range(200):
            storage.store_event(entry)
    assert set_aside(tmp_path) == [] and "damaged" not in capfd.readouterr().err


def test_a_file_that_may_not_be_read_is_not_damaged(recorded, tmp_path, monkeypatch, capfd):
    storage = OneMachineEventLogStorage(str(tmp_path))
    storage.store_event(recorded[1][0])
    storage.dispose()
    connect = sqlite3.connect

    def refused(path, *args, **kwargs):  # tests can run as root, who may read all
        return connect(tmp_path / "nowhere" / "file.db", *args, **kwargs)

    monkeypatch.setattr(sqlite3, "connect", refused)
    monkeypatch.setattr(sqlite3.dbapi2, "connect", refused)
    assert sqlite_files.damage(tmp_path / "index.db") is None
    with pytest.raises(sqlalchemy.exc.OperationalError, match="unable to open"):
        storage.store_event(recorded[1][0])
    with pytest.raises(sqlalchemy.exc.OperationalError, match="unable to open"):
        OneMachineStorage(str(tmp_path / "another"))
    assert set_aside(tmp_path) == [] and "damaged" not in capfd.readouterr().err


def test_connections_within_a_transaction_are_that_transaction(tmp_path):
    connections, file = Connections(), tmp_path / "any.db"
    with connections.connect(file, lambda _: None) as outer:
        outer.exec_driver_sql("create table t (i integer)")
        with connections.connect(file, lambda _: None) as inner:
            assert inner is outer
    with contextlib.suppress(ValueError), connections.connect(file, lambda _: None) as outer:
        outer.exec_driver_sql("insert into t values (1)")
        raise ValueError
    with connections.connect(file, lambda _: None) as outer:
        assert outer.exec_driver_sql("select count(*) from t").scalar() == 0
