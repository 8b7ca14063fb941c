"""A cluster of Spark's own on loopback, a master and two workers, for the time of the session."""

from collections.abc import Iterator

import pytest

from benchmarks.cluster import Cluster
from benchmarks.cluster import cluster as started
from orchestration.warehouse import spark
from orchestration.workspace.errors import PulseError


def try_spark() -> None:
    """Skip, and say why, where Spark cannot work."""
    try:
        spark.needs()
    except PulseError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    try_spark()
    with started(tmp_path_factory.mktemp("cluster"), workers=2) as made:
        yield made
