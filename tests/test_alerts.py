"""Alerts reach their receivers once: a generation written by hand, and a receiver on this machine."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest

from orchestration.alerts import digests as alerts
from orchestration.alerts.store import COLUMNS, AlertStore
from orchestration.project.marts import columns, mart_names
from orchestration.reports import figures, summary
from orchestration.reports.shown import show
from orchestration.warehouse.inputs import Inputs
from orchestration.workspace.layout import Workspace
from tests.conftest import ROOT

SECRET = "s3cr3t-pass"
AS_OF = "2026-03-31"
# the marts that the summary of a run reads: here they are empty
SUMMED_UP = set(mart_names()) & set(
    re.findall(r"\w+", Path(figures.__file__).read_text() + Path(summary.__file__).read_text())
)


class Sink:
    """A receiver: remembers what it was sent, and answers what it is told to."""

    def __init__(self) -> None:
        self.taken: list[dict] = []
        self.status, self.before_answer, self.port = 200, lambda: None, 0
        self.start()

    def start(self) -> None:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                sink.before_answer()
                if sink.status == 200:
                    sink.taken.append({"path": self.path, "title": body["title"], "message": body["message"]})
                self.send_response(sink.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, path: str = "", user: str = "") -> str:
        return f"json://{user}127.0.0.1:{self.port}/{path}?retry=0"

    def titles(self) -> list[str]:
        """What came since the last look."""
        came, self.taken = self.taken, []
        return sorted(digest["title"] for digest in came)


@pytest.fixture
def sink():
    sink = Sink()
    yield sink
    sink.stop()


@pytest.fixture(autouse=True)
def no_receiver_of_this_machine(monkeypatch):
    monkeypatch.delenv("PULSE_NOTIFY", raising=False)


def alert(number: int, owner: str = "r1", kind: str = "newly_lost", **facts) -> dict:
    plain = {"alert_id": f"a{number}", "owner_id": owner, "kind": kind, "owner_name": f"Rep {owner}"}
    named = {"subject_id": f"o{number}", "subject_name": f"Toko {number}", "raised_on": "2026-03-29"}
    return {**plain, **named, "message": f"Toko {number} did not order for 60 days.", **facts}


def publish(pulse, number: int, *found: dict, asked: str | None = None) -> Workspace:
    """The generation that a run would have published, which readers now see."""
    workspace = Workspace(pulse.home)
    workspace.prepare()
    identity = f"20260401T0000{number:02}000000Z-byhand"
    folder = workspace.published / "generations" / identity
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        types = ", ".join(f"{name} {'date' if name == 'raised_on' else 'varchar'}" for name in COLUMNS)
        connection.execute(f"create table rpt_alerts ({types})")
        for row in found:
            connection.execute(f"insert into rpt_alerts values ({', '.join('?' * len(row))})", list(row.values()))
        for mart in SUMMED_UP:
            types = ", ".join(f"{name} {kind}" for name, kind in columns(mart).items())
            connection.execute(f"create table {mart} ({types})")
        marts = ("rpt_alerts", *SUMMED_UP)
        for mart in marts:
            connection.execute(f"copy {mart} to '{folder / mart}.parquet'")
    manifest = {
        "generation": identity,
        "published_at": "2026-04-01T00:00:00+00:00",
        "as_of_date": AS_OF,
        "asked_as_of": asked,
        "known_at": None,
        "fingerprint": Inputs.now(workspace, asked or "").fingerprint,
        "marts": {mart: {"file": f"{mart}.parquet"} for mart in marts},
        "views": {},
        "history": {},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    show(workspace, manifest)
    return workspace


def notify(pulse, **settings) -> None:
    pulse.home.mkdir(parents=True, exist_ok=True)
    (pulse.home / "pulse.yml").write_text(json.dumps(settings))  # JSON is YAML


def python(pulse, first: str, *arguments: str) -> subprocess.CompletedProcess:
    """`pulse` in a process of its own, with a line of Python before it."""
    code = f"import sys; sys.argv[0] = 'pulse'; {first}; from orchestration.cli import main; main()"
    environment = {**os.environ, "PULSE_HOME": str(pulse.home), "COLUMNS": "200"}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_one_digest_per_owner_and_nothing_twice(pulse, sink):
    notify(pulse, notify=[sink.url()])
    workspace = publish(pulse, 1, alert(1), alert(2, kind="beat_spike"), alert(3, "r2"))
    assert alerts.after_run(workspace) == alerts.Delivery(2, [])
    first, second = sink.taken
    assert first["title"] == "Outlet Pulse 2026-03-31: 2 new for Rep r1"
    assert first["message"].split("\n") == [
        "Beat spike (1)",
        "- Toko 2 did not order for 60 days.",
        "",
        "Newly lost (1)",
        "- Toko 1 did not order for 60 days.",
    ]
    assert second["title"] == "Outlet Pulse 2026-03-31: 1 new for Rep r2"
    sink.titles()

    assert alerts.after_run(workspace) == alerts.Delivery(0, [])
    publish(pulse, 2, alert(1), alert(2, kind="beat_spike"), alert(3, "r2", message="61 days by now."))
    assert alerts.after_run(workspace) == alerts.Delivery(0, [])
    publish(pulse, 3, alert(1), alert(2, kind="beat_spike"), alert(3, "r2"), alert(4, "r2"))
    assert alerts.after_run(workspace) == alerts.Delivery(1, [])
    assert sink.titles() == ["Outlet Pulse 2026-03-31: 1 new for Rep r2"]


def test_the_end_of_an_alert_is_told_once_and_it_can_come_back(pulse, sink):
    notify(pulse, notify=sink.url())
    workspace = publish(pulse, 1, alert(1), alert(2))
    alerts.after_run(workspace)
    sink.titles()
    publish(pulse, 2, alert(2), alert(3))
    alerts.after_run(workspace)
    assert "Resolved (1)\n- Toko 1: newly lost since 2026-03-29" in sink.taken[0]["message"]
    assert sink.titles() == ["Outlet Pulse 2026-03-31: 1 new, 1 resolved for Rep r1"]
    publish(pulse, 3, alert(2), alert(3))
    alerts.after_run(workspace)
    assert sink.titles() == []
    publish(pulse, 4, alert(1), alert(2), alert(3))
    alerts.after_run(workspace)
    assert sink.titles() == ["Outlet Pulse 2026-03-31: 1 new for Rep r1"]


def test_the_age_counts_from_the_day_it_was_first_raised(pulse):
    publish(pulse, 1, alert(1), alert(2, raised_on=None))
    workspace = Workspace(pulse.home)
    alerts.follow(workspace)
    publish(pulse, 2, alert(1, raised_on=AS_OF, message="Still so."), alert(2, raised_on=None))
    alerts.follow(workspace)
    second, first = alerts.open_alerts(workspace)["alerts"]
    assert (first["age_days"], first["message"], second["age_days"]) == (2, "Still so.", None)


def test_an_alert_that_changes_hands_is_over_for_one_and_new_for_the_other(pulse, sink):
    notify(pulse, notify=sink.url())
    workspace = publish(pulse, 1, alert(1))
    alerts.after_run(workspace)
    publish(pulse, 2, alert(1, "r2"))
    sink.titles()
    alerts.after_run(workspace)
    assert sink.titles() == [
        "Outlet Pulse 2026-03-31: 1 new for Rep r2",
        "Outlet Pulse 2026-03-31: 1 resolved for Rep r1",
    ]


@pytest.mark.fault("A1")
def test_a_receiver_that_is_down_gets_it_later(pulse, sink):
    notify(pulse, notify=[sink.url(user=f"pulse:{SECRET}@")])
    publish(pulse, 1, alert(1), alert(2))
    sink.stop()
    said = pulse("run")
    assert "pulse.yml, notify, URL 1 (json://127.0.0.1): it did not take a digest" in said and SECRET not in said
    publish(pulse, 2, alert(2), alert(3))  # nobody was told of 1, so nobody is told that it is over
    assert {row["told"] for row in pulse.json("alerts")["alerts"]} == {"waiting"}
    said = pulse("alerts", "--send", code=1)
    assert "did not take a digest" in said and SECRET not in said
    sink.start()
    assert "Digests of alerts sent: 1" in pulse("run")
    assert sink.titles() == ["Outlet Pulse 2026-03-31: 2 new for Rep r1"]
    shown = pulse.json("alerts")
    assert [(row["alert_id"], row["age_days"], row["told"]) for row in shown["alerts"]] == [
        ("a2", 2, "sent"),
        ("a3", 2, "sent"),
    ]
    assert SECRET.encode() not in (pulse.home / "alerts.sqlite").read_bytes()


def test_a_receiver_that_stumbles_is_asked_again(pulse, sink):
    answers = iter([503, 200])
    sink.before_answer = lambda: setattr(sink, "status", next(answers))
    notify(pulse, notify=f"json://127.0.0.1:{sink.port}/?wait=0")
    assert alerts.after_run(publish(pulse, 1, alert(1))) == alerts.Delivery(1, [])


def test_an_end_that_was_not_taken_waits_too(pulse, sink):
    notify(pulse, notify=sink.url())
    workspace = publish(pulse, 1, alert(1))
    alerts.after_run(workspace)
    publish(pulse, 2)
    sink.status = 503
    assert len(alerts.after_run(workspace).problems) == 1
    sink.status = 200
    sink.titles()
    alerts.after_run(workspace)
    assert sink.titles() == ["Outlet Pulse 2026-03-31: 1 resolved for Rep r1"]


def test_of_two_receivers_only_the_one_that_was_down_is_sent_again(pulse, sink):
    other = Sink()
    notify(pulse, notify=[sink.url(), other.url(user=f"pulse:{SECRET}@")])
    workspace = publish(pulse, 1, alert(1), alert(2))
    other.status = 503
    alerts.after_run(workspace)
    assert len(sink.titles()) == 1
    assert sink.url().encode() not in workspace.alerts.read_bytes()
    publish(pulse, 2, alert(2), alert(3))
    alerts.after_run(workspace)  # only the first one knows of 1, so only to it is it over
    assert sink.titles() == ["Outlet Pulse 2026-03-31: 1 new, 1 resolved for Rep r1"]
    other.status = 200
    alerts.after_run(workspace)
    assert sink.titles() == []
    assert other.titles() == ["Outlet Pulse 2026-03-31: 2 new for Rep r1"]
    assert alerts.after_run(workspace) == alerts.Delivery(0, [])
    other.stop()


def test_an_owner_with_a_receiver_of_its_own(pulse, sink, monkeypatch):
    notify(pulse, notify=[sink.url("all")], notify_owners={"r1": sink.url("mine"), "7": [sink.url("seven")]})
    monkeypatch.setenv("PULSE_NOTIFY", f"{sink.url('more')} ,")
    workspace = publish(pulse, 1, alert(1), alert(2, "r2"), alert(3, "7"))
    assert alerts.after_run(workspace).sent == 4
    came = sorted((digest["path"].split("?")[0], digest["title"].rsplit(" ", 1)[1]) for digest in sink.taken)
    assert came == [("/all", "r2"), ("/mine", "r1"), ("/more", "r2"), ("/seven", "7")]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"notify": [f"nonsense://user:{SECRET}@host/{SECRET}"]}, "pulse.yml, notify, URL 1 (nonsense://...): Apprise"),
        ({"notify": [SECRET]}, "pulse.yml, notify, URL 1: Apprise does not know such a URL"),
        ({"notify_owners": {"r1": f"slack://{SECRET}"}}, "pulse.yml, notify_owners, r1, URL 1 (slack://...): Apprise"),
        ({"notify": {"json": SECRET}}, "pulse.yml, notify: expected a URL or a list of URLs"),
        ({"notify_owners": [SECRET]}, "pulse.yml, notify_owners: expected lines"),
        ({"notify": "json://127.0.0.1:9", "notify_limit": "many"}, "notify_limit: expected a number"),
    ],
)
def test_a_wrong_setting_is_one_line_without_the_secret(pulse, settings, said):
    notify(pulse, **settings)
    workspace = publish(pulse, 1, alert(1))
    told = alerts.after_run(workspace)
    assert told.sent == 0 and len(told.problems) == 1
    assert said in told.problems[0] and SECRET not in told.problems[0]
    assert alerts.open_alerts(workspace)["alerts"][0]["told"] == "waiting"


def test_a_wrong_url_does_not_fail_the_run(pulse):
    notify(pulse, notify=[f"mailtos://rep:{SECRET}@", f"tgram://{SECRET}"])
    publish(pulse, 1, alert(1))
    said = pulse("run")
    assert "Nothing new" in said and "URL 1" in said and "URL 2" in said and SECRET not in said
    assert SECRET not in pulse("alerts", "--send", code=1)
    (pulse.home / "pulse.yml").write_text(f"notify: [json://rep:{SECRET}@host\nnotify_limit: 3\n")
    said = pulse("run", code=1)
    assert "pulse.yml: not readable as YAML, see line 2" in said and SECRET not in said


def test_a_token_in_the_place_of_the_host_is_not_shown(pulse):
    notify(pulse, notify=[f"ntfy://{SECRET}?retry=0&cto=0.01&rto=0.01"])
    told = alerts.after_run(publish(pulse, 1, alert(1)))
    assert "(ntfy://...)" in told.problems[0]


def test_a_view_of_another_day_sends_nothing(pulse, sink):
    notify(pulse, notify=[sink.url()])
    workspace = publish(pulse, 1, alert(1), asked="2026-03-30")
    assert "Nothing new" in pulse("run", "--as-of", "2026-03-30")
    assert alerts.after_run(workspace) == alerts.Delivery(0, [])
    publish(pulse, 2, alert(1))
    sink.status = 503
    alerts.after_run(workspace)
    publish(pulse, 3, alert(1), asked="2026-03-30")
    sink.status = 200
    pulse("run", "--as-of", "2026-03-30")
    assert sink.titles() == []


def test_a_rollback_is_no_news(pulse, sink):
    notify(pulse, notify=[sink.url()])
    publish(pulse, 1, alert(1))
    workspace = publish(pulse, 2, alert(2))
    alerts.after_run(workspace)
    sink.titles()
    pulse("rollback")
    pulse("alerts", "--send")
    assert sink.titles() == []


def test_the_limit_cuts_the_long_groups(pulse, sink):
    notify(pulse, notify=[sink.url()], notify_limit=4)
    many = [alert(number, kind="newly_lost") for number in range(10, 30)]
    alerts.after_run(publish(pulse, 1, *many, alert(1, kind="fulfilment"), alert(2, kind="fulfilment")))
    message = sink.taken[0]["message"]
    assert message.startswith("Fulfilment (2)\n- Toko 1 ") and "Newly lost (20)\n- Toko 10 " in message
    assert message.count("\n- ") == 4 and message.endswith("\nand 18 more: pulse alerts")
    assert sink.titles() == ["Outlet Pulse 2026-03-31: 22 new for Rep r1"]


def test_names_are_text_on_one_line(pulse, sink):
    notify(pulse, notify=[sink.url()])
    odd = alert(1, owner_name="Agus\r\nBcc: all", subject_name="[/b] Toko", message="[red]<b>*x*</b>\n- forged")
    alerts.after_run(publish(pulse, 1, odd))
    assert sink.taken[0]["title"] == "Outlet Pulse 2026-03-31: 1 new for Agus Bcc: all"
    assert sink.taken[0]["message"] == "Newly lost (1)\n- [red]<b>*x*</b> - forged"
    assert "[/b] Toko" in pulse("alerts")


def test_without_a_receiver_alerts_are_kept_and_nothing_fails(pulse, sink):
    workspace = publish(pulse, 1, alert(1), alert(2))
    said = pulse("run")
    assert "Alerts" not in said
    assert stat.S_IMODE(workspace.alerts.stat().st_mode) == 0o600
    assert "waiting" in pulse("alerts") and "Nobody is told" in pulse("alerts", "--send")
    publish(pulse, 2, alert(2))
    notify(pulse, notify=[sink.url()])
    alerts.after_run(workspace)
    assert sink.titles() == ["Outlet Pulse 2026-03-31: 1 new for Rep r1"]


def test_nothing_published(pulse):
    assert "No alerts are open" in pulse("alerts", "--send")
    assert pulse.json("alerts")["alerts"] == []
    assert not (pulse.home / "alerts.sqlite").exists()


def test_killed_between_the_receiver_and_the_store(pulse, sink):
    notify(pulse, notify=[sink.url()])
    publish(pulse, 1, alert(1))
    sender = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "alerts", "--send"],
        cwd=ROOT,
        env={**os.environ, "PULSE_HOME": str(pulse.home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    sink.before_answer = lambda: sender.send_signal(signal.SIGKILL)
    assert sender.wait(60) == -signal.SIGKILL
    sink.before_answer = lambda: None
    sink.titles()
    assert "Digests of alerts sent: 1" in pulse("run")
    assert sink.titles() == ["Outlet Pulse 2026-03-31: 1 new for Rep r1"]
    assert "sent" not in pulse("run")


@pytest.mark.fault("A1")
def test_a_receiver_that_hangs_holds_up_nobody(pulse, sink):
    release = threading.Event()
    sink.before_answer = lambda: release.wait(60)
    other = Sink()
    notify(pulse, notify=[f"{sink.url()}&rto=60", other.url()])
    publish(pulse, 1, *(alert(number, f"r{number}") for number in range(10)))
    start = time.monotonic()
    done = python(pulse, "from orchestration.alerts import channels; channels.DIGEST_SECONDS = 0.5", "alerts", "--send")
    assert time.monotonic() - start < 30
    release.set()
    assert done.returncode == 1 and "URL 1 (json://127.0.0.1): no answer in time" in done.stderr
    assert len(other.titles()) == 10
    other.stop()


def test_the_seconds_of_a_run_end(pulse, sink):
    notify(pulse, notify=[sink.url()])
    workspace = publish(pulse, 1, alert(1), alert(2, "r2"))
    alerts.follow(workspace)
    told = alerts.deliver(workspace, 0)
    assert told.sent == 0 and "not sent within 0 seconds" in told.problems[0]
    assert alerts.deliver(workspace, 60).sent == 2


def test_receivers_are_no_reason_to_build_anew(pulse, sink):
    workspace = publish(pulse, 1)
    before = Inputs.now(workspace)
    notify(pulse, notify=[sink.url()], notify_owners={"r1": sink.url()}, notify_limit=3)
    assert Inputs.now(workspace) == before
    notify(pulse, reporting_currency="USD")
    assert Inputs.now(workspace) != before


def test_a_run_with_nothing_waiting_loads_nothing_and_is_quick(pulse, sink):
    notify(pulse, notify=[sink.url()])
    alerts.after_run(publish(pulse, 1, alert(1)))
    before = os.times()
    done = python(pulse, "import atexit; atexit.register(lambda: print(*sys.modules))", "run")
    worked = os.times().children_user - before.children_user + os.times().children_system - before.children_system
    assert done.returncode == 0 and "Nothing new" in done.stdout
    assert not {"apprise", "dagster", "dbt", "great_expectations"} & set(done.stdout.split())
    assert worked < 2  # seconds of its own: the machine may be busy with others


def test_the_store_forgets_what_is_over_and_told(pulse, sink):
    notify(pulse, notify=[sink.url()])
    workspace = publish(pulse, 1, alert(1))
    alerts.after_run(workspace)
    publish(pulse, 2)
    alerts.after_run(workspace)
    with AlertStore(workspace) as store:
        for table in ("alerts", "told"):
            assert store._store.execute(f"select count(*) from {table}").fetchone()[0] == 0
