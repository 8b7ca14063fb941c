"""A cluster of Spark's own on loopback, a master and two workers, for the time of the session."""

import os
import shutil
from collections.abc import Iterator

import pytest

from benchmarks.cluster import Cluster
from benchmarks.cluster import cluster as started


@pytest.fixture(scope="session")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    pytest.importorskip("pyspark", reason="pyspark is not installed: `make test-spark` installs it")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("no Java here: the tests on Spark did not run")
    with started(tmp_path_factory.mktemp("cluster"), workers=2) as made:
        yield made
