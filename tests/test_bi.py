"""docs/bi.md holds what it says: its examples run where their tools are, and agree with the mart.

PULSE_BI_PYTHON names a Python that has what the project's own has not, such as duckdb-engine; NODE_PATH the folder with
@duckdb/node-api.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec

import duckdb
import pytest

from orchestration.publishing.readers import shown_by
from orchestration.workspace.layout import Workspace
from tests.conftest import ROOT
from tests.publishing import publish_again

PAGE = (ROOT / "docs" / "bi.md").read_text()
EXAMPLES = re.findall(r"```(python|javascript|r)\n(.*?)```", PAGE, re.DOTALL)
PYTHON = os.environ.get("PULSE_BI_PYTHON")
TYPES = {"VARCHAR", "INTEGER", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"}
DECIMAL_DIGITS = 28  # as many as .NET's decimal holds, and so Power BI


def imported(code: str) -> list[str]:
    """The packages that a piece of Python needs."""
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    return sorted({name.split(".")[0] for name in names})


def command(language: str, code: str) -> list[str]:
    if language == "python":
        missing = [package for package in imported(code) if not find_spec(package)]
        if missing and not PYTHON:
            pytest.skip(f"not installed: {', '.join(missing)} (PULSE_BI_PYTHON)")
        return [PYTHON if missing and PYTHON else sys.executable, "-c", code]
    if language == "javascript":
        if not shutil.which("node") or "NODE_PATH" not in os.environ:
            pytest.skip("not installed: node with @duckdb/node-api (NODE_PATH)")
        return ["node", "-e", code]
    if not shutil.which("Rscript") or "RETICULATE_PYTHON" not in os.environ:
        pytest.skip("not installed: R with reticulate (RETICULATE_PYTHON)")
    return ["Rscript", "-e", code]


@pytest.mark.parametrize(("language", "code"), EXAMPLES, ids=[f"{kind}-{n}" for n, (kind, _) in enumerate(EXAMPLES)])
def test_examples_of_the_page(story, tmp_path, language, code):
    (tmp_path / "workspace").symlink_to(story.home)
    done = subprocess.run(command(language, code), cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (outlets,) = story.ask("select sum(inactive_outlets) from rpt_beat_silence where window_days = 60").pop()
    assert float(done.stdout.split()[-1]) == outlets > 0


def test_no_column_has_a_type_that_tools_do_not_know(story):
    columns = story.ask("select table_name, column_name, data_type from information_schema.columns")
    assert len({table for table, _, _ in columns}) > 50
    strange = [
        (table, column, kind)
        for table, column, kind in columns
        if kind not in TYPES
        and not ((digits := re.fullmatch(r"DECIMAL\((\d+),\d+\)", kind)) and int(digits[1]) <= DECIMAL_DIGITS)
    ]
    assert not strange


def test_a_process_sees_the_next_generation_when_its_last_connection_is_closed(story, tmp_path):
    workspace = Workspace(story.copied(tmp_path / "workspace").home)

    def connected() -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(workspace.published / "marts.duckdb"), read_only=True)

    def generation(marts: duckdb.DuckDBPyConnection) -> str:
        marts.execute("select count(*) from rpt_beat_silence").fetchall()
        return shown_by(workspace, marts)["generation"]

    with connected() as kept:
        before = generation(kept)
        after = publish_again(workspace, "0" * 8)["generation"]
        assert generation(kept) == before
        with connected() as another:
            assert generation(another) == before
    with connected() as anew:
        assert generation(anew) == after
