"""Write the invented market into a workspace: feed files, landing files, and the truth out of the pipeline's reach."""

import argparse
import shutil
from datetime import date, timedelta
from pathlib import Path

from examples.story.deliveries import Delivery, beats_of
from examples.story.field_work import Team, happen
from examples.story.market import MARKETS, Times
from examples.story.stories import invent
from examples.story.truth import write_truth

FEEDS = Path(__file__).with_name("feeds")
END = date(2026, 6, 30)


def generate(
    home: Path, outlets: int = 1200, days: int = 420, seed: int = 7, end: date = END, with_hole: bool = True
) -> dict[str, int]:
    """Write everything; returns how many outlets, orders and spoilt rows there are."""
    times = Times(end - timedelta(days=days - 1), end, with_hole)
    shops = invent(times, outlets, seed)
    (home / "feeds").mkdir(parents=True, exist_ok=True)
    deliveries = []
    for market in MARKETS:
        shutil.copyfile(FEEDS / f"{market.feed}.yml", home / "feeds" / f"{market.feed}.yml")
        mine = [shop for shop in shops if shop.market is market]
        team = Team(market, times, beats_of(mine))
        for shop in mine:
            happen(shop, team, seed)
        delivery = Delivery(home, team, mine, seed)
        delivery.write()
        deliveries.append(delivery)
    (home / "pulse.yml").write_text("reporting_currency: USD\n")
    write_truth(home, times, shops, deliveries)
    return {
        "outlets": len(shops),
        "orders": sum(len(shop.orders) for shop in shops),
        "spoilt_rows": sum(delivery.spoilt for delivery in deliveries),
    }


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
