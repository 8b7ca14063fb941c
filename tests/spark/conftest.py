"""A cluster of Spark's own on loopback, a master and two workers, for the time of the session."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

STARTED_SECONDS = 60


@dataclass
class Cluster:
    """Its address, and its processes, so that a test can kill one."""

    home: Path
    port: int = 0
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def master(self) -> str:
        return f"spark://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a `pulse` that works on it."""
        return {
            "PULSE_ENGINE": "spark",
            "PULSE_SPARK_MASTER": self.master,
            "PULSE_SPARK_CONF": '{"spark.sql.shuffle.partitions": "4", "spark.executor.memory": "2g"}',
            "PULSE_MEMORY": "2GB",
        }

    def start(self, name: str, kind: str, *arguments: str) -> None:
        import pyspark

        here = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_WORKER_DIR": str(self.home / name)}
        here |= {"PYSPARK_PYTHON": "", "SPARK_LOG_DIR": str(self.home)}
        said = (self.home / f"{name}.log").open("w")
        command = Path(pyspark.__file__).parent / "bin" / "spark-class"
        self.processes[name] = subprocess.Popen(
            [str(command), f"org.apache.spark.deploy.{kind}", "--host", "127.0.0.1", "--webui-port", "0", *arguments],
            stdout=said,
            stderr=said,
            env=here,
            start_new_session=True,
        )

    def start_worker(self, name: str) -> None:
        self.start(name, "worker.Worker", "--cores", "1", "--memory", "3g", self.master)
        self.wait_for(name, "Successfully registered with master")

    def wait_for(self, name: str, words: str) -> None:
        ends = time.monotonic() + STARTED_SECONDS
        while words not in (said := (self.home / f"{name}.log").read_text()):
            assert time.monotonic() < ends and self.processes[name].poll() is None, f"{name} did not start:\n{said}"
            time.sleep(0.2)

    def kill(self, name: str) -> None:
        """SIGKILL to it and to the executors that it started."""
        os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes.pop(name).wait()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    pytest.importorskip("pyspark", reason="pyspark is not installed: `make test-spark` installs it")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("no Java here: the tests on Spark did not run")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made = Cluster(tmp_path_factory.mktemp("cluster"), port)
    try:
        made.start("master", "master.Master", "--port", str(port))
        made.wait_for("master", "I have been elected leader")
        for worker in ("worker-1", "worker-2"):
            made.start_worker(worker)
        yield made
    finally:
        for name in list(made.processes):
            made.kill(name)
