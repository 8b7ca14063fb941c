"""`make audit` fails on a vulnerability, and just as much where nothing was looked up; pip-audit is a stand-in."""

import json
import re
import sys
from pathlib import Path

import pytest

from tests import audit
from tests.audit import locked, main

LOCK = f"""\
agate==1.9.1 \\
    --hash=sha256:{"0" * 64}
    # via dbt-core
Typing_Extensions[more]==4.16.0 \\
    --hash=sha256:{"1" * 64}
"""
FINE = [
    {"name": "agate", "version": "1.9.1", "vulns": []},
    {"name": "typing-extensions", "version": "4.16.0", "vulns": []},
]
WEAK = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["1.9.2"], "description": "long"}
UNKNOWN = "Dependency not found on PyPI and could not be audited: agate (1.9.1)"


@pytest.fixture
def lock(tmp_path) -> Path:
    path = tmp_path / "requirements.lock"
    path.write_text(LOCK)
    return path


def stand_in(folder: Path, said: str, code: int = 0, error: str = "") -> tuple[str, ...]:
    """An executable that notes how it was called, and answers this."""
    path = folder / "pip_audit.py"
    path.write_text(
        "import sys, json\n"
        f"open({str(folder / 'called')!r}, 'w').write(json.dumps(sys.argv[1:]))\n"
        f"print({said!r}); print({error!r}, file=sys.stderr); sys.exit({code})\n"
    )
    return sys.executable, str(path)


def answer(dependencies: list) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_every_package_looked_up_and_none_vulnerable_is_fine(lock, tmp_path, capsys):
    assert main([lock], stand_in(tmp_path, answer(FINE), error="No known vulnerabilities found")) == 0
    assert capsys.readouterr().out == "audit: 2 packages looked up, no known vulnerability\n"
    called = json.loads((tmp_path / "called").read_text())
    assert called[-2:] == ["--requirement", str(lock)] and {"--require-hashes", "--disable-pip"} <= set(called)


def test_a_vulnerability_is_a_line_and_a_failure(lock, tmp_path, capsys):
    found = [{**FINE[0], "vulns": [WEAK, {**WEAK, "id": "PYSEC-2026-2", "aliases": [], "fix_versions": []}]}, FINE[1]]
    assert main([lock], stand_in(tmp_path, answer(found), code=1)) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "agate 1.9.1: PYSEC-2026-1 CVE-2026-1; fixed in 1.9.2",
        "agate 1.9.1: PYSEC-2026-2; fixed in no version yet",
    ]
    assert said.err == "audit: vulnerable: 1 of 2 packages\n"


@pytest.mark.parametrize(
    ("said", "code", "error", "words"),
    [
        (
            answer([{"name": one["name"], "skip_reason": UNKNOWN} for one in FINE]),
            0,
            "No known",
            f"0 of 2 .* {UNKNOWN[:30]}",
        ),
        (answer([]), 0, "", "0 of 2 packages were looked up; not agate 1.9.1: it does not say why"),
        (answer(FINE[:1]), 0, "", "1 of 2 packages were looked up; not typing-extensions 4.16.0"),
        (answer([{**FINE[0], "version": "1.9.0"}, FINE[1]]), 0, "", "1 of 2 packages"),
        (answer(FINE), 1, "", "ended 1 and names no vulnerability"),
        (
            "",
            1,
            "Traceback ...\nNameResolutionError: api.osv.dev",
            "ended 1 without a result: NameResolutionError: api",
        ),
        ("", 0, "", "ended 0 without a result: it says nothing"),
        ("[]", 0, "", "ended 0 without a result"),
        ('{"dependencies": [{"vulns": []}]}', 0, "", "ended 0 without a result"),
    ],
    ids=["all skipped", "none", "fewer", "another version", "code alone", "network", "silence", "list", "nameless"],
)
def test_what_was_not_looked_up_is_a_failure_that_says_so(lock, tmp_path, capsys, said, code, error, words):
    assert main([lock], stand_in(tmp_path, said, code, error)) == 1
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith("audit: not audited: ") and told.err.count("\n") == 1
    assert re.search(words, told.err)


def test_an_empty_lock_is_no_audit(lock, tmp_path, capsys):
    lock.write_text("# nothing\n")
    assert main([lock], stand_in(tmp_path, answer([]))) == 1
    assert "names no package" in capsys.readouterr().err


@pytest.mark.parametrize("command", [("/nowhere/pip-audit",), (sys.executable, "-c", "import time; time.sleep(60)")])
def test_a_tool_that_is_not_there_or_hangs_is_no_audit(lock, capsys, monkeypatch, command):
    monkeypatch.setattr(audit, "SECONDS", 0.5)
    assert main([lock], command) == 1
    assert capsys.readouterr().err.startswith("audit: not audited: pip-audit did not run to its end: ")


def test_several_locks_are_one_audit(lock, tmp_path, capsys):
    more = tmp_path / "more.lock"
    more.write_text(LOCK.replace("agate==1.9.1", "babel==2.18.0"))
    found = [*FINE, {"name": "babel", "version": "2.18.0", "vulns": []}]
    assert main([lock, more], stand_in(tmp_path, answer(found))) == 0
    assert "3 packages looked up" in capsys.readouterr().out
    assert json.loads((tmp_path / "called").read_text())[-4:] == [
        "--requirement",
        str(lock),
        "--requirement",
        str(more),
    ]
    assert main([lock, more], stand_in(tmp_path, answer(FINE))) == 1
    assert "2 of 3 packages were looked up; not babel 2.18.0" in capsys.readouterr().err


def test_all_real_locks_are_audited_and_read_whole():
    assert {lock.stem for lock in audit.LOCKS} == {"run", "test", "metrics", "spark", "bench", "uv"}
    for lock in audit.LOCKS:
        assert len(locked(lock)) == lock.read_text().count("==") > (100 if lock.stem != "uv" else 0)
