"""What Dagster's pages say of an asset beyond its table: who owns it, how old it may be, where more is written."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from orchestration.defs.checks import asset_key
from orchestration.landing.feeds import Feed, load_feeds
from orchestration.landing.ledger import Ledger
from orchestration.project.suites import LAYERS, load_suites
from orchestration.workspace.environment import docs_address
from orchestration.workspace.errors import SettingsWrong
from orchestration.workspace.layout import Workspace
from orchestration.workspace.settings import settings

# a delivery may be missed once before somebody is told, and twice before it is red
WARNS_AFTER = {
    "hourly": timedelta(hours=2),
    "daily": timedelta(hours=36),
    "weekly": timedelta(days=8),
    "monthly": timedelta(days=33),
}
FAILS_AFTER = {
    "hourly": timedelta(hours=3),
    "daily": timedelta(hours=60),
    "weekly": timedelta(days=15),
    "monthly": timedelta(days=63),
}


def freshness(rhythm: str) -> dg.FreshnessPolicy:
    """How old an asset may be that something feeds in this rhythm."""
    return dg.FreshnessPolicy.time_window(warn_window=WARNS_AFTER[rhythm], fail_window=FAILS_AFTER[rhythm])


def feed_assets(workspace: Workspace) -> list[dg.AssetSpec]:
    """The feeds of the workspace, which others deliver; landing says when one came."""
    return [_feed_asset(feed) for feed in load_feeds(workspace.feeds).values()]


def _feed_asset(feed: Feed) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["feeds", feed.feed],
        group_name="feeds",
        description=feed.description or f"What {feed.feed} delivers {feed.delivers}.",
        kinds={"file"},
        freshness_policy=freshness(feed.delivers),
        metadata={"delivers": feed.delivers, "time_zone": feed.time_zone, "entities": ", ".join(feed.entities)},
    )


def deliveries(workspace: Workspace, instance: dg.DagsterInstance) -> list[dg.AssetMaterialization]:
    """An event for each feed that has delivered since its last one, whoever landed the files."""
    newest: dict[str, str] = {}
    with Ledger(workspace) as ledger:
        for file in ledger.files():
            if file.status == "landed":
                newest[file.feed] = max(file.loaded_at, newest.get(file.feed, ""))
        totals = {total["feed"]: total for total in ledger.totals()}
    events = []
    for feed, loaded_at in newest.items():
        key = dg.AssetKey(["feeds", feed])
        last = instance.get_latest_materialization_event(key)
        told = last.asset_materialization.metadata.get("loaded_at") if last and last.asset_materialization else None
        if told is None or told.value != loaded_at:
            facts = {name: totals[feed][name] for name in ("files_landed", "rows_accepted", "rows_quarantined")}
            events.append(dg.AssetMaterialization(key, metadata={"loaded_at": loaded_at, **facts}))
    return events


def described(assets: Sequence[Any], workspace: Workspace) -> list[Any]:
    """The same assets with owners, freshness and links."""
    feeds = list(load_feeds(workspace.feeds).values())
    rhythm = min((feed.delivers for feed in feeds), key=list(WARNS_AFTER).index, default="daily")
    owners = settings(workspace).get("owners") or ["team:data"]
    if not isinstance(owners, list) or not all(isinstance(owner, str) for owner in owners):
        raise SettingsWrong(f"{workspace.home / 'pulse.yml'}, owners: expected a list such as [ana@example.com]")
    checked = {asset_key(e) for layer in LAYERS for e in load_suites(layer)}
    docs = docs_address()

    def with_more(spec: dg.AssetSpec) -> dg.AssetSpec:
        layer, name = spec.key.path[0], spec.key.path[-1]
        links = {}
        if "dbt" in spec.kinds:
            links["dbt_docs"] = dg.MetadataValue.url(f"{docs}/dbt/index.html#!/model/model.outlet_pulse.{name}")
        if spec.key in checked:
            links["data_docs"] = dg.MetadataValue.url(f"{docs}/checks/latest/{layer}.{name}.html")
        more: dict[str, Any] = {"owners": owners, "metadata": {**spec.metadata, **links}}
        if layer == "lake":
            more["deps"] = [dg.AssetDep(["feeds", feed.feed]) for feed in feeds if name in feed.entities]
        if layer in ("marts", "published"):
            more["freshness_policy"] = freshness(rhythm)
        return spec.replace_attributes(**more)

    return list(dg.map_asset_specs(with_more, assets))
