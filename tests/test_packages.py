"""The packages of orchestration/: what import-linter (`make lint`) does not see."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "orchestration"
MODULES = sorted(PACKAGE.rglob("*.py"))
ENVIRONMENT = PACKAGE / "workspace" / "environment.py"


def reads_of_the_environment(source: str) -> Iterator[int]:
    """The lines that read one variable; setting one for another program, or passing all of them on, is no read."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            read = ast.unparse(node.value) == "os.environ"
        else:
            read = isinstance(node, ast.Call) and ast.unparse(node.func) in {"os.environ.get", "os.getenv"}
        if read:
            yield node.lineno


def test_one_module_reads_the_environment():
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in MODULES
        if path != ENVIRONMENT
        for line in reads_of_the_environment(path.read_text())
    }
    assert not found, "read it in orchestration/workspace/environment.py"
    assert list(reads_of_the_environment(ENVIRONMENT.read_text()))


@pytest.mark.parametrize("line", ["os.environ['A']", "os.environ.get('A')", "os.getenv('A', '')"])
def test_a_read_of_the_environment_is_noticed(line):
    assert list(reads_of_the_environment(f"import os\nx = {line}\n")) == [2]
    assert not list(reads_of_the_environment("import os\nos.environ['A'] = 'b'\nx = {**os.environ}\n"))


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES}), ids=lambda path: path.name)
def test_a_folder_and_its_files_can_be_read(folder: Path):
    assert len([path for path in folder.iterdir() if path.is_file()]) <= 15
    for path in folder.glob("*.py"):
        assert len(path.read_text().splitlines()) <= 300, path


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*/**/__init__.py")), ids=lambda path: path.parent.name)
def test_a_package_says_what_it_is_for_and_nothing_else(path: Path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    more = [ast.unparse(node) for node in tree.body[1:]]
    # the entry point of the command is named in pyproject.toml and in what was installed before
    assert more == (["from orchestration.cli.command import main as main"] if path.parent.name == "cli" else [])
