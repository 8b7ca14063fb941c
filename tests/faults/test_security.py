"""The Security section of the fault matrix: what must not be read, written, said, opened or kept.

Tested elsewhere, and not again here: cells of exported lists that are no formulas, masked contacts, their log, and the
0600 of an export in tests/test_export.py; passwords of receivers in pulse.yml, what is said of them, and the 0600 of
the alert store in tests/test_alerts.py; a subquery on a file, and names of files that are patterns, in
tests/test_landing.py; an audit that audited nothing in tests/test_audit.py.
"""

import csv
import glob
import io
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
import yaml

from orchestration.landing.land import land
from orchestration.project import contract
from orchestration.project.suites import LAYERS, load_suites
from orchestration.publishing.readers import reader
from orchestration.reports.export import export
from orchestration.workspace.errors import PulseError, printable
from orchestration.workspace.layout import Workspace
from tests.conftest import END, FEED, ROOT, Pulse, order, outlet
from tests.test_export import only, published, rows_of

pytestmark = pytest.mark.fault("S")
PASSWD = Path("/etc/passwd").read_text()
CONTACTS = {"contact_name": "name", "contact_phone": "phone", "contact_email": "mail"}
PERSON = ("+40 799 424", "zebulon")  # in each telephone number, and in each name and address
TOKEN = "xyzzy-plugh"
HOSTILE = (
    "'",
    '"',
    "';",
    "'); drop table judged; --",
    "$1 ? %s :name",
    "{} {0} {order_id} {{ 1 }} {% raw %}",
    "\\",
    "* [a-z] /*",
    "[red]x[/red]",
    "店 é",
)
OUTLETS = "outlet_id,kind,beat_id,opened_on,closed_on,name,phone,mail\n"


def feed(workspace: Workspace, file: str = "outlets.csv", settings: dict | None = None, **columns) -> None:
    """The feed of the tests with other settings, other columns of its outlets, and files of this name."""
    plain = yaml.safe_load(FEED.format(name="shop"))
    plain["entities"]["outlets"]["files"] = file
    plain["entities"]["outlets"]["columns"].update(columns)
    workspace.feeds.mkdir(parents=True, exist_ok=True)
    (workspace.feeds / "shop.yml").write_text(yaml.safe_dump({**plain, **(settings or {})}))


def landed(workspace: Workspace, data: str | bytes, file: str = "outlets.csv"):
    path = workspace.landing / "shop" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    (report,) = land(workspace).files
    return report


def lake(workspace: Workspace, columns: str) -> list[tuple]:
    with duckdb.connect() as connection:
        files = f"{workspace.lake}/outlets/shop-*.parquet"
        return connection.execute(f"select {columns} from read_parquet('{files}') order by _row_number").fetchall()


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


# A reader can read the marts and nothing else.


@pytest.fixture(scope="module")
def marts(tmp_path_factory) -> Workspace:
    workspace = published(tmp_path_factory.mktemp("readers") / "home")
    (workspace.lake / "outlets").mkdir()
    duckdb.sql("select 1 as a").write_parquet(str(workspace.lake / "outlets" / "outlets.parquet"))
    (workspace.home / "pulse.yml").write_text("notify: []")
    return workspace


def asked(workspace: Workspace, sql: str) -> list[tuple]:
    generation = (workspace.published / "current").resolve()
    with reader(workspace) as connection:
        return connection.execute(sql.replace("HOME", str(workspace.home)).replace("GEN", str(generation))).fetchall()


def test_a_reader_reads_the_marts(marts):
    assert asked(marts, "select contact_name from outlet_contacts order by outlet_id") == [("Ion Ene",), ("=ene",)]


@pytest.mark.parametrize(
    "sql",
    [
        "from read_csv('/etc/passwd')",
        "from read_text('/etc/passwd')",
        "from read_blob('HOME/warehouse.duckdb')",
        "from read_parquet('HOME/lake/outlets/*.parquet')",
        "from 'HOME/lake/outlets/outlets.parquet'",
        "from read_text('GEN/../../../pulse.yml')",
        "from read_text('HOME/published/../pulse.yml')",
        "from glob('/etc/*')",
        "from glob('HOME/lake/**')",
        "from sniff_csv('/etc/passwd')",
        "from read_csv('https://example.org/list.csv')",
        "from sqlite_scan('HOME/lake/ledger.sqlite', 'files')",
        "attach 'HOME/warehouse.duckdb' as warehouse (read_only)",
        "attach 'HOME/lake/ledger.sqlite' as ledger (type sqlite)",
        "create table mine as select 1",
        "create or replace view outlet_contacts as select 1",
        "drop view outlet_contacts",
        "copy outlet_contacts to 'HOME/mine.csv'",
        "copy outlet_contacts to 'HOME/published/mine.csv'",
        "export database 'HOME/mine'",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "set allowed_paths = ['/etc/passwd']",
        "set lock_configuration = false",
        "reset lock_configuration",
        "reset enable_external_access",
        "set memory_limit = '900GB'",
        "set temp_directory = '/tmp'",
        "install httpfs",
        "load httpfs",
        "load 'HOME/mine.duckdb_extension'",
        "install spatial from community",
        "create secret (type http)",
    ],
)
def test_a_reader_gets_at_nothing_else(marts, sql):
    with pytest.raises(duckdb.Error) as refused:
        asked(marts, sql)
    # for the right reason: not because the test asks for what is not there
    words = "disabled (by|through) configuration|configuration has been locked|attached in read-only"
    assert re.search(words, str(refused.value)), refused.value


@pytest.mark.parametrize(
    "target", ["GEN/mine.parquet", "GEN/dim_reps.parquet", "HOME/published/history/mine.parquet", "HOME/mine.parquet"]
)
def test_a_reader_writes_not_even_among_the_marts(marts, target):
    (marts.published / "history").mkdir(exist_ok=True)
    with pytest.raises(duckdb.Error):
        asked(marts, f"copy (select 'forged' as rep_id) to '{target}'")


def test_what_is_published_has_no_write_bit(marts):
    """What a statement may read by its very name it may also write to: the file's mode keeps that from all but root."""
    generation = (marts.published / "current").resolve()
    assert [path for path in generation.rglob("*.parquet") if path.stat().st_mode & 0o222] == []


# What a feed says is data.


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_feed_says_is_data(workspace, text, kind):
    """As description, name of the file, source column, null word, key and value of a map, constant and default."""
    source, file = f"column {text}", f"of {text.replace('/', '')}.{kind}"
    columns = {
        "outlet_id": source,
        "channel": {"column": "kind", "map": {text: f"mapped {text}"}},
        "beat_id": {"column": "beat", "default": f"default {text}"},
        "territory": {"value": f"constant {text}"},
        "address": "address",
    }
    settings = {"description": text, "format": {"nulls": [f"null {text}"]}}
    feed(workspace, "of *", settings, **columns)
    row = {source: f"o1 {text}", "kind": text, "beat": "", "address": f"null {text}", "opened_on": "", "closed_on": ""}
    if kind == "jsonl":
        data = (json.dumps(row) + "\n").encode()
    elif kind == "csv":
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([list(row), list(row.values())])
        data = out.getvalue().encode()
    else:
        path = workspace.home / "made.parquet"
        quoted = ['"' + column.replace('"', '""') + '"' for column in row]
        with duckdb.connect() as connection:
            connection.execute(f"create table made ({', '.join(f'{column} varchar' for column in quoted)})")
            connection.execute("insert into made values (?, ?, ?, ?, ?, ?)", list(row.values()))
            connection.execute(f"copy made to '{path}'")
        data = path.read_bytes()
    report = landed(workspace, data, file)
    assert (report.status, report.accepted, report.reason) == ("landed", 1, "")
    assert lake(workspace, "outlet_id, channel, beat_id, territory, address, _file_name") == [
        (f"o1 {text}", f"mapped {text}", f"default {text}", f"constant {text}", None, printable(file))
    ]


@pytest.mark.parametrize(
    "setting",
    [{"date": "{}'); --"}, {"timestamp": "'; {0}"}, {"nulls": ["\0'"]}, {"quote": "'"}],
    ids=str,
)
def test_a_format_is_data(workspace, setting):
    feed(workspace, settings={"format": setting})
    report = landed(workspace, "outlet_id,channel,beat_id,opened_on,closed_on\no1,x,b,2020-01-01,\n")
    assert report.status == "refused" or report.accepted + report.quarantined == 1
    assert (workspace.lake / "outlets" / "_empty.parquet").exists() and "\n" not in report.reason


def test_a_pattern_that_is_none_stops_before_anything_is_read(workspace):
    feed(workspace, settings={"format": {"date": "%Q' {} $1"}})
    with pytest.raises(PulseError, match="expected such as %d"):
        landed(workspace, OUTLETS + "o1,x,b,,,,,\n")


@pytest.mark.parametrize(
    "expression",
    [
        "kind; select 1",
        "kind); drop table judged; select (1",
        "kind), (select 2",
        "1) from read_text('/etc/passwd') as t(--",
        "1) union all select (content) from read_text('/etc/passwd'",
        "kind) as x where (true",
        "kind /*",
        "$1",
        "?",
        "getenv('HOME')",
        "(select content from read_text('/etc/passwd'))",
        "(select string_agg(content) from read_blob('/etc/passwd'))",
        "(select string_agg(column0) from read_csv('/etc/passwd', header = false))",
        "(select string_agg(file) from glob('/etc/*'))",
        "(select any_value(delimiter) from sniff_csv('/etc/passwd'))",
        "(select content from read_text('HOME/pulse.yml'))",
        "(select content from read_text('HOME/lake/../pulse.yml'))",
        "(select any_value(x) from 'https://example.org/x.parquet' as t(x))",
        "(select any_value(name) from duckdb_secrets())",
        "(select any_value(path) from sqlite_scan('HOME/lake/ledger.sqlite', 'files'))",
        "(select any_value(path) from query('from read_text(''/etc/passwd'')'))",
    ],
)
def test_an_expression_is_one_expression_and_reaches_nothing(workspace, expression):
    feed(workspace, channel={"sql": expression.replace("HOME", str(workspace.home))})
    (workspace.home / "pulse.yml").write_text(f"notify: [{TOKEN}]\n")
    report = landed(workspace, OUTLETS + "o1,x,b,,,,,\n")
    assert report.status in ("refused", "unreadable") and report.accepted == 0
    assert "\n" not in report.reason and TOKEN not in report.reason
    assert not any(line in report.reason for line in PASSWD.splitlines())


@pytest.mark.parametrize(
    "expression",
    [
        "(select content from read_blob('LAKE/ledger.sqlite'))",
        "(select string_agg(contact_phone) from read_parquet('LAKE/outlets/*.parquet'))",
        "(select string_agg(file) from glob('LAKE/**'))",
    ],
)
def test_an_expression_does_not_reach_the_lake(workspace, expression):
    feed(workspace, channel={"sql": expression.replace("LAKE", str(workspace.lake))})
    report = landed(workspace, OUTLETS + "o1,x,b,,,,,\n")
    assert report.status in ("refused", "unreadable")


# Contacts are in the lake, the warehouse and their own mart, and nowhere else.


@pytest.mark.parametrize(
    ("data", "columns"),
    [
        ("o1,x,b,2026-01-01,,zebulon,+40 799 424,zebulon@shop.example\n" * 2, {}),
        ("+40 799 424,+40 799 424,zebulon,zebulon\no1,x,b,y\n", {}),
        (OUTLETS + "o1,x,b,,,zebulon,+40 799 424,\n", {"contact_phone": {"sql": "cast(phone as bigint)"}}),
        (OUTLETS + "o1,x,b,,,zebulon,+40 799 424,\n", {"contact_phone": {"sql": "strptime(phone, '%Y')"}}),
        (OUTLETS + "o1,x,b,,,zebulon,+40 799 424,\n", {"contact_name": {"sql": "error(name)"}}),
    ],
    ids=["no header", "no header, a value twice", "cast", "strptime", "error"],
)
def test_a_refused_file_does_not_show_contacts(workspace, data, columns):
    feed(workspace, **{"channel": "kind", **CONTACTS, **columns})
    report = landed(workspace, data)
    assert report.status == "refused"
    assert not any(person in report.reason for person in PERSON)


def test_no_check_shows_a_contact():
    """Samples go to Dagster's record and to whoever looks at a failing check."""
    columns = [column for entity in contract.load().values() for column in entity.columns.values()]
    people = {column.name for column in columns if column.contact}
    assert people == set(CONTACTS)
    for expectation in (e for layer in LAYERS for e in load_suites(layer)):
        query = expectation.kwargs.get("unexpected_rows_query", "")
        asked_for = {*expectation.keys, *map(str, expectation.kwargs.values()), *re.findall(r"\w+", query)}
        assert not people & asked_for, expectation
        assert not re.search(r"select\s+(\w+\.)?\*", query) or "outlets" not in expectation.table, expectation


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> SimpleNamespace:
    """A shop with contacts in good, broken and failing rows, after one run; and what was said by then."""
    pulse = Pulse(tmp_path_factory.mktemp("security") / "workspace")
    hostile = " ".join(HOSTILE)
    named = {"outlet_name": {"column": "sign"}, "territory": {"value": hostile}, **CONTACTS}
    feed(Workspace(pulse.home), "outlets*.csv", {"description": hostile}, **named)
    people = [
        {"name": f"Zebulon {n}", "phone": f"{PERSON[0]} 2{n:02}", "mail": f"zebulon{n}@shop.example"} for n in range(40)
    ]
    # most have no name on their sign, which a check notices; a third is broken, which another one does
    rows = [{**outlet(n), "sign": "Toko" if n < 2 else "", **people[n]} for n in range(20)]
    broken = [{**outlet(n, opened_on="soon"), "sign": "", **people[n]} for n in range(20, 30)]
    pulse.deliver("shop", "outlets.csv", rows + broken)
    path = pulse.home / "landing" / "shop" / "outlets.csv"
    more = f"o30,x,b,,,,Zebulon,{PERSON[0]},zebulon@shop.example,and,more\no31,x,b,,,,Zebulon,{PERSON[0]},zeb"
    path.write_text(path.read_text() + more)  # too many columns, and a last line that is cut
    pulse.deliver("shop", "orders.csv", [order(n, n, END - timedelta(days=5 * n)) for n in range(20)])
    home = tmp_path_factory.mktemp("home")
    said = home / "said"
    notify = f"json://pulse:{TOKEN}@127.0.0.1:9/{TOKEN}?retry=0"
    run = pulse.start("run", said=said, PULSE_NOTIFY=notify, HOME=str(home))
    assert run.wait() == 3, run.said
    return SimpleNamespace(pulse=pulse, workspace=Workspace(pulse.home), home=home, said=run.said, hostile=hostile)


def persons(text: str | bytes) -> list[str]:
    """What of a person or of the password is in a text."""
    plain = (text.encode() if isinstance(text, str) else text).lower()
    return [needle for needle in (*PERSON, TOKEN) if needle.lower().encode() in plain]


def test_the_run_met_contacts_and_failing_checks(ran):
    """Else the tests below would find nothing, because there is nothing to find."""
    assert len(ran.pulse.ask("select * from outlet_contacts where contact_phone like ?", f"{PERSON[0]}%")) == 20
    with duckdb.connect() as connection:
        raw = connection.execute(f"select raw from read_parquet('{ran.workspace.lake}/quarantine/*')").fetchall()
    assert len(raw) == 12 and all(persons(text) for (text,) in raw)
    manifest = json.loads((ran.workspace.published / "current" / "manifest.json").read_text())
    failed = {check["name"] for check in manifest["checks"]["failed"]}
    assert {"outlets_are_mostly_named", "few_rows_of_a_file_are_quarantined"} <= failed
    assert ran.pulse.ask("select distinct territory from dim_outlets") == [(ran.hostile,)]
    assert "PULSE_NOTIFY, URL 1 (json://127.0.0.1)" in ran.said


@pytest.mark.parametrize(
    "command",
    [
        ("quarantine", "--rows", "99"),
        ("quarantine", "--json"),
        ("status",),
        ("status", "--json"),
        ("doctor", "LANDED", "--feed", "shop"),
        ("explain", "o1", END.isoformat()),
        ("alerts",),
    ],
    ids=" ".join,
)
def test_no_command_says_a_contact(ran, command):
    file = str(ran.workspace.landing / "shop" / "outlets.csv")
    said = ran.pulse(*(file if word == "LANDED" else word for word in command), code=(0, 3))
    assert len(said) > 20 and persons(said) == []
    assert persons(ran.said) == []


def test_no_file_besides_lake_warehouse_and_their_own_mart_holds_a_contact(ran):
    ours = [path for path in ran.pulse.home.rglob("*") if path.is_file() and not path.is_symlink()]
    for place in ("dagster/**/*.db", "dbt/parsed/*.json", "dbt/**/*.log", "published/**/manifest.json"):
        assert list(ran.pulse.home.glob(place)), f"{place}: nothing to look into"
    allowed = ("landing/", "lake/", "warehouse.duckdb")
    holding = []
    for path in ours:
        place = str(path.relative_to(ran.pulse.home))
        if not place.startswith(allowed) and path.suffix != ".parquet" and persons(path.read_bytes()):
            holding.append(place)
    assert holding == []
    # Parquet is compressed: its rows are asked
    names = ran.pulse.ask("select view_name from duckdb_views() where not internal")
    views = {view: ran.pulse.ask(f'select to_json(mart)::varchar from "{view}" as mart') for (view,) in names}
    assert [view for view, rows in views.items() if any(persons(row) for (row,) in rows)] == ["outlet_contacts"]
    assert len(views) > 30
    parquet = [path for path in ours if path.suffix == ".parquet" and not path.is_relative_to(ran.workspace.lake)]
    assert all(path.is_relative_to(ran.workspace.published) for path in parquet)


@pytest.mark.parametrize("to", ["csv", "crm"])
def test_no_exported_list_holds_a_contact_unasked(ran, tmp_path, to):
    for listed in ("outlet_contacts", "dim_outlets", "rpt_revival_worklist", "fct_outlet_silence"):
        path = only(export(ran.workspace, listed, to, out=tmp_path))
        assert rows_of(path) and persons(path.read_bytes()) == [], listed
    ran.pulse("export", "outlet_contacts", "--to", to, "--unmask", "--out", str(tmp_path))
    (path,) = tmp_path.glob("*_unmasked.*")
    assert persons(path.read_bytes()) == list(PERSON)


def test_no_extension_was_fetched(ran):
    assert [path for path in ran.home.rglob("*") if "extension" in str(path)] == []


def test_others_read_and_write_nothing(ran):
    """What the user put there, feeds and deliveries, has the user's modes."""
    theirs = (ran.workspace.feeds, ran.workspace.landing)
    made = [p for p in ran.pulse.home.rglob("*") if not any(p.is_relative_to(t) for t in theirs) and not p.is_symlink()]
    assert len(made) > 50
    assert [str(path) for path in made if path.stat().st_mode & stat.S_IRWXO] == []
    assert [str(path) for path in made if path.stat().st_mode & stat.S_IWGRP] == []
    for folder in (ran.workspace.lake, ran.workspace.dagster, ran.workspace.dbt):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_the_warehouse_is_for_its_owner(ran):
    assert stat.S_IMODE(ran.workspace.warehouse.stat().st_mode) == 0o600


# The UI has no login.


def processes(first: int) -> set[int]:
    """A process that leads a session, all that it started, and all that they started."""
    facts = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            fields = Path(path).read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        facts[int(path.split("/")[2])] = (int(fields[1]), int(fields[3]))
    found, more = set(), {first}
    while more:
        found |= more
        more = {pid for pid, (parent, session) in facts.items() if parent in found or session == first} - found
    return found


def listening(pids: set[int]) -> set[str]:
    """Address and port, in the words of /proc, of each TCP socket on which one of the processes listens."""
    sockets = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        lines = [line.split() for line in Path(table).read_text().splitlines()[1:]] if Path(table).exists() else []
        sockets |= {f"socket:[{line[9]}]": line[1] for line in lines if line[3] == "0A"}
    found = set()
    for descriptor in (link for pid in pids for link in glob.glob(f"/proc/{pid}/fd/*")):
        try:
            found.add(sockets.get(os.readlink(descriptor), ""))
        except OSError:
            continue
    return found - {""}


LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}


@pytest.mark.parametrize(("address", "ours"), [("127.0.0.1", True), ("::1", True), ("0.0.0.0", False), ("::", False)])
def test_a_listening_socket_is_found_with_its_address(address, ours):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as one:
        one.bind((address, 0))
        one.listen()
        port = f"{one.getsockname()[1]:04X}"
        (found,) = [place for place in listening({os.getpid()}) if place.endswith(f":{port}")]
    assert (found.split(":")[0] in LOOPBACK) is ours


@pytest.mark.long
def test_the_ui_listens_on_this_machine_only(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", "dev", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "PULSE_HOME": str(tmp_path / "workspace")},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    seen: set[str] = set()
    started = set()
    try:
        end = time.monotonic() + 90
        while time.monotonic() < end and not any(place.endswith(f":{port:04X}") for place in seen):
            assert server.poll() is None, log.read_text()
            time.sleep(0.5)
            started |= processes(server.pid)
            seen |= listening(started)
        time.sleep(2)  # what starts beside the web server
        started |= processes(server.pid)
        seen |= listening(started)
    finally:
        for pid in started | {server.pid}:
            try:
                # only what is still of this session: a number can be another's by now
                if os.getsid(pid) == server.pid:
                    os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        server.wait(10)
    assert f"{port:04X}" in {place.split(":")[1] for place in seen}, log.read_text()
    assert len(started) >= 3  # the command, the web server, the daemon
    assert {place.split(":")[0] for place in seen} <= LOOPBACK, seen


# Secrets by environment only, dependencies by hash.

# what looks like a secret and is none: file, kind, and a word of its line
EXAMPLES = {
    ("README.md", "Basic Auth Credentials", "user:password@"),
    ("tests/test_alerts.py", "Secret Keyword", "SECRET"),
}


def secrets_in(*files: Path) -> set[tuple[str, str, str]]:
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import default_settings

    with default_settings():
        found = SecretsCollection(root=str(ROOT))
        found.scan_files(*map(str, files))
    return {(name, secret.type, _line(name, secret.line_number)) for name, secret in found}


def _line(file: str, number: int) -> str:
    return (ROOT / file).read_text(encoding="utf-8").splitlines()[number - 1]


def test_the_scan_sees_a_secret(tmp_path):
    (tmp_path / "settings.py").write_text(f'key = "AKIA{"Z7" * 8}"\n')
    assert [kind for _, kind, _ in secrets_in(tmp_path / "settings.py")] == ["AWS Access Key"]


@pytest.mark.long
def test_no_secret_in_the_repository():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = [path for path in map(Path, listed.stdout.splitlines()) if (ROOT / path).is_file()]
    assert len(files) > 300
    found = secrets_in(*files)
    known = {
        secret for secret in found for file, kind, word in EXAMPLES if secret[:2] == (file, kind) and word in secret[2]
    }
    assert {secret[:2] for secret in found - known} == set()


LOCKS = [f"requirements/{path.name}" for path in sorted((ROOT / "requirements").glob("*.lock"))]


@pytest.mark.parametrize("file", [*LOCKS, "pyproject.toml"])
def test_no_address_of_a_download_in_what_names_the_dependencies(file):
    text = (ROOT / file).read_text()
    found = re.findall(r"https?:|git\+|@ *file:|index-url|find-links|trusted-host|pypi\.org|files\.pythonhosted", text)
    assert found == []


@pytest.mark.parametrize("file", LOCKS)
def test_each_dependency_has_its_version_and_a_hash(file):
    text = re.sub(r"^\s*#.*\n", "", (ROOT / file).read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip()]
    assert lines
    assert [line for line in lines if not re.match(r"[\w.\[\],-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []
