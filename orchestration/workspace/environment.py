"""The environment variables that this program reads. Nothing else in it reads them, but passes them on as a whole."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.workspace.errors import PulseError

ENGINES = ("duckdb", "spark")
MEMORY = "5GB"  # profiles.yml says it again for those who call dbt themselves


def home() -> Path:
    """The folder of the workspace: PULSE_HOME."""
    return Path(os.environ.get("PULSE_HOME") or "workspace").resolve()


def engine() -> str:
    """Which engine builds the models: PULSE_ENGINE, DuckDB where it says nothing."""
    found = os.environ.get("PULSE_ENGINE") or "duckdb"
    if found not in ENGINES:
        raise PulseError(f"PULSE_ENGINE: expected one of {', '.join(ENGINES)}, found {found!r}", code="settings")
    return found


def on_spark() -> bool:
    """Whether Spark builds the models."""
    return engine() == "spark"


def memory() -> str:
    """What DuckDB, or Spark's driver, may take."""
    return os.environ.get("PULSE_MEMORY") or MEMORY


def spark_master() -> str:
    """The cluster: PULSE_SPARK_MASTER; without it Spark runs inside of this process."""
    return os.environ.get("PULSE_SPARK_MASTER") or "local[*]"


def spark_settings() -> dict[str, str]:
    """PULSE_SPARK_CONF: anything else, by Spark's own names."""
    given = os.environ.get("PULSE_SPARK_CONF") or "{}"
    try:
        found = json.loads(given)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise PulseError(
            'PULSE_SPARK_CONF: expected JSON such as {"spark.executor.memory": "8g"}, found something else; '
            "mind the quotes of your shell",
            code="settings",
        )
    return found


def has_java() -> bool:
    """Whether there is a Java for Spark."""
    return bool(os.environ.get("JAVA_HOME") or shutil.which("java"))


def docs_address() -> str:
    """Where the workspace's documentation is served: PULSE_DOCS_URL, or where `pulse dev` serves it."""
    return os.environ.get("PULSE_DOCS_URL", "http://127.0.0.1:3001").rstrip("/")


def receivers() -> list[str]:
    """The URLs in PULSE_NOTIFY."""
    return [url for url in map(str.strip, os.environ.get("PULSE_NOTIFY", "").split(",")) if url]


def shows_tracebacks() -> bool:
    """Whether an unknown problem is shown where it happened: PULSE_DEBUG."""
    return bool(os.environ.get("PULSE_DEBUG"))


@contextmanager
def changed(**values: str) -> Iterator[None]:
    """Other values for what reads the environment within the block; those before come back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)
