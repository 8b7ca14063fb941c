"""R2: `pulse dev` itself, as a server that starts runs: killed at work, and started again. And its pages' own words."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestration.publishing.generations import current
from orchestration.workspace.layout import Workspace
from tests.conftest import END, ROOT, Pulse, order
from tests.fault_table import campaign
from tests.faults.lab import alive, assert_all_is_well, contents

WAITS = 240


class Server:
    """`pulse dev` in a session of its own."""

    def __init__(self, pulse: Pulse, log) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", "dev", "--port", str(self.port)],
            cwd=ROOT,
            env={**os.environ, "PULSE_HOME": str(pulse.home)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def kill(self) -> None:
        """All its processes at once, as when the machine is switched off."""
        while session := [pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if self._owns(pid)]:
            for pid in session:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)

    def _owns(self, pid: int) -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            return os.getsid(pid) == self._process.pid and state != "Z"
        except OSError:
            return False

    def ask(self, query: str, **variables) -> dict:
        """What the UI asks its server, by the UI's own way."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["data"]

    def is_up(self) -> bool:
        try:
            return bool(self.ask("{ version }"))
        except OSError:
            return False


@contextmanager
def serving(pulse: Pulse, tmp_path):
    with (tmp_path / "server.log").open("a") as log:
        server = Server(pulse, log)
        try:
            wait(server.is_up, "the server to answer", tmp_path)
            yield server
        finally:
            server.kill()


def wait(come, what: str, tmp_path, seconds: float = WAITS) -> None:
    end = time.monotonic() + seconds
    while not come():
        assert time.monotonic() < end, f"waited for {what}: {(tmp_path / 'server.log').read_text()[-3000:]}"
        time.sleep(0.5)


@campaign
@pytest.mark.fault("R2")
def test_a_server_that_was_killed_at_work_takes_it_up_again(night, tmp_path, tries):
    """New files start a run by themselves; all is killed in its middle; the server started again ends the night."""
    pulse = night.copied(tmp_path / "shop")
    (pulse.home / "pulse.yml").write_text("run_on_arrival: true\n")
    workspace = Workspace(pulse.home)
    before = current(workspace)["generation"]
    with tries.one():
        with serving(pulse, tmp_path) as server:
            wait(lambda: alive(pulse.home) == 1, "new files to start a run", tmp_path)
            time.sleep(8)  # into its first steps
            server.kill()
        assert current(workspace)["generation"] == before and alive(pulse.home) == 1
        with tries.recovery(), serving(pulse, tmp_path):
            wait(lambda: current(workspace)["generation"] != before, "the night's marts", tmp_path)
            wait(lambda: alive(pulse.home) == 0, "the run to end", tmp_path)
        assert contents(pulse.home) == night.expected
        assert_all_is_well(pulse.home)


CHECKS = """
query ($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
  freshnessStatusInfo { freshnessStatus }
  assetMaterializations(limit: 1) { metadataEntries { label ... on IntMetadataEntry { intValue } } }
  assetChecksOrError { ... on AssetChecks { checks { name blocking
    executionForLatestMaterialization { status evaluation { description } } } } } } } }
"""
LAUNCH = """
mutation ($selector: JobOrPipelineSelector!) { launchRun(executionParams: {selector: $selector, mode: "default"}) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
SELECTOR = {
    "repositoryLocationName": "orchestration.definitions",
    "repositoryName": "__repository__",
    "pipelineName": "pulse",
}
STATUS = "query ($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"


ASSETS = "{ assetNodes { assetKey { path } isMaterializable } }"
CAUSES = """
query ($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events {
  ... on ExecutionStepFailureEvent { failureMetadata { description } } } } } }
"""


def materialise(server: Server, tmp_path, assets: list[list[str]] | None = None) -> str:
    """Press the button, on the job or on some assets; the status in which the run ended, or why it failed."""
    some = {"pipelineName": "__ASSET_JOB", "assetSelection": [{"path": key} for key in assets]} if assets else {}
    launched = server.ask(LAUNCH, selector={**SELECTOR, **some})["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run, status = launched["run"]["runId"], []

    def ended() -> bool:
        status[:] = [server.ask(STATUS, run=run)["runOrError"]["status"]]
        return status[0] in ("SUCCESS", "FAILURE", "CANCELED")

    wait(ended, "the run that was asked for", tmp_path)
    causes = [event.get("failureMetadata") for event in server.ask(CAUSES, run=run)["logsForRun"]["events"]]
    return next((cause["description"] for cause in causes if cause), status[0])


def checks_of(server: Server, *key: str) -> tuple[dict, dict]:
    node = server.ask(CHECKS, key={"path": list(key)})["assetNodeOrError"]
    judged = {
        check["name"]: (check["executionForLatestMaterialization"] or {}).get("status")
        for check in node["assetChecksOrError"]["checks"]
    }
    return node, judged


@campaign
@pytest.mark.fault("R2")
def test_the_pages_show_green_and_then_which_check_blocked(shop, tmp_path):
    """A run from the UI: its rows, freshness and checks; then amounts that nobody pays, and what they stop."""
    workspace = Workspace(shop.home)
    with serving(shop, tmp_path) as server:
        assert materialise(server, tmp_path) == "SUCCESS"
        node, judged = checks_of(server, "marts", "dim_outlets")
        assert judged and set(judged.values()) == {"SUCCEEDED"}
        rows = {m["label"]: m.get("intValue") for m in node["assetMaterializations"][0]["metadataEntries"]}
        assert rows["dagster/row_count"] == 20
        assert node["freshnessStatusInfo"]["freshnessStatus"] in ("HEALTHY", "UNKNOWN")  # looked at twice a minute
        before = current(workspace)["generation"]
        shop.deliver("shop", "orders2.csv", [order(500 + n, n, END, net_amount="999999999999") for n in range(19)])
        assert materialise(server, tmp_path) == "FAILURE"
        _, judged = checks_of(server, "lake", "orders")
        assert "EXECUTION_FAILED" in judged.values() or "FAILED" in judged.values()
        assert current(workspace)["generation"] == before


@pytest.mark.long
@pytest.mark.fault("R2")
def test_assets_that_are_materialised_alone_publish_nothing_that_was_not_checked(night, tmp_path):
    """Files landed and were not built: layers and single assets in a random order, and each time the publish alone."""
    pulse, dice = night.copied(tmp_path / "shop"), random.Random(7)
    pulse("land")
    workspace = Workspace(pulse.home)
    before = current(workspace)["generation"]
    with serving(pulse, tmp_path) as server:
        keys = [node["assetKey"]["path"] for node in server.ask(ASSETS)["assetNodes"] if node["isMaterializable"]]
        layers = [[key for key in keys if key[0] == layer] for layer in ("staging", "intermediate", "marts", "lake")]
        steps = [*layers, *([dice.choice(layer)] for layer in layers), layers[2]]
        dice.shuffle(steps)
        for assets in [[], *steps]:
            assert not assets or materialise(server, tmp_path, assets) == "SUCCESS", assets
            told = materialise(server, tmp_path, [["published", "generation"]])
            assert told.startswith("build: ") and "readers stay where they are" in told, (assets, told)
            assert current(workspace)["generation"] == before
    pulse("run", code=(0, 3))
    assert contents(pulse.home) == night.expected
    assert_all_is_well(pulse.home)
