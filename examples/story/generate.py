"""Write the invented market into a workspace: feed files, landing files, and the truth out of the pipeline's reach."""

import argparse
import csv
import shutil
from datetime import date, timedelta
from pathlib import Path

from examples.story.deliveries import Delivery
from examples.story.market import MARKETS, invent

FEEDS = Path(__file__).with_name("feeds")


def generate(home: Path, outlets: int = 1200, days: int = 420, seed: int = 7, end: date = date(2026, 6, 30)) -> dict:
    """Write everything; returns how many outlets, orders and spoilt rows there are."""
    market = invent(outlets, days, seed, end)
    (home / "feeds").mkdir(parents=True, exist_ok=True)
    spoilt = 0
    for one in MARKETS:
        shutil.copyfile(FEEDS / f"{one.feed}.yml", home / "feeds" / f"{one.feed}.yml")
        mine = [outlet for outlet in market if outlet.market is one]
        delivery = Delivery(home, one, mine, end - timedelta(days=days - 1), end, seed)
        delivery.write()
        spoilt += delivery.broken
    (home / "pulse.yml").write_text("reporting_currency: USD\n")
    truth = home / "story_truth" / "outlets.csv"
    truth.parent.mkdir(exist_ok=True)
    with truth.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["feed", "outlet", "cause", "silent_from", "last_order", "orders", "replaces", "in_master"])
        for o in market:
            real = [order for order in o.orders if order.status != "cancelled" and order.kind == "sale"]
            last = max((order.on for order in real), default="")
            writer.writerow(
                [o.market.feed, o.number, o.cause, o.silent_from or "", last, len(real), o.replaces, o.in_master]
            )
    return {"outlets": len(market), "orders": sum(len(o.orders) for o in market), "spoilt_rows": spoilt}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("workspace"))
    parser.add_argument("--outlets", type=int, default=1200)
    parser.add_argument("--days", type=int, default=420)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    print(generate(arguments.home, arguments.outlets, arguments.days, arguments.seed))


if __name__ == "__main__":
    main()
