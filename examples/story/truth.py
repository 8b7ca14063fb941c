"""What really happened, for tests and for scoring the signals. The pipeline never reads these files."""

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from examples.story.deliveries import Delivery
from examples.story.market import Distributor, Market, Outlet, Times


def write_truth(home: Path, times: Times, outlets: list[Outlet], deliveries: list[Delivery]) -> None:
    """Outlets, feeds and distributors, each a CSV file in `story_truth`."""
    folder = home / "story_truth"
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "outlets.csv", [_outlet(shop, times) for shop in outlets])
    _write(folder / "feeds.csv", [_feed(delivery, times) for delivery in deliveries])
    _write(
        folder / "distributors.csv",
        [
            _distributor(delivery.market, distributor, delivery.outlets, times)
            for delivery in deliveries
            for distributor in delivery.market.distributors
        ],
    )


def _write(path: Path, rows: list[dict]) -> None:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _outlet(shop: Outlet, times: Times) -> dict:
    """`orders` and `last_order` are what the files can tell; `unseen_orders` took place and stand in none."""
    seen = shop.arrived(times)
    return {
        "feed": shop.market.feed,
        "outlet": shop.number,
        "story": shop.story,
        "cause": shop.cause,
        "silent_from": shop.silent_from or "",
        "last_order": _newest(order.on for order in seen),
        "orders": len(seen),
        "unseen_orders": sum(order.counts for order in shop.orders) - len(seen),
        "cycle_days": shop.cycle,
        "beat": shop.beat_on(times.end).code,
        "distributor": shop.distributor.name,
        "in_master": shop.in_master,
        "replaces": shop.replaces,
        "replaced_by": shop.replaced_by,
        "parent_known": shop.parent_known,
        "acted_on": shop.acted_on or "",
        "action": shop.action,
        "holdout": shop.holdout,
        "returned_on": shop.returned_on or "",
        "note": shop.note,
    }


def _newest(days: Iterable[date]) -> date | str:
    return max(days, default="")


def _feed(delivery: Delivery, times: Times) -> dict:
    hole = times.hole(delivery.market)
    return {
        "feed": delivery.market.feed,
        "spoilt_rows": delivery.spoilt,
        "repeated_rows": delivery.repeated,
        "resent_files": delivery.resent,
        "hole_from": hole[0] if hole else "",
        "hole_to": hole[1] if hole else "",
    }


def _distributor(market: Market, distributor: Distributor, outlets: list[Outlet], times: Times) -> dict:
    """The watermark is the newest day of an order or a visit in its files."""
    mine = [shop for shop in outlets if shop.distributor == distributor]
    held = [order.on for shop in mine for order in shop.orders if times.arrives(market, distributor, order.on)]
    held += [visit.visited for shop in mine for visit in shop.visits if visit.visited]
    return {
        "feed": market.feed,
        "distributor": distributor.name,
        "watermark": _newest(held),
        "late": times.horizon(distributor) < times.end,
    }
