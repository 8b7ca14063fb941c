"""Great Expectations pushed down as SQL on DuckDB.

GX 1.24 cannot read DuckDB over SQLAlchemy (great_expectations #10738; a native engine is the open PR #12084), so
DuckDB is presented to it as PostgreSQL. GX's validator runs without a data context: no files, telemetry or bars.
Once #12084 ships, everything but `Outcome` and `validate` can go.
"""

import datetime
import math
import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import duckdb
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect, PGIdentifierPreparer

SAMPLE_SIZE = 10
registry.register("postgresql.gx_duckdb", __name__, "DuckDBAsPostgres")


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


class _Connection:
    def __init__(self, raw: duckdb.DuckDBPyConnection) -> None:
        self.raw = raw
        self.reader: _Cursor | None = None

    def cursor(self) -> "_Cursor":
        return _Cursor(self)

    def close(self) -> None:
        """GX disposes of its engine whenever Python collects it, even while another one works; `validate` closes."""


class _Cursor:
    """Rows stay in DuckDB until read: GX reads 200 rows of a query that may return millions."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, parameters: Sequence = ()) -> None:
        self._connection.reader = self
        self._connection.raw.execute(statement, list(parameters))

    def close(self) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        # One connection holds one result: a late reader would silently get another query's rows.
        if self._connection.reader is not self:
            raise duckdb.InternalError("this result was replaced by a later query")
        return getattr(self._connection.raw, name)


class _Compiler(PGCompiler):
    def visit_custom_op_binary(self, element: Any, operator: Any, **kw: Any) -> str:
        # In DuckDB `~` wants the whole value to match, in PostgreSQL any part of it.
        if operator.opstring in ("~", "!~"):
            match = f"regexp_matches({self.process(element.left, **kw)}, {self.process(element.right, **kw)})"
            return match if operator.opstring == "~" else f"(NOT {match})"
        return super().visit_custom_op_binary(element, operator, **kw)


class _Quoting(PGIdentifierPreparer):
    def _requires_quotes(self, value: str) -> bool:
        return True  # the reserved words are DuckDB's, not PostgreSQL's

    def quote_schema(self, schema: str, force: Any = None) -> str:
        return ".".join(map(self.quote, schema.split(".")))  # "warehouse.marts": a schema of an attached database


class _Type(sa.types.UserDefinedType):
    """A type under DuckDB's own name, such as `DECIMAL(10,2)`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


class DuckDBAsPostgres(PGDialect):
    driver = "gx_duckdb"
    statement_compiler = _Compiler
    preparer = _Quoting
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        return duckdb

    def initialize(self, connection: sa.Connection) -> None:
        self.default_schema_name = "main"

    def _no_transaction(self, dbapi_connection: Any) -> None:
        """GX reads a result after its transaction has ended, and ending one drops the result (#10738)."""

    do_begin = do_commit = do_rollback = _no_transaction

    def get_columns(self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any) -> list:
        name = self.identifier_preparer.format_table(sa.table(table_name, schema=schema))
        described = connection.exec_driver_sql(f"DESCRIBE {name}").fetchall()
        return [{"name": row[0], "type": _Type(row[1]), "nullable": True, "default": None} for row in described]

    def get_pk_constraint(self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any) -> Any:
        return {"constrained_columns": [], "name": None}


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


def _run(engine: sa.Engine, table: str, schema: str, configurations: dict[int, Any]) -> dict[int, Outcome]:
    from great_expectations.core.batch import Batch
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from great_expectations.validator.validator import Validator

    try:
        execution = SqlAlchemyExecutionEngine(engine=engine, create_temp_table=False)
        data: Any = SqlAlchemyBatchData(execution, table_name=sa.quoted_name(table, quote=True), schema_name=schema)
        validator = Validator(execution, batches=[Batch(data=data)])
        validator.metrics_calculator.show_progress_bars = False
        results: list[Any] = validator.graph_validate(list(configurations.values()))
        return {result.expectation_config.meta["position"]: _outcome(result) for result in results}
    except Exception as error:
        return {position: _tool_error(error) for position in configurations}


def validate(
    connect: Callable[[], duckdb.DuckDBPyConnection], table: str, schema: str, expectations: list[dict]
) -> list[Outcome]:
    """Judge one table; `connect` is called once and its connection is closed before the return."""
    outcomes, configurations = {}, {}
    for position, expectation in enumerate(expectations):
        try:
            configurations[position] = _configuration(position, **expectation)
        except Exception as error:
            outcomes[position] = _tool_error(error)
    try:
        with closing(connect()) as raw:
            connection = _Connection(raw)
            engine = sa.create_engine("postgresql+gx_duckdb://", creator=lambda: connection, poolclass=sa.StaticPool)
            sa.inspect(engine).get_columns(table, schema)
            outcomes |= _run(engine, table, schema, configurations)
            # GX asks many questions in one query and blames all that fail in it on the last one.
            for position in [position for position in configurations if outcomes[position].error]:
                outcomes |= _run(engine, table, schema, {position: configurations[position]})
    except (duckdb.Error, sa.exc.SQLAlchemyError) as error:
        return [_tool_error(error) for _ in expectations]
    return [outcomes[position] for position in range(len(expectations))]
