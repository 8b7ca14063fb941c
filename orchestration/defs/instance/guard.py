"""What Dagster's storages share here: whether their tables are there, and a second try after damage."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.engine import Engine

from orchestration.defs.instance.sqlite_files import ERRORS

TRIES = 3  # an event goes into two databases, and both can be damaged

Storage = TypeVar("Storage", bound=type)


def begun(engine: Engine) -> bool:
    """Whether Dagster's tables are there, with the version of their schema."""
    with engine.connect() as connection:
        asked = connection.exec_driver_sql("select name from sqlite_master where type = 'table'")
        if "alembic_version" not in asked.scalars().all():
            return False
        return bool(connection.exec_driver_sql("select count(*) from alembic_version").scalar())


def goes_on_after_damage(storage: Storage) -> Storage:
    """Let each public method of a storage try again when a damaged file was set aside."""

    def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            for _ in range(TRIES - 1):
                try:
                    return method(self, *args, **kwargs)
                except ERRORS as problem:
                    if not self.connections.mend(problem):
                        raise
            return method(self, *args, **kwargs)

        return call

    for name in dir(storage):
        method = inspect.getattr_static(storage, name)
        if inspect.isfunction(method) and not name.startswith("_"):
            setattr(storage, name, guarded(method))
    return storage
