"""What a build is made from, by hashes: where none of them has changed, there is nothing to do."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace

from orchestration.landing.feeds import load_feeds
from orchestration.landing.ledger import Ledger
from orchestration.project import code
from orchestration.workspace import environment
from orchestration.workspace.layout import Workspace
from orchestration.workspace.settings import settings

# settings that change who hears of a run and when it starts, not what it builds
NOT_BUILDING = {
    "notify",
    "notify_owners",
    "notify_limit",
    "run_limit_minutes",
    "schedule",
    "schedule_time_zone",
    "run_on_arrival",
    "owners",
}


@dataclass(frozen=True)
class Inputs:
    """Hashes of all that decides what a build makes."""

    code: str
    versions: str
    settings: str
    feeds: str
    engine: str
    lake: str
    as_of: str = ""
    known_at: str = ""

    @classmethod
    def now(cls, workspace: Workspace, as_of: str = "", known_at: str = "") -> "Inputs":
        """The inputs as they are; `as_of` and `known_at` are the date and the moment asked for."""
        building = {name: value for name, value in settings(workspace).items() if name not in NOT_BUILDING}
        feeds = {name: feed.model_dump_json() for name, feed in load_feeds(workspace.feeds).items()}
        return cls(
            code=code.build_hash(),
            versions=code.versions_hash(),
            settings=_hash(json.dumps(building, sort_keys=True, default=str)),
            feeds=_hash(json.dumps(feeds, sort_keys=True)),
            engine=environment.engine(),
            lake=_lake(workspace),
            as_of=as_of,
            known_at=known_at,
        )

    def landed(self, workspace: Workspace) -> "Inputs":
        """The same after files have landed."""
        return replace(self, lake=_lake(workspace))

    def reads_alike(self, other: "Inputs") -> bool:
        """Whether both make the same of the same files: then a build can continue from the other."""
        anyway = {"lake": "", "as_of": "", "known_at": ""}
        return replace(self, **anyway) == replace(other, **anyway)

    @property
    def fingerprint(self) -> str:
        """One hash of all of them."""
        return _hash(json.dumps(asdict(self), sort_keys=True))


def _lake(workspace: Workspace) -> str:
    with Ledger(workspace) as ledger:
        return _hash(repr(ledger.landed()))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
