"""The note of a build: what publishing trusts, and from what the next build may continue."""

import os
import random

import pytest

from orchestration.project import code
from orchestration.warehouse.build_state import STEPS, BuildState
from orchestration.warehouse.inputs import NOT_BUILDING, Inputs
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace

PLAIN = Inputs(code="c", versions="v", settings="s", feeds="f", engine="duckdb", lake="one file")
NEW_FILE = Inputs(code="c", versions="v", settings="s", feeds="f", engine="duckdb", lake="two files")
CRITICAL = {"name": "x", "asset": "marts/y", "severity": "critical"}

# modules whose change builds the same, besides what people read, who is told, and how a command is called
OTHERS = """
checks/data_docs definitions defs/definitions defs/lake defs/metadata defs/results defs/runs defs/schedules
defs/sensors landing/dry_run landing/ledger pipeline/run_pipeline pipeline/verify project/code publishing/readers
warehouse/rules workspace/errors workspace/files workspace/layout workspace/lease workspace/progress workspace/signals
workspace/yml
"""


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    workspace = Workspace(tmp_path / "workspace")
    workspace.prepare()
    return workspace


def write_warehouse(workspace: Workspace) -> None:
    """As dbt does: the file has another time afterwards."""
    before = workspace.warehouse.stat().st_mtime_ns if workspace.warehouse.exists() else 0
    workspace.warehouse.write_bytes(b"built")
    os.utime(workspace.warehouse, ns=(before + 1, before + 1))


def step(workspace: Workspace, state: BuildState, name: str, *, whole: bool = True, failed=()) -> None:
    """One step as Dagster does it."""
    if name.startswith("checks"):
        state.end(workspace, name, passed=1, failed=list(failed))
        return
    state.start(workspace, name, whole=whole)
    write_warehouse(workspace)
    state.end(workspace, name) if whole else state.end_part(workspace)


def build(workspace: Workspace, inputs: Inputs = PLAIN, *, full: bool = False) -> BuildState:
    """A whole run up to its publish."""
    state = BuildState.begin(workspace, inputs, run_id="run", full=full)
    for name in STEPS:
        step(workspace, state, name)
    state.require_publishable(workspace)
    state.end_published(workspace, "generation")
    return state


def continues(workspace: Workspace, inputs: Inputs = NEW_FILE, *, full: bool = False) -> bool:
    """Whether the next build continues from what the warehouse holds."""
    state = BuildState.begin(workspace, inputs, full=full)
    state.start(workspace, "staging")
    return state.incremental


def refused(workspace: Workspace, state: BuildState) -> str:
    with pytest.raises(PulseError) as caught:
        state.require_publishable(workspace)
    return caught.value.told


def test_a_build_continues_from_one_that_was_published(workspace):
    assert not continues(workspace), "there is no warehouse yet"
    build(workspace)
    assert continues(workspace)
    assert not continues(workspace), "the build that continued was not published"
    build(workspace)
    assert not continues(workspace, full=True)
    build(workspace)
    write_warehouse(workspace)
    assert not continues(workspace), "somebody else wrote to the warehouse"


@pytest.mark.parametrize("part", ["code", "versions", "settings", "feeds", "engine"])
def test_a_build_under_other_conditions_is_a_full_one(workspace, part):
    build(workspace)
    assert not continues(workspace, Inputs(**{**vars(NEW_FILE), part: "another"}))


def test_a_build_for_a_date_continues_and_one_for_a_moment_does_not(workspace):
    build(workspace)
    assert continues(workspace, Inputs(**{**vars(NEW_FILE), "as_of": "2026-01-31"}))
    build(workspace)
    assert not continues(workspace, Inputs(**{**vars(NEW_FILE), "known_at": "2026-01-31T00:00:00"}))
    build(workspace, Inputs(**{**vars(PLAIN), "known_at": "2026-01-31T00:00:00"}))
    assert not continues(workspace), "it left out what came later"


def test_files_that_land_and_are_not_built_take_nothing_from_the_warehouse(workspace):
    build(workspace)
    BuildState.begin(workspace, NEW_FILE)
    assert continues(workspace)


@pytest.mark.parametrize("missing", STEPS)
def test_what_lacks_a_step_is_not_published(workspace, missing):
    state = BuildState.begin(workspace, PLAIN)
    for name in STEPS:
        if name != missing:
            step(workspace, state, name)
    told = refused(workspace, state)
    assert told.startswith("build: ") and missing in told


@pytest.mark.parametrize("again", [name for name in STEPS if not name.startswith("checks")])
def test_a_layer_that_is_built_again_takes_back_what_came_after_it(workspace, again):
    state = build(workspace)
    step(workspace, state, again)
    assert set(state.done) == set(STEPS[: STEPS.index(again) + 1])
    refused(workspace, state)


def test_a_part_of_a_layer_is_not_the_layer(workspace):
    state = build(workspace)
    step(workspace, state, "intermediate", whole=False)
    assert "intermediate" in refused(workspace, state)
    for name in STEPS[STEPS.index("checks of intermediate") :]:
        step(workspace, state, name)
    assert "intermediate" in refused(workspace, state)
    assert not continues(workspace)


def test_a_step_that_is_killed_does_not_count_and_the_next_build_is_a_full_one(workspace):
    build(workspace)
    state = BuildState.begin(workspace, NEW_FILE)
    state.start(workspace, "staging")
    write_warehouse(workspace)  # and here it is killed
    noted = BuildState.noted(workspace)
    assert noted and "staging" not in noted.done
    assert not continues(workspace)


def test_a_layer_that_is_begun_twice_is_built_anew(workspace):
    build(workspace)
    state = BuildState.begin(workspace, NEW_FILE)
    step(workspace, state, "checks of lake")
    step(workspace, state, "staging")
    state.start(workspace, "intermediate")
    assert state.incremental
    state.start(workspace, "intermediate")
    assert not state.incremental


def test_a_failed_critical_check_stops_the_publish_and_a_warning_does_not(workspace):
    state = build(workspace)
    step(workspace, state, "checks of marts", failed=[{**CRITICAL, "severity": "warning"}])
    state.require_publishable(workspace)
    step(workspace, state, "checks of marts", failed=[CRITICAL])
    assert "marts/y x" in refused(workspace, state)
    assert state.checks == {"passed": 4, "failed": [CRITICAL]}


def test_other_inputs_are_another_build(workspace):
    build(workspace)
    same = BuildState.of_step(workspace, "other run", lambda: PLAIN)
    assert same.done and same.generation == "generation"
    other = BuildState.of_step(workspace, "other run", lambda: NEW_FILE)
    assert not other.done
    told = refused(workspace, other)
    assert all(name in told for name in STEPS)


def test_the_steps_of_a_run_share_the_inputs_with_which_it_began(workspace):
    state = BuildState.begin(workspace, PLAIN, run_id="run")
    step(workspace, state, "checks of lake")

    def edited() -> Inputs:
        raise AssertionError("a feed file that is edited in mid-run belongs to the next run")

    assert "checks of lake" in BuildState.of_step(workspace, "run", edited).done


def test_contracts_are_compared_once_for_each_state_of_the_code(workspace):
    state = BuildState.begin(workspace, PLAIN)
    assert state.compares_contracts
    build(workspace)
    assert not BuildState.begin(workspace, NEW_FILE, full=True).compares_contracts
    assert BuildState.begin(workspace, Inputs(**{**vars(PLAIN), "code": "edited"})).compares_contracts


def test_a_note_that_cannot_be_read_is_none(workspace):
    build(workspace)
    note = workspace.dbt / "build.json"
    for text in ("", "{", "[]", '{"inputs": {}}', '{"goes_on": true, "begun": "x"}'):
        note.write_text(text)
        assert BuildState.noted(workspace) is None
        assert not continues(workspace)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_materialised_in_whatever_order_only_a_whole_build_is_published(workspace, seed, monkeypatch):
    """Random steps of random runs, files that land in between, kills, dbt by hand: against a plain account of them."""
    dice = random.Random(seed)
    lake, holds = 0, {name: None for name in STEPS}  # of which lake, and after which writes, a step speaks

    def inputs() -> Inputs:
        return Inputs(**{**vars(PLAIN), "lake": str(lake)})

    published = []
    for run in range(dice.randrange(1, 8)):
        whole_run = dice.random() < 0.4
        names = list(STEPS) if whole_run else dice.choices(STEPS, k=dice.randrange(1, 4))
        if whole_run:
            BuildState.begin(workspace, inputs(), run_id=str(run))
            holds = {name: None for name in STEPS}
        for name in names:
            if dice.random() < 0.1:
                lake += 1
            state = BuildState.of_step(workspace, str(run), inputs)
            if state.inputs.lake != str(lake) and state.run_id != str(run):
                raise AssertionError("a step of another run speaks of a lake that is gone")
            whole = name.startswith("checks") or dice.random() < 0.9
            killed = dice.random() < 0.05
            if killed and not name.startswith("checks"):
                state.start(workspace, name, whole=whole)
                write_warehouse(workspace)
            else:
                step(workspace, state, name, whole=whole)
            done = not (killed and not name.startswith("checks")) and whole
            if not name.startswith("checks"):
                for later in STEPS[STEPS.index(name) :]:
                    holds[later] = None
            holds[name] = state.inputs.lake if done else None
            if dice.random() < 0.05:
                write_warehouse(workspace)  # dbt by hand
                for later in STEPS[1:]:
                    holds[later] = None
        state = BuildState.of_step(workspace, "publish alone", inputs)
        covered = all(found == state.inputs.lake for found in holds.values())
        try:
            state.require_publishable(workspace)
        except PulseError:
            continue
        assert covered
        published.append(state.inputs.lake)
        state.end_published(workspace, "generation")
    assert all(int(found) <= lake for found in published)


def test_code_is_known_by_what_it_does():
    plain = '"""Says what."""\n\n\ndef twice(x: int) -> int:\n    return 2 * x\n'
    same = '# why\ndef twice(x: int) -> int:\n    """Another word."""\n    return (\n        2 * x  # comment\n    )\n'
    assert code.meaning(plain) == code.meaning(same)
    assert code.meaning(plain) != code.meaning(plain.replace("2 * x", "3 * x"))


def test_each_module_decides_what_is_built_or_is_known_not_to():
    names = {
        str(path.relative_to(code.PACKAGE).with_suffix(""))
        for path in code.PACKAGE.rglob("*.py")
        if path.name != "__init__.py"
    }
    assert set(code.BUILDS) <= names
    whole = ("alerts/", "cli/", "defs/instance/", "reports/")
    others = set(OTHERS.split())
    unknown = {name for name in names - set(code.BUILDS) - others if not name.startswith(whole)}
    assert not unknown, "name them in orchestration/project/code.py if they decide what a run builds, or here"


def test_a_file_time_decides_nothing_and_a_byte_does(tmp_path, monkeypatch):
    project = tmp_path / "dbt_project"
    (project / "models").mkdir(parents=True)
    model = project / "models" / "a.sql"
    model.write_text("select 1")
    monkeypatch.setattr(code, "ROOT", tmp_path)
    monkeypatch.setattr(code, "PROJECT", project)
    unkept = code.project_hash.__wrapped__
    before = unkept()
    os.utime(model, ns=(1, 1))
    (project / "target").mkdir()
    (project / "target" / "b.sql").write_text("select 2")
    assert unkept() == before
    model.write_text("select 2")
    os.utime(model, ns=(1, 1))
    assert unkept() != before


def test_settings_that_only_tell_people_build_nothing(workspace):
    before = Inputs.now(workspace)
    settings = workspace.home / "pulse.yml"
    settings.write_text("".join(f"{name}: x\n" for name in NOT_BUILDING))
    assert Inputs.now(workspace) == before
    settings.write_text("reporting_currency: USD\n")
    assert Inputs.now(workspace) != before
    settings.unlink()
    feed = workspace.feeds / "shop.yml"
    text = "feed: shop\ntime_zone: UTC\ncurrency: USD\ndelivers: daily\nentities: {}\n"
    feed.write_text(text)
    known = Inputs.now(workspace)
    assert known.feeds != before.feeds
    feed.write_text(f"# a comment\n{text}")
    assert Inputs.now(workspace) == known
