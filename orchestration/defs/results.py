"""How a run ended, as a person reads it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg


@dataclass(frozen=True)
class FailedCheck:
    """A check that did not pass, as a person reads it."""

    name: str
    asset: str
    blocking: bool
    means: str
    unexpected: int
    checked: int
    sample: list = field(default_factory=list)
    tool_error: str | None = None

    @property
    def told(self) -> str:
        """The check in one line, without values of rows."""
        word = "tool error in" if self.tool_error else "failed" if self.blocking else "warning"
        counted = f"{self.unexpected:,} of {self.checked:,} rows; " if self.checked else ""
        return f"{word} {self.asset} {self.name}: {self.tool_error or counted + self.means}"


@dataclass(frozen=True)
class RunResult:
    """How a run ended."""

    success: bool
    passed_checks: int
    failed_checks: list[FailedCheck]
    errors: list[str]

    @property
    def told(self) -> list[str]:
        """Why it failed, one line a cause."""
        return [check.told for check in self.failed_checks if check.blocking] + self.errors


def of_run(instance: dg.DagsterInstance, run_id: str) -> RunResult:
    """How a run ended that another process executed."""
    judged, failed = dg.DagsterEventType.ASSET_CHECK_EVALUATION, dg.DagsterEventType.STEP_FAILURE
    events = [log.get_dagster_event() for log in instance.all_logs(run_id, of_type={judged, failed})]
    run = instance.get_run_by_id(run_id)
    return result_of(
        bool(run and run.is_success),
        [event.asset_check_evaluation_data for event in events if event.event_type is judged],
        [event for event in events if event.event_type is failed],
    )


def result_of(
    success: bool, checks: Sequence[dg.AssetCheckEvaluation], failures: Sequence[dg.DagsterEvent]
) -> RunResult:
    """How a run ended, from what its steps told."""
    return RunResult(
        success=success,
        passed_checks=sum(_rules(check) for check in checks if check.passed),
        failed_checks=[_failed(check) for check in checks if not check.passed],
        errors=[_one_line(event) for event in failures if _tells_more(event)],
    )


def _tells_more(event: dg.DagsterEvent) -> bool:
    """A step that only says that its checks failed adds nothing to what they say."""
    error = event.step_failure_data.error
    return error is not None and error.cls_name != "DagsterAssetCheckFailedError"


def _rules(check: dg.AssetCheckEvaluation) -> int:
    """How many rules a check checks: dbt's are one check a table."""
    found = check.metadata.get("rules_checked")
    return int(str(found.value)) if found else 1


def _failed(check: dg.AssetCheckEvaluation) -> FailedCheck:
    facts: dict[str, Any] = {name: value.value for name, value in check.metadata.items()}
    return FailedCheck(
        name=check.check_name,
        asset="/".join(check.asset_key.path),
        blocking=check.severity == dg.AssetCheckSeverity.ERROR,
        means=facts.get("means") or facts.get("message") or "",
        unexpected=facts.get("unexpected_count", facts.get("failing_rows", 0)),
        checked=facts.get("element_count", 0),
        sample=facts.get("sample") or [],
        tool_error=facts.get("tool_error"),
    )


def _one_line(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    error = data.error
    while error and error.cause:
        error = error.cause
    description = data.user_failure_data.description if data.user_failure_data else None
    return f"{event.step_key}: {description or ' '.join(error.message.split() if error else [])}"
