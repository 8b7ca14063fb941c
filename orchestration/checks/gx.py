"""Great Expectations without a data context (no files, telemetry or bars): what is the same on each engine."""

import datetime
import math
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any

SAMPLE_SIZE = 10
# GX imports pyspark wherever it is installed, and that warns of a pandas newer than itself
warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")
# GX imports these for expectations about distributions, which few suites have; both are large
HEAVY = ("altair", "scipy.stats")


class _WhenUsed(ModuleType):
    """Stands for a module until something of it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked of every module by those who look through all of them
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


@contextmanager
def light_imports() -> Iterator[None]:
    """Import GX within the block without what it rarely uses."""
    stand_ins = {name: _WhenUsed(name) for name in HEAVY if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            sys.modules.pop(name, None)


@dataclass(frozen=True)
class Outcome:
    """`error` says that the expectation could not run; data was judged only when it is None."""

    success: bool
    error: str | None = None
    observed: object | None = None
    element_count: int | None = None
    unexpected_count: int | None = None
    unexpected_percent: float | None = None
    sample: list = field(default_factory=list)


def _json_ready(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _json_ready(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_json_ready(item) for item in value]
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if isinstance(value, (str, int, type(None))) else str(value)


def _tool_error(message: object) -> Outcome:
    told = re.split(r"\[SQL:|LINE \d+:|Traceback", str(message))[0]
    return Outcome(False, error=" ".join(told.split())[:300] or "no message")


def _outcome(result: Any) -> Outcome:
    # GX reports one exception, or a dictionary of them by failed metric.
    info = result.exception_info or {}
    for raised in [info] if "raised_exception" in info else info.values():
        if raised["raised_exception"]:
            return _tool_error(raised["exception_message"])
    found = _json_ready(result.result)
    rows = (found.get("details") or {}).get("unexpected_rows") or found.get("partial_unexpected_index_list")
    return Outcome(
        bool(result.success),
        sample=(rows or found.get("partial_unexpected_list") or [])[:SAMPLE_SIZE],
        observed=found.get("observed_value"),
        **{name: found.get(name) for name in ("element_count", "unexpected_count", "unexpected_percent")},
    )


def _configuration(position: int, type: str, kwargs: dict | None = None, keys: Sequence[str] = ()) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    # Only COMPLETE shows the rows of a query; on a column it would count every bad value one by one.
    detail = "COMPLETE" if type == "unexpected_rows_expectation" else "SUMMARY"
    form = {"result_format": detail, "partial_unexpected_count": SAMPLE_SIZE, "return_unexpected_index_query": False}
    if keys:
        form["unexpected_index_column_names"] = list(keys)
    given = {**(kwargs or {}), "result_format": form}
    configuration = ExpectationConfiguration(type=type, kwargs=given, meta={"position": position})
    configuration.to_domain_obj()  # refuses an unknown type or argument here, where it spoils no other expectation
    return configuration


def _run(execution: Any, data: Any, configurations: dict[int, Any]) -> dict[int, Outcome]:
    from great_expectations.core.batch import Batch
    from great_expectations.validator.validator import Validator

    validator = Validator(execution, batches=[Batch(data=data)])
    validator.metrics_calculator.show_progress_bars = False
    results: list[Any] = validator.graph_validate(list(configurations.values()))
    return {result.expectation_config.meta["position"]: _outcome(result) for result in results}


def validate(opened: AbstractContextManager[Callable[[], tuple[Any, Any]]], expectations: list[dict]) -> list[Outcome]:
    """Judge one table; `opened` gives what makes GX's execution engine and its data, and is left before the return."""
    with light_imports():
        import great_expectations.expectations  # noqa: F401
    outcomes, configurations = {}, {}
    for position, expectation in enumerate(expectations):
        try:
            configurations[position] = _configuration(position, **expectation)
        except Exception as error:
            outcomes[position] = _tool_error(error)

    def judge(asked: dict[int, Any]) -> dict[int, Outcome]:
        try:
            return _run(*data(), asked)
        except Exception as error:
            return {position: _tool_error(error) for position in asked}

    try:
        with opened as data:
            outcomes |= judge(configurations)
            # GX asks many questions in one query and blames all that fail in it on the last one.
            for position in [position for position in configurations if outcomes[position].error]:
                outcomes |= judge({position: configurations[position]})
    except Exception as error:
        return [_tool_error(error) for _ in expectations]
    return [outcomes[position] for position in range(len(expectations))]
