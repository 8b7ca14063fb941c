"""What the numbers were measured on."""

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "dagster", "great-expectations", "pandas", "polars", "pyarrow")


def describe(home: Path) -> dict[str, str]:
    """Processor, cores, memory, disk and versions."""
    facts = {
        "processor": _first("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1024**3:.0f} GB",
        "free disk": f"{shutil.disk_usage(home).free / 1024**3:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "busy with other work": f"{os.getloadavg()[2]:.1f} processes on average over the last 15 minutes, own included",
        "python": platform.python_version(),
    }
    return facts | {package: _version(package) for package in PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _first(file: str, label: str) -> str:
    try:
        lines = Path(file).read_text().splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(label)), "")
