"""Great Expectations on tables of Spark, by its own support for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from orchestration.checks import gx
from orchestration.checks.gx import Outcome


def validate(session: Any, schema: str, table: str, expectations: list[dict]) -> list[Outcome]:
    """Judge one table of the session."""

    @contextmanager
    def opened() -> Iterator[Callable[[], tuple[Any, Any]]]:
        from great_expectations.execution_engine import SparkDFExecutionEngine

        frame = session.table(f"{schema}.{table}")
        yield lambda: (SparkDFExecutionEngine(persist=False), frame)

    return gx.validate(opened(), expectations)
