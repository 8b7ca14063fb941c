"""What starts a run by itself, what Dagster's pages say, and who hears of a failure."""

import os
import subprocess
import sys
import time
from datetime import timedelta

import dagster as dg
import pytest

from orchestration.alerts import digests as alerts
from orchestration.defs import metadata as catalogue
from orchestration.defs import runs, schedules, sensors
from orchestration.defs.instance.settings import DAGSTER_YAML, KEPT, prepare_dagster
from orchestration.defs.resource import PulseResource
from orchestration.landing.land import land
from orchestration.warehouse.inputs import Inputs
from orchestration.workspace.errors import SettingsWrong
from orchestration.workspace.layout import Workspace
from orchestration.workspace.lease import lease
from tests.conftest import END, FEED, ROOT, order
from tests.test_alerts import sink  # noqa: F401


@pytest.fixture
def workspace(shop) -> Workspace:
    workspace = Workspace(shop.home)
    land(workspace)  # the copied files are looked at where they lie now
    return workspace


@pytest.fixture
def instance():
    with dg.instance_for_test() as made:
        yield made


def settle(workspace: Workspace, text: str) -> None:
    (workspace.home / "pulse.yml").write_text(text)


def published_as_it_is(workspace: Workspace) -> None:
    """The code of this process counts as what published: it may have been another checkout's."""
    import json

    manifest = workspace.published / "current" / "manifest.json"
    facts = json.loads(manifest.read_text())
    facts["fingerprint"] = Inputs.now(workspace).fingerprint
    manifest.write_text(json.dumps(facts))


def daily(workspace: Workspace) -> dg.ScheduleDefinition:
    return schedules.daily(workspace, schedules.whole_way(workspace))


def ask_schedule(workspace: Workspace, instance: dg.DagsterInstance):
    return daily(workspace)(dg.build_schedule_context(instance=instance))


def ask_sensor(workspace: Workspace, instance: dg.DagsterInstance):
    sensor = sensors.arrivals(workspace, schedules.whole_way(workspace))
    (answer,) = sensor(dg.build_sensor_context(instance=instance))
    return answer


@pytest.mark.parametrize(
    ("zones", "settings", "expected"),
    [
        ([], "", ("0 5 * * *", "UTC", "STOPPED")),
        (["Asia/Jakarta"], "", ("0 5 * * *", "Asia/Jakarta", "STOPPED")),
        (["Asia/Jakarta", "Asia/Jakarta"], "schedule: '30 4 * * 1-6'", ("30 4 * * 1-6", "Asia/Jakarta", "RUNNING")),
        (["Asia/Jakarta", "UTC"], "schedule_time_zone: Europe/Bucharest", ("0 5 * * *", "Europe/Bucharest", "STOPPED")),
        (["Asia/Jakarta", "Europe/Bucharest"], "", ("0 5 * * *", "UTC", "STOPPED")),
    ],
)
def test_the_schedule_is_in_the_zone_of_the_market(pulse, zones, settings, expected):
    for number, zone in enumerate(zones):
        pulse.feed(f"f{number}", FEED.format(name=f"f{number}").replace("time_zone: UTC", f"time_zone: {zone}"))
    pulse.home.mkdir(exist_ok=True)
    settle(Workspace(pulse.home), settings)
    made = daily(Workspace(pulse.home))
    assert (made.cron_schedule, made.execution_timezone, made.default_status.value) == expected


@pytest.mark.parametrize("line", ["schedule: every night", "schedule_time_zone: Mars/Base", "schedule: 5"])
def test_a_schedule_that_cannot_be_meant_is_one_line(workspace, line):
    settle(workspace, line)
    with pytest.raises(
        SettingsWrong, match=r"pulse\.yml, schedule and schedule_time_zone: expected such as"
    ) as problem:
        daily(workspace)
    assert "\n" not in str(problem.value)


def test_the_schedule_runs_where_something_is_new_only(shop, workspace, instance):
    published_as_it_is(workspace)
    assert isinstance(ask_schedule(workspace, instance), dg.SkipReason)
    shop.deliver("shop", "orders2.csv", [order(99, 1, END)])
    assert isinstance(ask_schedule(workspace, instance), dg.RunRequest)
    land(workspace)  # landed by hand, but not published
    assert isinstance(ask_schedule(workspace, instance), dg.RunRequest)


def test_a_changed_setting_is_new_and_who_is_told_is_not(workspace, instance):
    published_as_it_is(workspace)
    settle(workspace, "schedule: '0 4 * * *'\nrun_on_arrival: true\nowners: [a@example.com]\nnotify: []")
    assert isinstance(ask_schedule(workspace, instance), dg.SkipReason)
    settle(workspace, "reporting_currency: EUR")
    assert isinstance(ask_schedule(workspace, instance), dg.RunRequest)


def test_whole_new_files_ask_for_a_run_once_an_hour(shop, workspace, instance, monkeypatch):
    assert "No new files" in ask_sensor(workspace, instance).skip_message
    shop.deliver("shop", "orders2.csv", [order(99, 1, END)])
    first, again = (ask_sensor(workspace, instance) for _ in range(2))
    assert isinstance(first, dg.RunRequest) and first.run_key == again.run_key
    shop.deliver("shop", "orders3.csv", [order(98, 2, END)])
    assert ask_sensor(workspace, instance).run_key != first.run_key
    land(workspace)
    assert isinstance(ask_sensor(workspace, instance), dg.SkipReason)


def test_files_that_a_run_could_not_take_in_ask_again_in_the_next_hour(shop, workspace, instance, monkeypatch):
    from datetime import datetime

    shop.deliver("shop", "orders2.csv", [order(99, 1, END)])
    keys = []
    for hour in (9, 9, 10):

        class Clock(datetime):
            @classmethod
            def now(cls, zone=None, hour=hour):
                return datetime(2026, 4, 1, hour, 30, tzinfo=zone)

        monkeypatch.setattr(sensors, "datetime", Clock)
        keys.append(ask_sensor(workspace, instance).run_key)
    assert keys[0] == keys[1] != keys[2]


def test_a_file_that_still_grows_asks_for_nothing(shop, workspace, instance):
    shop.feed("shop", FEED.format(name="shop").replace("settle_seconds: 0", "settle_seconds: 600"))
    shop.deliver("shop", "orders2.csv", [order(99, 1, END)])
    assert isinstance(ask_sensor(workspace, instance), dg.SkipReason)
    old = time.time() - 700
    os.utime(workspace.landing / "shop" / "orders2.csv", (old, old))
    assert isinstance(ask_sensor(workspace, instance), dg.RunRequest)


def test_nothing_is_asked_for_while_a_run_is_at_work(shop, workspace, instance, monkeypatch):
    shop.deliver("shop", "orders2.csv", [order(99, 1, END)])
    there = dg.DagsterRunStatus.QUEUED
    monkeypatch.setattr(runs, "there_are", lambda _, *statuses: there in statuses)
    assert "waits" in ask_sensor(workspace, instance).skip_message
    assert "waits" in ask_schedule(workspace, instance).skip_message
    there = dg.DagsterRunStatus.STARTED
    assert "at work" in ask_sensor(workspace, instance).skip_message
    # a schedule asks only once a day: its run waits for the one at work
    assert isinstance(ask_schedule(workspace, instance), dg.RunRequest)
    there = dg.DagsterRunStatus.SUCCESS
    with lease(workspace, "pulse verify"):
        assert "pulse verify works here since" in ask_sensor(workspace, instance).skip_message
    assert isinstance(ask_sensor(workspace, instance), dg.RunRequest)


def test_a_run_that_dagster_starts_waits_for_another_one(workspace, monkeypatch):
    monkeypatch.setenv("PULSE_HOME", str(workspace.home))
    holding = "import sys; from pathlib import Path; from orchestration.workspace.lease import lease\n"
    holding += "from orchestration.workspace.layout import Workspace\n"
    holding += "with lease(Workspace(Path(sys.argv[1])), 'pulse run'): print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(workspace.home)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout and other.stdout.readline() == b"held\n"
        with pytest.raises(dg.RetryRequested) as asked, PulseResource(progress=False).step("Landing files"):
            pytest.fail("it worked beside another run")
        other.communicate()
    assert asked.value.max_retries * asked.value.seconds_to_wait == 30 * 60


def test_a_run_that_the_ui_starts_has_the_time_limit_too(workspace):
    settle(workspace, "run_limit_minutes: 90")
    job = schedules.whole_way(workspace)
    assert job.tags["dagster/max_runtime"] == "5400" and "run_monitoring:\n  enabled: true" in DAGSTER_YAML


def test_a_delivery_is_told_once(shop, workspace, instance):
    def told() -> list[dict]:
        events = catalogue.deliveries(workspace, instance)
        for event in events:
            instance.report_runless_asset_event(event)
        return [{name: value.value for name, value in event.metadata.items()} for event in events]

    (first,) = told()
    assert (first["files_landed"], first["rows_accepted"], first["rows_quarantined"]) == (2, 40, 0)
    assert told() == []
    shop.deliver("shop", "orders2.csv", [order(99, 1, END)])
    land(workspace)
    (second,) = told()
    assert second["files_landed"] == 3 and second["loaded_at"] > first["loaded_at"]
    shop.deliver("shop", "orders3.csv", b"no header that fits\n1\n")
    land(workspace)
    assert told() == []  # a refused file is no delivery


@pytest.mark.parametrize(("delivers", "warns"), [("hourly", 2), ("daily", 36), ("weekly", 192), ("monthly", 792)])
def test_a_feed_and_its_marts_may_be_as_old_as_it_delivers(pulse, delivers, warns):
    pulse.feed("shop", FEED.format(name="shop").replace("delivers: daily", f"delivers: {delivers}"))
    workspace = Workspace(pulse.home)
    (feed,) = catalogue.feed_assets(workspace)
    mart, staged = (dg.AssetSpec([layer, "x"]) for layer in ("marts", "staging"))
    mart, staged = catalogue.described([mart, staged], workspace)
    for spec in (feed, mart):
        assert spec.freshness_policy.warn_window.to_timedelta() == timedelta(hours=warns)
        assert spec.freshness_policy.fail_window.to_timedelta() > timedelta(hours=warns)
    assert staged.freshness_policy is None


def test_assets_have_owners_and_links_and_come_from_the_feeds_that_hold_them(workspace):
    settle(workspace, "owners: [ana@example.com]")
    orders, products, watch = catalogue.described(
        [
            dg.AssetSpec(["lake", "orders"]),
            dg.AssetSpec(["lake", "products"]),
            dg.AssetSpec(["marts", "rpt_outlet_watch"]),
        ],
        workspace,
    )
    assert [dep.asset_key.path for dep in orders.deps] == [["feeds", "shop"]] and list(products.deps) == []
    assert orders.owners == products.owners == ["ana@example.com"]
    assert watch.metadata["data_docs"].url.endswith("/checks/latest/marts.rpt_outlet_watch.html")
    settle(workspace, "owners: ana@example.com")
    with pytest.raises(SettingsWrong, match="owners: expected a list"):
        catalogue.described([], workspace)


def test_settings_of_dagster_are_ours_until_their_first_line_is_gone(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", "")
    prepare_dagster(tmp_path)
    settings = tmp_path / "dagster.yaml"
    settings.write_text(KEPT + "telemetry: {enabled: true}\n")
    prepare_dagster(tmp_path)
    assert settings.read_text() == KEPT + DAGSTER_YAML
    settings.write_text("telemetry: {enabled: false}\n")
    prepare_dagster(tmp_path)
    assert settings.read_text() == "telemetry: {enabled: false}\n"


def test_a_failure_is_told_to_everybody(workspace, sink):  # noqa: F811
    settle(workspace, f"notify: ['{sink.url('all')}']\nnotify_owners: {{r1: '{sink.url('r1')}'}}")
    told = alerts.run_failed(
        workspace, [f"failed marts/x y{n}: 1 of 2 rows; Each outlet\nhas a name." for n in range(25)]
    )
    assert told == alerts.Delivery(sent=1)
    (digest,) = sink.taken
    assert (
        digest["path"].startswith("/all") and digest["title"] == f"Outlet Pulse: a run failed in {workspace.home.name}"
    )
    lines = digest["message"].splitlines()
    assert lines[0] == "- failed marts/x y0: 1 of 2 rows; Each outlet has a name." and "and 5 more" in lines
    assert f"Readers stay on the marts of {END}" in digest["message"]


def test_a_failed_run_without_a_terminal_is_told_by_cron(shop, sink):  # noqa: F811
    settle(Workspace(shop.home), f"notify: ['{sink.url()}']")
    shop.feed("shop", FEED.format(name="shop").replace("currency: USD", "currency: dollars"))
    said = shop("run", code=1)
    (digest,) = sink.taken
    assert "feed: " in said and "feed: " in digest["message"] and "currency" in digest["message"]
    shop("verify", code=(0, 1))
    assert len(sink.taken) == 1  # nobody else's trouble


def test_a_run_that_finds_another_one_at_work_tells_nobody(shop, sink):  # noqa: F811
    settle(Workspace(shop.home), f"notify: ['{sink.url()}']")
    with lease(Workspace(shop.home), "another"):
        shop("run", code=4)
    assert sink.taken == []
