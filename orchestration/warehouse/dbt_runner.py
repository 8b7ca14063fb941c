"""dbt in this process, without Dagster: calls, and the project as dbt has parsed it.

dbt's command line would be started anew for every layer, which costs more than a small build does (docs/decisions.md).
What a call of dbt does is what the command line does; `lighter` only leaves out work whose result nobody sees.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.project import code
from orchestration.project.code import PROJECT
from orchestration.warehouse import spark
from orchestration.workspace import environment
from orchestration.workspace.errors import PulseError, one_line
from orchestration.workspace.files import replaced
from orchestration.workspace.layout import Workspace

WITHOUT_TABLES = {"parse", "compile"}  # dbt commands that ask the engine nothing
QUIET = ("--quiet", "--log-level", "none", "--log-level-file", "info", "--no-send-anonymous-usage-stats")
HOME = "/outlet-pulse-home"  # stands for the workspace in a parsed project, which is the same in every workspace


def dbt_arguments(command: str, select: list[str], variables: dict[str, Any], extra: Sequence[str] = ()) -> list[str]:
    """The command line of one dbt call. Unit tests judge the code, not the data, so they run in `make test`."""
    arguments = [command, *extra, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    if command == "build":
        # what dbt did is told to Dagster; writing its description of the project again takes seconds a layer
        arguments += ["--indirect-selection", "buildable", "--exclude-resource-type", "unit_test", "--no-write-json"]
    if select:
        arguments += ["--select", *select]
    return [*arguments, "--vars", json.dumps(variables)]


def invoke(workspace: Workspace, arguments: list[str], parsed: Any = None) -> Any:
    """Run dbt in this process and give the warehouse file back afterwards; returns dbt's own result.

    `parsed` is the project as an earlier call parsed it.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    os.environ["PULSE_HOME"] = str(workspace.home.resolve())
    os.environ["DBT_TARGET_PATH"] = str(workspace.dbt.resolve() / "target")
    os.environ["DBT_LOG_PATH"] = str(workspace.dbt.resolve() / "logs")
    if environment.on_spark() and arguments[0] not in WITHOUT_TABLES:
        spark.session(workspace)  # dbt works in the session that it finds
    before = os.umask(0o077)  # the warehouse holds contacts
    try:
        with lighter():
            return dbtRunner(manifest=parsed).invoke([*QUIET, *arguments])
    finally:
        os.umask(before)
        DuckDBConnectionManager.close_all_connections()


@contextmanager
def lighter() -> Iterator[None]:
    """Leave out of dbt work whose result nobody sees, while the block runs.

    - dbt makes a Jinja environment for each text that it renders; the environments are all alike, so one is shared.
    - dbt writes each debug event as text before it asks whether a log wants it; here none does.
    """
    from dbt_common.clients import jinja
    from dbt_common.events.base_types import EventLevel
    from dbt_common.events.event_manager import EventManager

    make_environment, fire_event = jinja.get_environment, EventManager.fire_event
    shared: dict[bool, Any] = {}

    def get_environment(node: Any = None, capture_macros: bool = False, native: bool = False) -> Any:
        if capture_macros:  # it names its node in what it reports as undefined
            return make_environment(node, capture_macros, native)
        if native not in shared:
            shared[native] = make_environment(None, False, native)
        return shared[native]

    def fire(self: Any, e: Any, level: Any = None, *given: Any, **named: Any) -> None:
        if (level or e.level_tag()) is not EventLevel.DEBUG:
            fire_event(self, e, level, *given, **named)

    jinja.get_environment, EventManager.fire_event = get_environment, fire  # type: ignore[method-assign]
    try:
        yield
    finally:
        jinja.get_environment, EventManager.fire_event = make_environment, fire_event  # type: ignore[method-assign]


@cache
def parsed_project(workspace: Workspace) -> Any:
    """The project as dbt parses it, for calls on this workspace; kept until the content of the project changes.

    Raises PulseError where dbt cannot parse it.
    """
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    manifest = Manifest.from_msgpack(_kept(workspace)[0].read_bytes(), decoder=extended_mashumuro_decoder)
    for source in manifest.sources.values():
        for meta in (source.meta, source.source_meta, source.config.meta):
            if HOME in str(meta.get("external_location", "")):
                meta["external_location"] = meta["external_location"].replace(HOME, str(workspace.home.resolve()))
        if source.relation_name:
            source.relation_name = source.relation_name.replace(HOME, str(workspace.home.resolve()))
    return manifest


def project_description(workspace: Workspace) -> dict[str, Any]:
    """The parsed project as dbt's manifest.json describes it."""
    return json.loads(_kept(workspace)[1].read_text())


def _kept(workspace: Workspace) -> tuple[Path, Path]:
    """The files that hold the parsed project, made where there are none for today's project."""
    folder = workspace.dbt / "parsed"
    name = f"{code.project_hash()[:16]}-{code.versions_hash()[:8]}-{environment.engine()}"
    parsed, described = folder / f"{name}.msgpack", folder / f"{name}.json"
    if not (parsed.exists() and described.exists()):
        _parse(workspace, parsed, described)
    return parsed, described


def _parse(workspace: Workspace, parsed: Path, described: Path) -> None:
    from dbt.parser.manifest import extended_mashumaro_encoder

    folder = parsed.parent
    folder.mkdir(parents=True, exist_ok=True)
    with environment.changed(
        PULSE_HOME=HOME,
        DBT_TARGET_PATH=str(folder.resolve() / "target"),
        DBT_LOG_PATH=str(workspace.dbt.resolve() / "logs"),
    ):
        from dbt.cli.main import dbtRunner

        with lighter():
            outcome = dbtRunner().invoke([*QUIET, "--no-write-json", *dbt_arguments("parse", [], {})])
    if not outcome.success:
        said = one_line(outcome.exception) if outcome.exception else "no message"
        raise PulseError(f"{PROJECT}: dbt cannot parse the project: {said}", code="bug")
    manifest: Any = outcome.result
    _replace(parsed, manifest.to_msgpack(extended_mashumaro_encoder))
    _replace(described, json.dumps(manifest.writable_manifest().to_dict(omit_none=False), default=str).encode())
    for file in folder.glob("*.*"):
        if file.is_file() and file.stem != parsed.stem:
            file.unlink(missing_ok=True)


def _replace(path: Path, content: bytes) -> None:
    with replaced(path, by_several=True) as beside:
        beside.write_bytes(content)


def compiled_views(workspace: Workspace, layer: str) -> dict[str, str]:
    """The views of a layer in DuckDB's spelling, in which they are published whatever engine builds the tables."""
    views = [
        node.name
        for node in parsed_project(workspace).nodes.values()
        if node.resource_type == "model" and node.schema == layer and node.config.materialized == "view"
    ]
    aside = Workspace(workspace.dbt / "readers")  # DuckDB opens a file even to compile
    aside.home.mkdir(exist_ok=True)
    try:
        outcome = invoke(aside, dbt_arguments("compile", views, {}, ["--target", "duckdb"]))
    finally:
        os.environ["PULSE_HOME"] = str(workspace.home.resolve())
    if not outcome.success:
        raise PulseError(f"dbt cannot compile {', '.join(views)}: {outcome.exception}", code="bug")
    compiled = {result.node.name: result.node.compiled_code for result in outcome.result.results}
    return {view: compiled[view] for view in views}  # dbt compiles their tests as well
