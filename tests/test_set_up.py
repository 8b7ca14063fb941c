"""What `make setup` installs with: uv is told what pip knows, pip goes on where uv fails, and both want hashes."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from requirements import install
from tests.conftest import ROOT

UV = ROOT / ".venv" / "uv" / "bin" / "uv"
LIKE_PIP = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_PYTHON_DOWNLOADS": "never"}


def test_the_last_section_of_pips_configuration_wins():
    listed = """\
:env:.timeout='7'
:env:.find-links=''
global.default-timeout='180'
global.find-links='/a\\n/b'
global.index-url='https://index.example/simple'
install.index-url='https://other.example/simple'
download.proxy='proxy.example:1'
WARNING: not a setting
"""
    assert install.pip_settings(listed) == {
        "timeout": "7",
        "find-links": "/a\n/b",
        "index-url": "https://other.example/simple",
    }


@pytest.mark.parametrize(
    ("pip", "given", "told"),
    [
        ({}, {}, {}),
        ({"index-url": "https://i/simple"}, {}, {"UV_DEFAULT_INDEX": "https://i/simple"}),
        ({"index-url": "https://i/simple"}, {"UV_DEFAULT_INDEX": "x"}, {"UV_DEFAULT_INDEX": "x"}),
        ({"index-url": "https://i/simple"}, {"UV_INDEX_URL": "x"}, {"UV_INDEX_URL": "x"}),
        ({"extra-index-url": "file:///no/a\nhttps://b"}, {}, {"UV_INDEX": "file:///no/a https://b"}),
        ({"trusted-host": "a\nb:8080"}, {}, {"UV_INSECURE_HOST": "a b:8080"}),
        ({"timeout": "7.4"}, {}, {"UV_HTTP_TIMEOUT": "7"}),
        ({"keyring-provider": "subprocess"}, {}, {"UV_KEYRING_PROVIDER": "subprocess"}),
        ({"keyring-provider": "auto"}, {}, {}),
        ({"use-feature": "fast-deps truststore"}, {}, {"UV_SYSTEM_CERTS": "1"}),
        ({"cert": "/c.pem"}, {"SSL_CERT_FILE": "/other"}, {"SSL_CERT_FILE": "/c.pem"}),
        ({}, {"REQUESTS_CA_BUNDLE": "/c"}, {"REQUESTS_CA_BUNDLE": "/c", "SSL_CERT_FILE": "/c"}),
        ({"client-cert": "/k.pem"}, {}, {"SSL_CLIENT_CERT": "/k.pem"}),
        ({}, {"UV_NO_VERIFY_HASHES": "1", "UV_REQUIRE_HASHES": "0"}, {}),
        ({"constraint": "/nowhere", "log": "/l"}, {}, {}),
    ],
)
def test_uv_is_told_what_pip_knows(pip, given, told):
    assert install.uv_settings(pip, given) == ({**LIKE_PIP, **told}, [])


def test_a_proxy_counts_for_both_ways_of_writing_it():
    environment, _ = install.uv_settings({"proxy": "proxy.example:3128"}, {"https_proxy": "http://other:1"})
    proxies = {name: value for name, value in environment.items() if name.lower().endswith("_proxy")}
    assert len(proxies) == 6 and set(proxies.values()) == {"http://proxy.example:3128"}


def test_a_folder_of_certificates_is_one_to_uv(tmp_path):
    environment, _ = install.uv_settings({"cert": str(tmp_path)}, {})
    assert environment["SSL_CERT_DIR"] == str(tmp_path) and "SSL_CERT_FILE" not in environment


def test_folders_that_are_not_there_are_left_out(tmp_path):
    links = f"{tmp_path} /no/where file:///no/where {tmp_path.as_uri()} https://links.example/x"
    environment, _ = install.uv_settings({"find-links": links}, {})
    assert environment["UV_FIND_LINKS"] == f"{tmp_path},{tmp_path.as_uri()},https://links.example/x"


@pytest.mark.parametrize(("said", "more"), [("true", ["--no-index"]), ("1", ["--no-index"]), ("no", []), ("0", [])])
def test_without_an_index_uv_has_none_either(said, more):
    assert install.uv_settings({"no-index": said}, {})[1] == more


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Path:
    """A checkout of which only the script is there, with an environment, and a wheel that no index has."""
    root = tmp_path_factory.mktemp("set_up") / "checkout"
    (root / "requirements").mkdir(parents=True)
    shutil.copy(ROOT / "requirements" / "install.py", root / "requirements")
    (root / "requirements" / "uv.lock").write_text((ROOT / "requirements" / "uv.lock").read_text())
    subprocess.run([sys.executable, "-m", "venv", root / ".venv"], check=True)
    wheel(root / "wheels")
    return root


@pytest.fixture
def checkout(empty) -> Path:
    """The same, with nothing installed."""
    shutil.rmtree(empty / ".venv" / "uv", ignore_errors=True)
    for path in (empty / ".venv" / "lib" / "python3.11" / "site-packages").glob("pulse_tiny*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return empty


def wheel(folder: Path) -> None:
    """The smallest package there can be."""
    files = {
        "pulse_tiny.py": "print('tiny')\n",
        "pulse_tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: pulse-tiny\nVersion: 1.0\n",
        "pulse_tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    folder.mkdir()
    with zipfile.ZipFile(folder / "pulse_tiny-1.0-py3-none-any.whl", "w") as out:
        for name, text in files.items():
            out.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{name},sha256={digest},{len(text)}\n"
        out.writestr("pulse_tiny-1.0.dist-info/RECORD", f"{record}pulse_tiny-1.0.dist-info/RECORD,,\n")


def lock(checkout: Path, line: str = "pulse-tiny==1.0 --hash=sha256:{}", name: str = "test") -> None:
    digest = hashlib.sha256(next((checkout / "wheels").iterdir()).read_bytes()).hexdigest()
    (checkout / "requirements" / f"{name}.lock").write_text(line.format(digest) + "\n")


def set_up(checkout: Path, *arguments: str, code: int = 0) -> str:
    """What the script says where pip knows nothing but the folder with the wheel, and one that is not there."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    environment |= {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": f"{checkout}/wheels /no/where",
    }
    done = subprocess.run(
        [sys.executable, checkout / "requirements" / "install.py", *arguments],
        env={**environment, "UV_CACHE_DIR": str(checkout / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == code, done.stdout
    return done.stdout


def is_installed(checkout: Path) -> bool:
    done = subprocess.run([checkout / ".venv/bin/python", "-c", "import pulse_tiny"], capture_output=True, text=True)
    return done.stdout == "tiny\n"


def fake_uv(checkout: Path, rest: str) -> None:
    """A uv of the right version that does something else."""
    path = checkout / ".venv" / "uv" / "bin" / "uv"
    path.parent.mkdir(parents=True)
    (_, version), *_ = install.locked(ROOT / "requirements" / "uv.lock")
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "uv {version} (x)" && exit\n{rest}\n')
    path.chmod(0o755)


def real_uv(checkout: Path) -> None:
    if not UV.exists():
        pytest.skip("uv was not to be had on this machine")
    (checkout / ".venv" / "uv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "uv" / "bin" / "uv").symlink_to(UV)


def test_uv_installs_what_the_lock_names(checkout):
    real_uv(checkout)
    lock(checkout)
    assert re.fullmatch(r"set-up: test.lock, 1 packages, by uv \.\.\. [\d.]+ s\n", set_up(checkout, "test"))
    assert is_installed(checkout)


def test_where_uv_cannot_be_had_pip_installs_and_says_so(checkout):
    lock(checkout)
    said = set_up(checkout, "test").splitlines()
    assert re.fullmatch(r"set-up: uv [\d.]+ \.\.\.", said[0])
    assert re.fullmatch(r"set-up: uv cannot be had \(ERROR: .*\); pip goes on, and takes longer", said[1])
    assert re.fullmatch(r"set-up: test.lock, 1 packages, by pip \.\.\. [\d.]+ s", said[2]) and len(said) == 3
    assert is_installed(checkout)


def test_where_uv_fails_pip_goes_on_and_says_so(checkout):
    fake_uv(checkout, "echo 'error: no such thing' >&2; echo '  cause: the moon' >&2; exit 2")
    lock(checkout)
    lock(checkout, name="bench")
    said = set_up(checkout, "test", "bench").splitlines()
    failed = (
        "set-up: test.lock, 1 packages: uv failed (error: no such thing cause: the moon); pip goes on, and takes longer"
    )
    assert said[1] == failed and len(said) == 4  # uv is not asked for the second lock
    assert "by pip" in said[2] and "bench.lock, 1 packages, by pip" in said[3]
    assert is_installed(checkout)


@pytest.mark.parametrize(
    "line", ["pulse-tiny==1.0", "pulse-tiny==1.0 --hash=sha256:" + "0" * 64], ids=["none", "wrong"]
)
def test_without_the_right_hash_neither_installs(checkout, line):
    real_uv(checkout)
    lock(checkout, line)
    said = set_up(checkout, "test", code=1).splitlines()
    assert re.match(r"set-up: test.lock, 1 packages: uv failed \(.*hash", said[1], re.IGNORECASE)
    assert re.match(r"set-up: test.lock, 1 packages: ERROR: .*hash.*`.*pip config list`", said[-1], re.IGNORECASE)
    assert len(said) == 4 and not is_installed(checkout)


def test_the_checkout_itself_goes_with_run_alone(checkout):
    fake_uv(checkout, f'echo "$@" >> {checkout}/called; env | grep ^UV_ >> {checkout}/called')
    lock(checkout)
    lock(checkout, name="run")
    set_up(checkout, "run", "test")
    called = (checkout / "called").read_text()
    first, second, third = re.findall(r"^pip install (.*)$", called, re.MULTILINE)
    assert f"--require-hashes --requirement {checkout}/requirements/run.lock" in first and "--no-index" in first
    assert f"--no-deps --no-build-isolation --editable {checkout}" in second and "--require-hashes" not in second
    assert f"--require-hashes --requirement {checkout}/requirements/test.lock" in third
    assert f"UV_FIND_LINKS={checkout}/wheels\n" in called


def test_a_lock_that_there_is_not_is_a_wrong_question(checkout):
    lock(checkout, name="run")
    lock(checkout)
    assert "set-up: expected some of " in (said := set_up(checkout, "tests", code=2)) and "found tests" in said


def test_another_python_is_refused_in_a_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    assert install.main(["run"]) == 1
    assert capsys.readouterr().err == (
        "set-up: Python: expected 3.11, found 3.13; name one: make run PYTHON=/path/to/python3.11\n"
    )


def test_all_locks_agree_on_what_they_share():
    pins: dict[str, str] = {}
    for path in sorted((ROOT / "requirements").glob("*.lock")):
        text = re.sub(r"\n *#.*", "", path.read_text())
        for name, pin in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?(==.*(?:\n .*)*)", text, re.MULTILINE):
            assert pins.setdefault(name, pin) == pin, f"{name} in {path.name}"
    assert len(pins) > 200


def test_every_target_installs_what_it_starts():
    makefile = (ROOT / "Makefile").read_text()
    found = re.findall(r"^([a-z-]+):(.*?)## .*\n((?:\t.*\n)*)", makefile, re.MULTILINE)
    rules = {name: (needs.strip(), recipe) for name, needs, recipe in found}
    assert {"run", "test", "lint", "dashboard"} <= rules.keys()
    for name, (needs, recipe) in rules.items():
        if "pytest" in recipe:
            assert "$(TEST)" in needs, name
        elif ".venv/bin" in recipe:
            assert needs, name
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony and set(phony[1].split()) == rules.keys()
