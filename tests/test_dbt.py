"""dbt's own unit tests and documentation, on the story's warehouse."""

import json
import re
import shutil

import pytest

from orchestration.project.marts import mart_names
from orchestration.warehouse.dbt_runner import dbt_arguments, invoke
from orchestration.workspace.layout import Workspace
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def workspace(story, tmp_path_factory):
    home = tmp_path_factory.mktemp("dbt") / "workspace"
    shutil.copytree(story.home, home)
    return Workspace(home)


@pytest.fixture(scope="module")
def documented(workspace) -> tuple[dict, dict]:
    """What dbt docs knows: the project, and the columns that the warehouse really has."""
    assert invoke(workspace, dbt_arguments("docs", [], {}, ("generate",))).success
    target = workspace.dbt / "target"
    return json.loads((target / "manifest.json").read_text()), json.loads((target / "catalog.json").read_text())


def test_unit_tests(workspace):
    outcome = invoke(workspace, dbt_arguments("test", ["test_type:unit"], {}))
    results = outcome.result.results
    assert len(results) >= 5
    assert {str(r.status) for r in results} == {"pass"}, [
        (r.node.name, r.message) for r in results if r.status != "pass"
    ]


@pytest.mark.long
def test_marts_have_contracts(documented):
    models = [node for node in documented[0]["nodes"].values() if node["resource_type"] == "model"]
    free = [
        model["name"] for model in models if model["schema"] == "marts" if not model["config"]["contract"]["enforced"]
    ]
    assert models and not free


@pytest.mark.long
def test_no_description_is_empty(documented):
    project, _ = documented
    models = [node for node in project["nodes"].values() if node["resource_type"] in ("model", "seed")]
    others = ("sources", "exposures", "metrics", "semantic_models")
    things = models + [thing for kind in others for thing in project[kind].values()]
    parts = [(thing, part) for thing in things for part in (thing.get("columns") or {}).values()]
    parts += [(model, part) for model in project["semantic_models"].values() for kind in ("entities", "dimensions")
              for part in model[kind]]  # fmt: skip
    empty = [thing["name"] for thing in things if not thing["description"].strip()]
    empty += [f"{thing['name']}.{part['name']}" for thing, part in parts if not (part["description"] or "").strip()]
    assert len(things) > 150 and not empty


@pytest.mark.long
def test_each_column_of_the_warehouse_is_described(documented):
    project, catalog = documented
    assert len(catalog["nodes"]) > 150
    missing = [
        f"{project['nodes'][node]['name']}.{column}"
        for node, built in catalog["nodes"].items()
        for column in built["columns"]
        if column.lower() not in {described.lower() for described in project["nodes"][node]["columns"]}
    ]
    assert not missing


@pytest.mark.long
def test_exposures_read_the_marts_that_they_name(documented):
    """Where meta names files, these marts and no others are named in them; the metrics read those of their models."""
    project, _ = documented
    marts = set(mart_names())
    exposures = {exposure["name"]: exposure for exposure in project["exposures"].values()}
    named = {name: {node.split(".")[-1] for node in exposures[name]["depends_on"]["nodes"]} for name in exposures}
    assert marts >= set().union(*named.values())
    for name, exposure in exposures.items():
        paths = [ROOT / path for path in exposure["config"]["meta"].get("read_in", [])]
        files = [file for path in paths for file in (path.rglob("*.py") if path.is_dir() else [path])]
        if paths and all(path.exists() for path in paths):
            words = {word for file in files for word in re.findall(r"\w+", file.read_text())}
            assert words & marts == named[name], name
    spine = {"dim_dates"}
    semantic = {model["node_relation"]["alias"] for model in project["semantic_models"].values()}
    assert named["metrics"] == semantic | spine
