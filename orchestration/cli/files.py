"""Files before a run: a sample workspace, landing, and a look at one file."""

import json
import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestration.cli.output import FAILED, FINE, QUARANTINED, AsJson, console
from orchestration.project.code import ROOT
from orchestration.workspace.layout import Workspace

EXAMPLES = ROOT / "examples"


class Example(StrEnum):
    """Workspaces that can be prepared for you."""

    story = "story"
    iowa = "iowa"


def sample(
    name: Annotated[Example, typer.Argument(help="story: an invented market. iowa: real orders, see --from.")],
    source: Annotated[Path | None, typer.Option("--from", help="Folder with the Iowa files.", exists=True)] = None,
    outlets: Annotated[int, typer.Option(help="Size of the story.", min=10)] = 1200,
    days: Annotated[int, typer.Option(help="Days of the story.", min=60)] = 420,
    seed: Annotated[int, typer.Option(help="Another seed, another market.")] = 7,
) -> None:
    """Prepare the workspace with sample data: feed files and landing files, nothing loaded yet."""
    from orchestration.workspace.lease import lease

    workspace = Workspace.current()
    with lease(workspace, "pulse sample"):
        if name is Example.story:
            from examples.story.generate import generate

            generate(workspace.home, outlets=outlets, days=days, seed=seed)
        else:
            if source is None:
                raise typer.BadParameter("iowa needs --from DIR, the folder with its files", param_hint="--from")
            workspace.feeds.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(EXAMPLES / "feeds" / f"{name.value}.yml", workspace.feeds / f"{name.value}.yml")
            landing = workspace.landing / name.value
            landing.mkdir(parents=True, exist_ok=True)
            for file in sorted(source.glob("*.parquet")):
                if not file.name.startswith("reference_"):
                    shutil.copyfile(file, landing / file.name)
    console.print(f"{workspace.home} is ready with {name.value}. Next: pulse run", highlight=False)


def land_command(as_json: AsJson = False) -> None:
    """Take in the new files of the landing folder, without building anything."""
    from orchestration.cli.outcome import landing_as_dict, show_landing
    from orchestration.landing.land import land
    from orchestration.workspace.lease import lease

    workspace = Workspace.current()
    with lease(workspace, "pulse land"):
        report = land(workspace)
    print(json.dumps(landing_as_dict(report), indent=1)) if as_json else show_landing(console, report)
    raise typer.Exit(QUARANTINED if any(f.quarantined or f.is_refused for f in report.files) else FINE)


def doctor(
    file: Annotated[Path, typer.Argument(help="A file as delivered.", exists=True, dir_okay=False)],
    feed: Annotated[str, typer.Option("--feed", help="Name of the feed in the workspace, or a feed file.")],
    as_json: AsJson = False,
) -> None:
    """Read a file by a feed without landing it: what would be accepted and rejected, and why."""
    from orchestration.landing.dry_run import examine

    report = examine(Workspace.current(), file, feed)
    print(json.dumps(doctor_as_dict(report), indent=1, default=str)) if as_json else show_doctor(console, report)
    facts = doctor_as_dict(report)
    if any(part["status"] == "refused" for part in facts["parts"]):
        raise typer.Exit(FAILED)
    raise typer.Exit(QUARANTINED if any(part["quarantined"] for part in facts["parts"]) else FINE)


def doctor_as_dict(report: Any) -> dict:
    """What the doctor found, for scripts."""
    return {"parts": [vars(part) for part in report]}


def show_doctor(console: Console, report: Any) -> None:
    """Print what would be accepted and rejected, and why."""
    for part in report:
        if part.status == "refused":
            console.print(f"{part.entity}: would be refused. {part.reason}", style="red", markup=False, soft_wrap=True)
            continue
        console.print(
            f"{part.entity}: {part.read:,} rows, {part.accepted:,} would be accepted, {part.duplicate:,} repeated, "
            f"{part.quarantined:,} quarantined",
            highlight=False,
        )
        for problem in part.problems:
            console.print(f"  {problem}", style="yellow", markup=False, soft_wrap=True)
