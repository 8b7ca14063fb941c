"""The asset graph, guarded: a key that appears or goes must be meant."""

from pathlib import Path

import pytest

SNAPSHOT = Path(__file__).with_name("asset_keys.txt")


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    import os

    before = os.environ.get("PULSE_HOME")
    os.environ["PULSE_HOME"] = str(tmp_path_factory.mktemp("graph"))
    from orchestration.definitions import defs

    yield defs.resolve_asset_graph()
    os.environ.pop("PULSE_HOME")
    if before:
        os.environ["PULSE_HOME"] = before


def test_asset_keys_are_the_known_ones(graph):
    found = sorted("/".join(key.path) for key in graph.get_all_asset_keys())
    assert found == SNAPSHOT.read_text().split(), "write the new keys to tests/asset_keys.txt if they are meant"


def test_every_expectation_is_a_check_on_an_asset_of_the_graph(graph):
    from orchestration.defs.checks import asset_key
    from orchestration.project import suites

    expectations = [e for layer in suites.LAYERS for e in suites.load_suites(layer)]
    assert len({(asset_key(e), e.name) for e in expectations}) == len(expectations)
    for expectation in expectations:
        assert graph.has(asset_key(expectation)), expectation
        assert expectation.severity in {"critical", "warning"} and expectation.means


def test_every_layer_has_a_blocking_check():
    from orchestration.project import suites

    for layer in suites.LAYERS:
        assert any(e.blocking for e in suites.load_suites(layer)), layer


def test_dbt_arguments():
    from dagster import AssetKey

    from orchestration.defs.models import layer_selection
    from orchestration.warehouse.dbt_runner import dbt_arguments

    built = dbt_arguments("build", ["path:models/marts"], {"as_of_date": "2026-01-01"})
    assert built[0] == "build" and built[built.index("--indirect-selection") + 1] == "buildable"
    assert built[-1] == '{"as_of_date": "2026-01-01"}'
    keys = {AssetKey(["marts", "a"]), AssetKey(["marts", "b"])}
    assert layer_selection(keys, keys, "path:x path:y") == ["path:x", "path:y"]
    assert layer_selection({AssetKey(["marts", "b"])}, keys, "path:x") == ["b"]
