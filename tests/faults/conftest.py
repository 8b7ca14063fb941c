"""A shop with a delivery at its door, and what its marts are after one undisturbed run."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import END, Pulse, built_once, order, outlet
from tests.faults.lab import contents


@dataclass(frozen=True)
class Night:
    """The shop before its nightly run, and the marts that the run must make of it."""

    before: Pulse
    after: Pulse
    expected: dict[str, str]

    def copied(self, home: Path) -> Pulse:
        return self.before.copied(home)


@pytest.fixture(scope="session")
def evening(first_shop, tmp_path_factory) -> Pulse:
    """The shop with a delivery at its door; to be copied."""
    pulse = first_shop.copied(tmp_path_factory.mktemp("evening") / "shop")
    pulse.deliver("shop", "outlets_2.csv", [outlet(n) for n in range(20, 30)])
    pulse.deliver("shop", "orders_2.csv", [order(100 + n, n, END + timedelta(days=n % 2)) for n in range(8)])
    pulse.deliver("shop", "orders_late.csv", [order(200 + n, n, END - timedelta(days=90 + n)) for n in range(5)])
    pulse.deliver("shop", "orders_corrected.csv", [order(3, 3, END - timedelta(days=15), order_status="cancelled")])
    return pulse


@pytest.fixture(scope="session")
def night(evening, tmp_path_factory) -> Night:
    def build(pulse: Pulse) -> None:
        evening.copied(pulse.home)
        pulse("run")

    undisturbed = built_once(tmp_path_factory, "night", build)
    return Night(evening, undisturbed, contents(undisturbed.home))
