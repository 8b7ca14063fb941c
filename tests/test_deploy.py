"""What the deployment files and their page say is what the code knows."""

import re
import shutil
import subprocess
from importlib.util import find_spec

import pytest
import yaml

from orchestration.cli.command import app
from orchestration.workspace.environment import spark_settings
from orchestration.workspace.errors import PulseError
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "deploy.md").read_text()
CODE = [*(ROOT / "orchestration").rglob("*.py"), ROOT / "dbt_project" / "profiles.yml"]
TEXT = "\n".join(path.read_text() for path in CODE)


def table(heading: str) -> set[str]:
    """The names in the first column of the table whose head begins with a word."""
    rows = PAGE.split(f"\n| {heading}", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`([A-Za-z_]+)[:`]", row.split("|")[1])}


def test_every_environment_variable_is_in_the_table():
    assert table("environment variable") == set(re.findall(r"['\"](PULSE_[A-Z_]+)['\"]", TEXT))


def test_every_setting_is_in_the_table():
    modules = [path.read_text() for path in CODE if re.search(r"\bsettings\b", path.read_text())]
    read = {
        name
        for text in modules
        for name in re.findall(r"(?:settings\(workspace\)|settings|chosen|found)\.get\(\"(\w+)\"", text)
    }
    assert table("line") == read


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("pulse*")), ids=lambda path: path.name)
def test_a_unit_is_one_that_systemd_takes(unit, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not on this machine")
    text = re.sub(r"^ExecStart=.*", "ExecStart=/bin/true", unit.read_text(), flags=re.MULTILINE)
    for other in DEPLOY.glob("pulse*"):
        (tmp_path / other.name).write_text(other.read_text())
    (tmp_path / unit.name).write_text(text.replace("User=pulse", "User=root"))
    judged = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)], capture_output=True, text=True
    )
    found = [line for line in judged.stderr.splitlines() if unit.name in line and "not executable" not in line]
    assert found == []


def test_what_they_start_exists():
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    units = [re.findall(r"bin/pulse (\w+)", path.read_text()) for path in DEPLOY.iterdir() if path.is_file()]
    services = yaml.safe_load((DEPLOY / "compose.yml").read_text())["services"]
    started = {name for names in units for name in names} | {service["command"][0] for service in services.values()}
    assert {"run", "dev", "dashboard"} == started <= commands


def test_an_engine_that_there_is_not_is_said_in_a_line(pulse):
    said = pulse("run", code=1, PULSE_ENGINE="flink")
    assert "PULSE_ENGINE: expected one of duckdb, spark, found 'flink'" in said and "Traceback" not in said


def test_settings_of_spark_that_cannot_be_read_are_said_in_a_line(monkeypatch):
    monkeypatch.setenv("PULSE_SPARK_CONF", "{spark.executor.memory: 8g}")
    with pytest.raises(PulseError, match="PULSE_SPARK_CONF: expected JSON such as"):
        spark_settings()


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="pyspark is installed here")
def test_spark_without_its_packages_says_how_to_get_them(shop):
    said = shop("run", "--full", code=1, PULSE_ENGINE="spark")
    assert "pyspark is not installed; `make spark` installs it" in said and "Traceback" not in said
