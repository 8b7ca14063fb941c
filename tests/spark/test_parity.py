"""Both engines make the same marts: by content, mart by mart; and readers do not notice which one did."""

import shutil
import time
from pathlib import Path

import pytest

from benchmarks.cluster import Cluster
from orchestration.publishing.generations import current
from orchestration.workspace.layout import Workspace
from tests.conftest import REAL_DATA, Pulse

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore")]  # Spark warns of libraries newer than itself


def landed(pulse: Pulse, *sample: str) -> Pulse:
    """A workspace whose files are in the lake, and nothing more: where each engine begins."""
    pulse("sample", *sample)
    pulse("land", code=(0, 3))
    return pulse


def compared(pulse: Pulse, cluster: Cluster, folder: Path, capsys) -> tuple[dict, dict]:
    """The manifests of both engines' publishes of one lake, their marts side by side in what the test prints."""
    other = Pulse(folder / "spark")
    shutil.copytree(pulse.home, other.home)
    pulse("run", code=(0, 3))
    began = time.monotonic()
    other("run", code=(0, 3), **cluster.settings)
    seconds = time.monotonic() - began
    ours, theirs = (current(Workspace(workspace.home)) for workspace in (pulse, other))
    with capsys.disabled():
        print(f"\n{'mart':<32}{'rows':>10}  {'content, DuckDB':<18}{'content, Spark':<18}")
        for mart, facts in ours["marts"].items():
            there = theirs["marts"].get(mart, {})
            same = "" if there.get("content") == facts["content"] else "  DIFFERS"
            print(
                f"{mart:<32}{facts['rows']:>10,}  {facts['content'][:16]:<18}{there.get('content', '')[:16]:<18}{same}"
            )
        print(f"{len(ours['marts'])} marts; the run on Spark took {seconds:.0f} s")
    return ours, theirs


def differing(ours: dict, theirs: dict) -> list[str]:
    return [
        mart
        for mart in ours["marts"].keys() | theirs["marts"].keys()
        if ours["marts"].get(mart, {}).get("content") != theirs["marts"].get(mart, {}).get("content")
    ]


def test_every_mart_of_the_story_is_equal_on_both_engines(cluster, tmp_path, capsys):
    ours, theirs = compared(landed(Pulse(tmp_path / "duckdb"), "story"), cluster, tmp_path, capsys)
    assert len(ours["marts"]) > 40 and differing(ours, theirs) == []
    # what readers have besides: the same views, the same history, the same checks with the same outcome
    assert ours["views"].keys() == theirs["views"].keys()
    assert {mart: kept["rows"] for mart, kept in ours["history"].items()} == {
        mart: kept["rows"] for mart, kept in theirs["history"].items()
    }
    assert ours["checks"] == theirs["checks"]
    here, there = Pulse(tmp_path / "duckdb"), Pulse(tmp_path / "spark")
    for view in ours["views"]:
        counted = f"select count(*), sum(hash(v)::hugeint) from {view} as v"
        assert here.ask(counted) == there.ask(counted), view


@pytest.mark.slow
@pytest.mark.real_data
def test_every_mart_of_iowa_is_equal_on_both_engines(cluster, tmp_path, capsys):
    if not (REAL_DATA / "iowa").exists():
        pytest.skip("../shared/data/iowa is not here: parity on real orders was not tried")
    pulse = landed(Pulse(tmp_path / "duckdb"), "iowa", "--from", str(REAL_DATA / "iowa"))
    ours, theirs = compared(pulse, cluster, tmp_path, capsys)
    assert differing(ours, theirs) == []


@pytest.mark.slow
def test_a_worker_killed_in_mid_run_costs_time_and_nothing_else(cluster, first_shop, tmp_path):
    """The run ends right on what is left of the cluster, or fails in a line; readers stay on the old generation."""
    pulse = first_shop.copied(tmp_path / "shop")
    before = current(Workspace(pulse.home))
    run = pulse.start("run", "--full", said=tmp_path / "said", **cluster.settings)
    while "Building staging" not in run.said:
        assert run.running, run.said
        time.sleep(0.5)
    cluster.kill("worker-1")
    seen = pulse.ask("select count(*) from dim_outlets")
    ended = run.wait()
    cluster.start_worker("worker-1")
    after = current(Workspace(pulse.home))
    if ended == 0:
        assert after["generation"] != before["generation"] and differing(before, after) == []
    else:
        assert after["generation"] == before["generation"] and "Traceback" not in run.said
    assert pulse.ask("select count(*) from dim_outlets") == seen
