"""dbt's own unit tests and documentation, on the story's warehouse."""

import shutil

import pytest

from orchestration.transform import dbt_arguments, invoke
from orchestration.workspace import Workspace


@pytest.fixture(scope="module")
def workspace(story, tmp_path_factory):
    home = tmp_path_factory.mktemp("dbt") / "workspace"
    shutil.copytree(story.home, home)
    return Workspace(home)


def test_unit_tests(workspace):
    outcome = invoke(workspace, dbt_arguments("test", ["test_type:unit"], {}))
    results = outcome.result.results
    assert len(results) >= 5
    assert {str(r.status) for r in results} == {"pass"}, [
        (r.node.name, r.message) for r in results if r.status != "pass"
    ]


def test_docs_and_no_empty_descriptions(workspace):
    outcome = invoke(workspace, dbt_arguments("docs", [], {}, ("generate",)))
    assert outcome.success
    nodes = [n for n in outcome.result.nodes] if hasattr(outcome.result, "nodes") else []
    assert nodes or (workspace.dbt / "target" / "catalog.json").exists()
    import json

    manifest = json.loads((workspace.dbt / "target" / "manifest.json").read_text())
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model":
            assert node["description"].strip(), f"{node['name']} has no description"
            if node["schema"] == "marts":
                assert node["config"]["contract"]["enforced"], node["name"]
                for column in node["columns"].values():
                    assert column["description"].strip(), f"{node['name']}.{column['name']}"
