"""Set-up: locks of this folder go into .venv, by uv where it can be had and by pip where not.

    python3.11 requirements/install.py run test     these locks; with `run` goes the checkout itself
    python3.11 requirements/install.py --uv ...     uv with pip's settings, such as `--uv pip compile`

Both take a file only if its hash is in the lock. Where packages come from is the machine's own setting, and that is
pip's: uv does not read it, so it is told. pip's `constraint` is left out: a lock leaves no version to choose.
"""

import ast
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlparse

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "uv" / "bin" / "uv"  # not among the packages of the project: none of them may need another uv
LOG = VENV / "set-up.log"
PIP = (str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input")
HASHES = "--require-hashes"
ALSO_CALLED = {"default-timeout": "timeout", "pypi-url": "index-url"}
YES = ("1", "true", "t", "yes", "y", "on")


class NotSetUp(Exception):
    """One line: what, where, what was found, what to do next."""


def pip_settings(listed: str) -> dict[str, str]:
    """What `pip install` goes by, of what `pip config list` prints: the last of these sections that says something."""
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listed.splitlines():
        key, equals, value = line.partition("=")
        section, dot, name = key.strip().rpartition(".")
        if equals and dot and section in found and (text := ast.literal_eval(value.strip()).strip()):
            found[section][ALSO_CALLED.get(name, name)] = text
    return {name: text for section in found.values() for name, text in section.items()}


def uv_settings(pip: Mapping[str, str], given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The environment and the arguments that make uv look where pip looks; uv's own settings of the machine stay."""
    own: dict[str, str] = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_PYTHON_DOWNLOADS": "never"}  # like pip
    if "index-url" in pip and "UV_INDEX_URL" not in given:
        own["UV_DEFAULT_INDEX"] = pip["index-url"]
    if "extra-index-url" in pip and "UV_EXTRA_INDEX_URL" not in given:
        own["UV_INDEX"] = " ".join(pip["extra-index-url"].split())
    # pip warns of a folder that is not there, uv gives up
    if links := [link for link in map(os.path.expanduser, pip.get("find-links", "").split()) if not _is_missing(link)]:
        own["UV_FIND_LINKS"] = ",".join(links)
    if "trusted-host" in pip:
        own["UV_INSECURE_HOST"] = " ".join(pip["trusted-host"].split())
    if "timeout" in pip:
        own["UV_HTTP_TIMEOUT"] = str(max(1, round(float(pip["timeout"]))))
    if "keyring-provider" in pip and pip["keyring-provider"] in ("subprocess", "disabled"):
        own["UV_KEYRING_PROVIDER"] = pip["keyring-provider"]
    if "truststore" in pip.get("use-feature", "").split():
        own["UV_SYSTEM_CERTS"] = "1"
    environment = {**own, **given}
    # these names are not uv's alone, so what pip goes by wins
    certificates = pip.get("cert") or given.get("REQUESTS_CA_BUNDLE") or given.get("CURL_CA_BUNDLE")
    if certificates:
        place = Path(certificates).expanduser()
        environment["SSL_CERT_DIR" if place.is_dir() else "SSL_CERT_FILE"] = str(place)
    if "client-cert" in pip:
        environment["SSL_CLIENT_CERT"] = str(Path(pip["client-cert"]).expanduser())
    if "proxy" in pip:
        proxy = pip["proxy"] if "://" in pip["proxy"] else f"http://{pip['proxy']}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            environment[name] = environment[name.lower()] = proxy
    for name in ("UV_NO_VERIFY_HASHES", "UV_REQUIRE_HASHES"):  # what is said here about hashes is all that holds
        environment.pop(name, None)
    return environment, ["--no-index"] if pip.get("no-index", "").lower() in YES else []


def _is_missing(link: str) -> bool:
    """Whether a place to find packages is a folder or file of this machine that is not there."""
    place = urlparse(link)
    return place.scheme in ("", "file") and not Path(unquote(place.path)).exists()


def told_to_uv() -> tuple[dict[str, str], list[str]]:
    """The same for pip's settings on this machine."""
    return uv_settings(pip_settings(_run([*PIP, "config", "list"])), os.environ)


def locked(lock: Path) -> list[tuple[str, str]]:
    """The packages of a lock, with their versions."""
    return re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;\\]+)", lock.read_text(), re.MULTILINE)


def make_venv() -> None:
    """.venv with its pip, which the interpreter that runs this brings along."""
    if sys.version_info[:2] != (3, 11):
        here = ".".join(map(str, sys.version_info[:2]))
        raise NotSetUp(f"Python: expected 3.11, found {here}; name one: make run PYTHON=/path/to/python3.11")
    if not (VENV / "bin" / "pip").exists():  # the last file that venv makes
        with _step(f".venv for Python {sys.version.split()[0]}"):
            _run([sys.executable, "-m", "venv", str(VENV)])


def get_uv() -> None:
    """uv in a folder of its own, in the version of its lock."""
    lock = HERE / "uv.lock"
    _, version = locked(lock)[0]
    try:
        if _run([str(UV), "--version"]).split()[1:2] == [version]:
            return
    except NotSetUp:
        pass
    with _step(f"uv {version}"):
        folder = str(UV.parent.parent)
        _run([*PIP, "install", "--upgrade", "--target", folder, "--no-deps", HASHES, "--requirement", str(lock)])


def install(names: list[str]) -> None:
    """The locks, one after the other; after `run` the checkout, so that `pulse` is a command."""
    make_venv()
    tools: dict[str, tuple[list[str], dict[str, str] | None]] = {"pip": ([*PIP, "install", "--quiet"], None)}
    try:
        get_uv()
        environment, more = told_to_uv()
        # with bytecode: where a service may not write to .venv, each start would compile anew
        uv = [str(UV), "pip", "install", "--quiet", "--python", str(PYTHON), "--compile-bytecode", *more]
        tools = {"uv": (uv, environment), **tools}
    except (NotSetUp, ValueError) as problem:
        _say(f"set-up: uv cannot be had ({_short(problem)}); pip goes on, and takes longer")
    for name in names:
        lock = HERE / f"{name}.lock"
        _install(f"{name}.lock, {len(locked(lock))} packages", [HASHES, "--requirement", str(lock)], tools)
        if name == "run":
            _install("the checkout", ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)], tools)


def _install(what: str, how: list[str], tools: dict[str, tuple[list[str], dict[str, str] | None]]) -> None:
    """By the first tool that can; one that cannot is not asked again."""
    for tool, (command, environment) in list(tools.items()):
        try:
            with _step(f"{what}, by {tool}"):
                _run([*command, *how], environment)
            return
        except NotSetUp as problem:
            del tools[tool]
            if not tools:
                raise NotSetUp(
                    f"{what}: {problem}; `.venv/bin/python -m pip config list` says where packages come from, "
                    f"and {LOG.relative_to(ROOT)} what went wrong before"
                ) from None
            _say(f"set-up: {what}: {tool} failed ({_short(problem)}); {next(iter(tools))} goes on, and takes longer")


def _run(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    """What a command prints. Its warnings go to the log: pip has one for each package that a local index lacks."""
    try:
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    except OSError as problem:
        raise NotSetUp(f"{command[0]}: {problem.strerror}") from None
    if VENV.is_dir():
        with LOG.open("a") as log:
            log.write(f"$ {' '.join(command)}\n{done.stdout if done.returncode else ''}{done.stderr}")
    if done.returncode:
        raise NotSetUp(_reason(done.stdout + done.stderr) or f"{command[0]} ended {done.returncode}")
    return done.stdout


def _reason(said: str) -> str:
    """The lines from the first that speaks of an error on, as one."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("WARNING")]
    first = next((n for n, line in enumerate(lines) if line.lower().startswith("error")), max(len(lines) - 3, 0))
    return " ".join(lines[first:])[:400]


def _short(problem: Exception) -> str:
    return str(problem)[:200]


@contextmanager
def _step(what: str) -> Iterator[None]:
    """Say what is at work, and at its end how long it took."""
    start = time.monotonic()
    print(f"set-up: {what} ...", end="", flush=True)
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f" {time.monotonic() - start:.1f} s", flush=True)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """0 where all is installed; 1 with one line where not."""
    try:
        if arguments[:1] == ["--uv"]:
            make_venv()
            get_uv()
            environment, more = told_to_uv()
            os.execve(UV, [str(UV), *arguments[1:], *more], environment)
        locks = sorted(path.stem for path in HERE.glob("*.lock") if path.stem != "uv")
        if not arguments or (unknown := [name for name in arguments if name not in locks]):
            _say(f"set-up: expected some of {', '.join(locks)}, found {' '.join(arguments and unknown) or 'nothing'}")
            return 2
        install(arguments)
    except NotSetUp as problem:
        _say(f"set-up: {problem}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
