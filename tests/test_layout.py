"""Where models lie and how they are described: models/README.md is held against the graph that dbt has parsed."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from orchestration.project.code import PROJECT
from orchestration.warehouse import dbt_runner
from orchestration.workspace.layout import Workspace
from tests.tiers import borrow_parsed, lend_parsed

MODELS = PROJECT / "models"
LAYERS = ("staging", "intermediate", "marts")
MOST_FILES, MOST_LINES = 15, 400
# one per entity of the contract, and one per macro
FREE_FOLDERS = {"models/staging", "macros/engine"}
# a day that two limits share stands twice: its comment says why
WITHOUT_KEY = {"int_outlet_state_breaks"}
# an entity of the contract whose delivery is checked, though no model reads it yet
UNREAD = {"stg_promotions"}
SECTION = re.compile(r"^### (\S+)\n\n- reads: (.+)\n- decides: (.+)\n- is read by: (.+)$", re.MULTILINE)
DOC = re.compile(r"^{% docs (\w+) %}(.*?){% enddocs %}$", re.MULTILINE)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> dict:
    workspace = Workspace(tmp_path_factory.mktemp("layout"))
    workspace.prepare()
    borrow_parsed(workspace.home)
    described = dbt_runner.project_description(workspace)
    lend_parsed(workspace.home)
    return described


@pytest.fixture(scope="module")
def models(project) -> dict[str, dict]:
    return {key: node for key, node in project["nodes"].items() if node["resource_type"] == "model"}


def folder_of(node: dict) -> str:
    if node["resource_type"] == "source":
        return f"sources/{node['source_name']}"
    if node["resource_type"] == "seed":
        return "seeds"
    return str(Path(node["original_file_path"]).parent.relative_to("models"))


@pytest.fixture(scope="module")
def arrows(project, models) -> set[tuple[str, str]]:
    """Which folder reads which."""
    known = {**project["nodes"], **project["sources"]}
    read = {(folder_of(node), folder_of(known[parent])) for node in models.values() for parent in parents(node)}
    return {(reader, given) for reader, given in read if reader != given}


def parents(node: dict) -> list[str]:
    return node["depends_on"]["nodes"]


@pytest.fixture(scope="module")
def readme() -> dict[str, tuple[set[str], set[str]]]:
    """By folder what it reads and what it is read by, in the order of the file."""
    found = SECTION.findall((MODELS / "README.md").read_text())
    return {folder: (set(folders(reads)), set(folders(read_by))) for folder, reads, _, read_by in found}


def folders(said: str) -> Iterator[str]:
    """`staging, intermediate (orders, feeds)` names three folders; `readers` are none."""
    for layer, inside in re.findall(r"(\w+)(?: \(([^)]+)\))?", said):
        if inside:
            yield from (f"{layer}/{folder}" for folder in inside.split(", "))
        elif layer != "readers":
            yield layer


def test_the_readme_says_what_each_folder_reads_and_what_reads_it(readme, arrows, models):
    assert set(readme) == {folder_of(node) for node in models.values()}
    for folder, (reads, read_by) in readme.items():
        assert reads == {given for reader, given in arrows if reader == folder}, folder
        assert read_by == {reader for reader, given in arrows if given == folder}, folder


def test_a_folder_reads_only_what_stands_above_it(readme, arrows):
    place = {folder: number for number, folder in enumerate(readme)}
    assert [arrow for arrow in arrows if arrow[1] in place and place[arrow[1]] > place[arrow[0]]] == []


def test_a_wrong_line_of_the_readme_is_seen():
    assert set(folders("seeds, staging, intermediate (orders, feeds)")) == {
        "seeds", "staging", "intermediate/orders", "intermediate/feeds",
    }  # fmt: skip
    assert not list(folders("readers"))


def test_no_folder_is_too_full():
    counted = Counter(
        str(path.parent.relative_to(PROJECT))
        for kind in ("models", "macros")
        for path in (PROJECT / kind).rglob("*.sql")
    )
    assert {folder: many for folder, many in counted.items() if many > MOST_FILES and folder not in FREE_FOLDERS} == {}


def test_a_folder_has_one_yml_for_its_models_and_one_for_its_unit_tests(project, models):
    for node in models.values():
        folder = Path(node["original_file_path"]).parent
        assert node["patch_path"].endswith(f"{folder}/_{folder.name}__models.yml"), node["name"]
    for test in project["unit_tests"].values():
        folder = Path(models[f"model.outlet_pulse.{test['model']}"]["original_file_path"]).parent
        assert test["original_file_path"] == f"{folder}/_{folder.name}__unit_tests.yml", test["name"]
    long = {file.name: len(file.read_text().splitlines()) for file in PROJECT.rglob("*.yml")}
    assert {name: lines for name, lines in long.items() if lines > MOST_LINES} == {}


def test_each_intermediate_model_has_its_key_tested(project, models):
    tested = {
        node["attached_node"]
        for node in project["nodes"].values()
        if node["resource_type"] == "test" and any("unique" in rule for rule in _rules(node))
    }
    without = {node["name"] for key, node in models.items() if node["schema"] == "intermediate" and key not in tested}
    assert without == WITHOUT_KEY


def _rules(test: dict) -> list[dict]:
    return (test.get("test_metadata") or {}).get("kwargs", {}).get("rules") or []


def test_each_model_is_read_or_published(models):
    read = {parent for node in models.values() for parent in parents(node)}
    unread = {node["name"] for key, node in models.items() if key not in read and node["schema"] != "marts"}
    assert unread == UNREAD


def test_the_schema_of_a_model_is_its_layer(models):
    for node in models.values():
        assert node["schema"] == Path(node["original_file_path"]).parts[1] and node["schema"] in LAYERS, node["name"]


def test_what_is_said_of_two_columns_is_said_once():
    said: Counter[str] = Counter()
    for file in [*MODELS.rglob("*__models.yml"), PROJECT / "seeds" / "seeds.yml"]:
        described = yaml.safe_load(file.read_text())
        for table in [*described.get("models", []), *described.get("seeds", [])]:
            said.update(part["description"] for part in [table, *table["columns"]])
    blocks = DOC.findall((MODELS / "_docs" / "columns.md").read_text())
    names = [name for name, _ in blocks]
    used = {match[1]: many for text, many in said.items() if (match := re.fullmatch(r"{{ doc\('(\w+)'\) }}", text))}
    assert [text for text, many in said.items() if many > 1 and "doc(" not in text] == []
    assert names == sorted(set(names)) and {text for _, text in blocks} & set(said) == set()
    assert len({text for _, text in blocks}) == len(blocks)
    assert {name for name in names if used.get(name, 0) < 2} == set()


def test_no_code_of_a_register_is_left():
    files = [file for kind in ("*.sql", "*.yml", "*.md") for file in PROJECT.rglob(kind)]
    found = [(file.name, code) for file in files for code in re.findall(r"\b[NQR]\d{1,2}\b", file.read_text())]
    assert len(files) > 150 and found == []
