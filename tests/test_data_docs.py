"""Data Docs: sentences and counts of the last runs, and nothing that a source wrote."""

import re

import pytest

from orchestration.checks import data_docs
from orchestration.checks.gx import Outcome
from orchestration.project.suites import Expectation
from orchestration.workspace.layout import Workspace

PHONE = "+40 712 345 678"
MEANS = "Each outlet has a name; a list of numbers is hard to work from."
FOUND = Outcome(False, observed=PHONE, element_count=40, unexpected_count=3, unexpected_percent=7.5, sample=[PHONE])


def expectation(table: str = "outlets", severity: str = "critical") -> Expectation:
    column = {"column": "contact_phone"}
    return Expectation("lake", table, "named", "expect_column_values_to_not_be_null", MEANS, column, severity)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path)


def pages(workspace: Workspace) -> dict[str, str]:
    root = workspace.docs / "checks"
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def test_a_failure_reads_as_a_sentence_with_its_count_and_without_a_value(workspace):
    data_docs.write(workspace, "r1", "lake", [(expectation(), FOUND), (expectation("orders"), Outcome(True))])
    written = pages(workspace)
    page = written["r1/lake.outlets.html"]
    assert MEANS in page and re.search(r"3\s+unexpected values found.*7\.5%", page, re.DOTALL)
    assert MEANS in written["index.html"] and "1 tables passed" in written["index.html"]
    assert not [name for name, text in written.items() if PHONE in text or "712" in text]


def test_no_page_loads_or_names_another_host(workspace):
    data_docs.write(workspace, "r1", "lake", [(expectation(), FOUND)])
    for text in pages(workspace).values():
        assert not re.findall(r"https?://|<script|<link|<img", text)


def test_a_link_of_a_page_leads_to_one_that_exists(workspace):
    data_docs.write(workspace, "r1", "lake", [(expectation(), FOUND), (expectation("orders"), Outcome(True))])
    root = workspace.docs / "checks"
    for path in [root / "index.html", *root.glob("latest/*.html")]:
        for link in re.findall(r'href="([^"#]+)"', path.read_text()):
            assert (path.parent / link).exists(), (path, link)


def test_a_warning_is_no_failure(workspace):
    data_docs.write(workspace, "r1", "lake", [(expectation(severity="warning"), FOUND)])
    index = pages(workspace)["index.html"]
    assert 'class="warns"' in index and 'class="failed"' not in index


def test_layers_of_a_run_stand_together_and_the_last_runs_stay(workspace):
    for number in range(data_docs.KEPT_RUNS + 3):
        data_docs.write(workspace, f"r{number:02}", "lake", [(expectation(), FOUND)])
        data_docs.write(workspace, f"r{number:02}", "marts", [(expectation("dim_outlets"), FOUND)])
    kept = {name.split("/")[0] for name in pages(workspace) if "/" in name} - {"latest"}
    assert kept == {f"r{number:02}" for number in range(3, data_docs.KEPT_RUNS + 3)}
    assert (workspace.docs / "checks" / "latest").resolve().name == "r12"
    assert {"r12/lake.outlets.html", "r12/marts.dim_outlets.html"} <= set(pages(workspace))


def test_a_check_that_could_not_run_has_failed(workspace):
    data_docs.write(workspace, "r1", "lake", [(expectation(), Outcome(False, error="no such column"))])
    assert 'class="failed"' in pages(workspace)["index.html"]


def test_a_run_has_its_pages(story):
    root = Workspace(story.home).docs / "checks"
    assert "tables passed" in (root / "index.html").read_text()
    assert len(list((root / "latest").glob("*.html"))) > 30
    size = sum(path.stat().st_size for path in (root / "latest").glob("*"))
    assert size < 2_000_000
