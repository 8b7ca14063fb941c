"""Great Expectations on tables of Spark, by its own support for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from orchestration import gx
from orchestration.gx import Outcome


def validate(session: Any, table: str, schema: str, expectations: list[dict]) -> list[Outcome]:
    """Judge one table of the session."""

    @contextmanager
    def opened() -> Iterator[Callable[[], tuple[Any, Any]]]:
        from great_expectations.execution_engine import SparkDFExecutionEngine

        frame = session.table(f"{schema}.{table}")
        # GX would set the session's own settings to what they are, and one of them cannot be set
        yield lambda: (SparkDFExecutionEngine(persist=False), frame)

    return gx.validate(opened(), expectations)
