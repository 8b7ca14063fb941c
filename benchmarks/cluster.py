"""A cluster of Spark's own on loopback: a master and workers of one core each, started and stopped by who needs it."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STARTED_SECONDS = 60


@dataclass
class Cluster:
    """Its address, and its processes, so that a test can kill one."""

    home: Path
    memory: str = "2g"
    port: int = 0
    more: dict[str, str] = field(default_factory=lambda: {"spark.sql.shuffle.partitions": "4"})
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
            "PULSE_SPARK_CONF": json.dumps({"spark.executor.memory": self.memory, **self.more}),
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
        self.start(name, "worker.Worker", "--cores", "1", "--memory", self.memory, self.master)
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


@contextmanager
def cluster(home: Path, workers: int, **facts: Any) -> Iterator[Cluster]:
    """A cluster at work; its processes end with the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made = Cluster(home, port=port, **facts)
    try:
        made.start("master", "master.Master", "--port", str(port))
        made.wait_for("master", "I have been elected leader")
        for worker in range(1, workers + 1):
            made.start_worker(f"worker-{worker}")
        yield made
    finally:
        for name in list(made.processes):
            made.kill(name)
