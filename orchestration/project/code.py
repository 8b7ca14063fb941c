"""Which parts of the project decide what, by content: file times and comments decide nothing."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parent
PROJECT = ROOT / "dbt_project"
EXPECTATIONS = ROOT / "expectations"
PRODUCED = {"target", "logs", "__pycache__"}
# modules of this package whose change can change what a run builds, checks or publishes; a test names the others
BUILDS = (
    "checks/check",
    "checks/gx",
    "checks/gx_duckdb",
    "checks/gx_spark",
    "defs/checks",
    "defs/models",
    "defs/published",
    "defs/resource",
    "landing/arrivals",
    "landing/feeds",
    "landing/lake",
    "landing/land",
    "landing/mapping",
    "landing/preflight",
    "landing/quarantine",
    "landing/validation",
    "pipeline/execute",
    "project/contract",
    "project/marts",
    "project/suites",
    "publishing/catalog",
    "publishing/generations",
    "publishing/history",
    "publishing/publish",
    "warehouse/build_state",
    "warehouse/dbt_runner",
    "warehouse/inputs",
    "warehouse/spark",
    "warehouse/tables",
    "workspace/environment",
    "workspace/settings",
    "workspace/sql",
)
REPORTS = ("reports/html_report.py", "reports/page.html", "reports/figures.py")
# libraries whose version can change what a run builds; the lock pins all of them
LIBRARIES = (
    "dbt-adapters",
    "dbt-core",
    "dbt-duckdb",
    "dbt-spark",
    "duckdb",
    "great-expectations",
    "pyarrow",
    "pyspark",
)


@cache
def project_hash() -> str:
    """A hash of the dbt project: what dbt parses."""
    return _hash(_contents(_files(PROJECT, {".sql", ".yml", ".csv", ".md"})))


@cache
def build_hash() -> str:
    """A hash of the code that decides what a run builds, as it is when this process first asks.

    An edit in the middle of a run is new to the next run.
    """
    folders = _files(PROJECT, {".sql", ".yml", ".csv"}) + _files(EXPECTATIONS, {".yml"})
    modules = (f"{name}: {meaning((PACKAGE / f'{name}.py').read_text())}".encode() for name in BUILDS)
    return _hash([*_contents(folders), *modules])


@cache
def report_hash() -> str:
    """A hash of what decides how report.html looks."""
    return _hash((PACKAGE / name).read_bytes() for name in REPORTS)


@cache
def versions_hash() -> str:
    """A hash of the installed versions of the libraries that build."""
    return _hash(f"{name} {_version(name)}".encode() for name in LIBRARIES)


def meaning(source: str) -> str:
    """Python code without its comments, its layout and its docstrings: what decides what it does."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def _files(folder: Path, suffixes: set[str]) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.suffix in suffixes)
    return sorted(path for path in found if not PRODUCED & set(path.relative_to(folder).parts))


def _contents(files: Iterable[Path]) -> Iterator[bytes]:
    return (f"{path.relative_to(ROOT)}: ".encode() + path.read_bytes() for path in files)


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "-"


def _hash(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()
