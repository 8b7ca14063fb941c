"""Great Expectations pushed down as SQL on DuckDB.

GX 1.24 cannot read DuckDB over SQLAlchemy (great_expectations #10738; a native engine is the open PR #12084), so
DuckDB is presented to it as PostgreSQL. Once #12084 ships, everything but `validate` can go.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import duckdb
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect, PGIdentifierPreparer

from orchestration.checks import gx
from orchestration.checks.gx import Outcome

registry.register("postgresql.gx_duckdb", __name__, "DuckDBAsPostgres")


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


def _execution(engine: sa.Engine, table: str, schema: str) -> tuple[Any, Any]:
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData

    execution = SqlAlchemyExecutionEngine(engine=engine, create_temp_table=False)
    return execution, SqlAlchemyBatchData(execution, table_name=sa.quoted_name(table, quote=True), schema_name=schema)


def validate(
    connect: Callable[[], duckdb.DuckDBPyConnection], table: str, schema: str, expectations: list[dict]
) -> list[Outcome]:
    """Judge one table; `connect` is called once and its connection is closed before the return."""

    @contextmanager
    def opened() -> Iterator[Callable[[], tuple[Any, Any]]]:
        with closing(connect()) as raw:
            connection = _Connection(raw)
            engine = sa.create_engine("postgresql+gx_duckdb://", creator=lambda: connection, poolclass=sa.StaticPool)
            sa.inspect(engine).get_columns(table, schema)
            yield lambda: _execution(engine, table, schema)

    return gx.validate(opened(), expectations)
