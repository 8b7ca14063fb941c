"""Great Expectations' Data Docs of the last runs: what was checked, what it means, and how many rows were against it.

docs/checks/<run>/<layer>.<table>.html   a page as GX renders it, without any value of a row
docs/checks/latest                       the newest run
docs/checks/index.html                   the runs, newest first
"""

import json
import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.project.suites import Expectation
from orchestration.workspace.files import pointed
from orchestration.workspace.layout import Workspace

KEPT_RUNS = 10
HERE = Path(__file__).parent
# GX's pages load a dozen files from other hosts, one of them an image that counts readers, and link to pages of a site
# that is not built here
ELSEWHERE = re.compile(
    r"<script.*?</script>|<link[^>]+>|<img[^>]+>|url\('?https?:[^)]*\)|<footer.*?</footer>|<nav.*?</nav>"
    r"|<a href=\"\.\./[^>]*>(?P<words>.*?)</a>",
    re.DOTALL,
)


def write(workspace: Workspace, run_id: str, layer: str, judged: Sequence[tuple[Expectation, Any]]) -> None:
    """Add the pages of one layer to the run's, and name the run in the index."""
    root = workspace.docs / "checks"
    folder = root / run_id
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "run.json"
    began = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    run = json.loads(note.read_text()) if note.exists() else {"run": run_id, "began": began, "pages": {}}
    for table in dict.fromkeys(expectation.table for expectation, _ in judged):
        suite = [(e, outcome) for e, outcome in judged if e.table == table]
        (folder / f"{layer}.{table}.html").write_text(_page(f"{layer}.{table}", run, suite), encoding="utf-8")
        failed = [e for e, outcome in suite if not outcome.success]
        run["pages"][f"{layer}.{table}"] = {
            "checks": len(suite),
            "blocking": [e.means for e in failed if e.blocking],
            "warning": [e.means for e in failed if not e.blocking],
        }
    note.write_text(json.dumps(run))
    pointed(root / "latest", Path(run_id))
    _index(root)


def _page(name: str, run: dict, suite: Sequence[tuple[Expectation, Any]]) -> str:
    from great_expectations.core import ExpectationSuiteValidationResult, RunIdentifier

    renderer, view = _gx()
    results = [_result(expectation, outcome) for expectation, outcome in suite]
    passed = sum(result.success for result in results)
    validated = ExpectationSuiteValidationResult(
        success=passed == len(results),
        results=results,
        suite_name=name,
        meta={"run_id": RunIdentifier(run["run"], run["began"]).to_json_dict()},
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(results) - passed,
            "success_percent": 100 * passed / len(results),
        },
    )
    html = ELSEWHERE.sub(lambda found: found["words"] or "", view.render(renderer.render(validated)))
    styled = html.replace("</head>", f"<style>{(HERE / 'data_docs.css').read_text()}</style></head>", 1)
    return styled.replace("<body>", f'<body><p><a href="../index.html">All runs</a></p><h1>{name}</h1>', 1)


@cache
def _gx() -> tuple[Any, Any]:
    # one view for all pages: it compiles its templates once
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    return ValidationResultsPageRenderer(), DefaultJinjaPageView()


def _result(expectation: Expectation, outcome: Any) -> Any:
    """The outcome as GX's renderer takes it: counts and numbers; no value that a source wrote."""
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    counted: dict[str, Any] = {
        "element_count": outcome.element_count or 0,
        "unexpected_count": outcome.unexpected_count or 0,
        "unexpected_percent": outcome.unexpected_percent or 0.0,
        "partial_unexpected_list": [],
    }
    if isinstance(outcome.observed, int | float):
        counted["observed_value"] = outcome.observed
    return ExpectationValidationResult(
        success=outcome.success and not outcome.error,
        expectation_config=ExpectationConfiguration(
            type=expectation.type, kwargs=expectation.kwargs, description=expectation.means, meta={}
        ),
        result=counted,
    )


def _index(root: Path) -> None:
    from jinja2 import Environment, FileSystemLoader

    notes = [path for path in root.glob("*/run.json") if not path.parent.is_symlink()]
    runs = sorted((json.loads(path.read_text()) for path in notes), key=lambda run: (run["began"], run["run"]))[::-1]
    for run in runs[KEPT_RUNS:]:
        shutil.rmtree(root / run["run"])
    page = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True).get_template("data_docs.html")
    styled = {"style": (HERE / "data_docs.css").read_text(), "runs": runs[:KEPT_RUNS]}
    (root / "index.html").write_text(page.render(styled), encoding="utf-8")
