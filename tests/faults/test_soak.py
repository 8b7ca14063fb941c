"""Thirty simulated days with random faults each day, and one clean history to compare with at the end.

PULSE_SOAK_DAYS and PULSE_SOAK_SEED for another one (`make soak`).
"""

import csv
import io
import os
import random
import shutil
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from orchestration.landing.quarantine import release
from orchestration.pipeline.verify import verify
from orchestration.publishing.generations import current, damage
from orchestration.workspace.layout import Workspace
from tests.conftest import END, FEED, Pulse, outlet
from tests.conftest import order as order_row
from tests.faults.lab import Readers, assert_all_is_well, contents

DAYS = int(os.environ.get("PULSE_SOAK_DAYS", "1"))
SEED = int(os.environ.get("PULSE_SOAK_SEED", "1"))
OUTLETS = 40
UPDATED = "      order_type: order_type\n      updated_at: updated_at\n"
# what a publish compares with what was published before it: a day without a publish makes another history
COMPARED = {"kpi_inactivity_monthly"}


class Market:
    """The rows that each day brings: orders, late ones, and corrections of earlier ones."""

    def __init__(self, dice: random.Random) -> None:
        self._dice, self._number = dice, 0
        self._orders: dict[int, dict] = {}

    def day(self, number: int) -> list[dict]:
        today = END + timedelta(days=number)
        rows = []
        for _ in range(12):
            self._number += 1
            late = self._dice.choice([0, 0, 0, 0, 1, 7, 40, 200])
            rows.append(order_row(self._number, self._dice.randrange(OUTLETS), today - timedelta(days=late)))
        for corrected in self._dice.sample(sorted(self._orders), min(2, len(self._orders))):
            rows.append({**self._orders[corrected], "order_status": self._dice.choice(["", "cancelled"])})
        rows = [{**row, "updated_at": f"{today} 20:00:{place:02}"} for place, row in enumerate(rows)]
        self._orders |= {int(row["order_id"][1:]): row for row in rows}
        return rows


def text(rows: list[dict]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


class Days:
    """A workspace, day by day, with whatever can go wrong."""

    def __init__(self, pulse: Pulse, dice: random.Random, folder) -> None:
        self.pulse, self.dice, self.folder = pulse, dice, folder
        self.workspace = Workspace(pulse.home)
        self.tomorrow: list[Callable[[], None]] = []
        self.happened: list[str] = []
        self.day = 0

    def deliver(self, name: str, rows: list[dict] | bytes) -> None:
        self.pulse.deliver("shop", name, text(rows) if isinstance(rows, list) else rows)

    # how a delivery goes wrong

    def as_it_should(self, rows: list[dict]) -> None:
        self.deliver(f"orders_{self.day}.csv", rows)

    def twice(self, rows: list[dict]) -> None:
        self.deliver(f"orders_{self.day}.csv", rows)
        self.deliver(f"orders_{self.day}_again.csv", rows)

    def split_and_permuted(self, rows: list[dict]) -> None:
        mixed = self.dice.sample(rows, len(rows))
        self.deliver(f"orders_{self.day}_a.csv", mixed[:5])
        self.deliver(f"orders_{self.day}_b.csv", mixed[3:])

    def a_day_late(self, rows: list[dict]) -> None:
        name = f"orders_{self.day}.csv"
        self.tomorrow.append(lambda: self.deliver(name, rows))

    def cut(self, rows: list[dict]) -> None:
        whole, name = text(rows), f"orders_{self.day}.csv"
        self.deliver(name, whole[: self.dice.randrange(1, len(whole))])
        self.tomorrow.append(lambda: self.deliver(name, whole))

    def in_another_encoding(self, rows: list[dict]) -> None:
        name = f"orders_{self.day}.csv"
        self.deliver(name, text(rows).decode().encode("utf-16"))
        self.tomorrow.append(lambda: self.deliver(name, rows))

    def with_broken_rows(self, rows: list[dict]) -> None:
        broken = [{**rows[0], "order_id": "x1", "ordered_on": "2026-02-31"}, {**rows[1], "net_amount": "much"}]
        self.deliver(f"orders_{self.day}.csv", [*rows, *broken])

    def half_copied(self, rows: list[dict]) -> None:
        self.deliver(f"orders_{self.day}.csv.part", text(rows)[:300])
        part = self.pulse.home / "landing" / "shop" / f"orders_{self.day}.csv.part"
        self.tomorrow.append(lambda: (part.unlink(), self.deliver(part.stem, rows)))

    def dates_that_the_feed_does_not_expect(self, rows: list[dict]) -> None:
        turned = [{**row, "ordered_on": "/".join(reversed(row["ordered_on"].split("-")))} for row in rows]
        self.deliver(f"turned_{self.day}.csv", turned)
        self.tomorrow.append(self.put_the_feed_right)

    def put_the_feed_right(self) -> None:
        feed = self.pulse.home / "feeds" / "shop.yml"
        right = "coalesce(try_strptime(ordered_on, '%d/%m/%Y'), try_strptime(ordered_on, '%Y-%m-%d'))"
        if right not in feed.read_text():
            feed.write_text(feed.read_text().replace("ordered_on: ordered_on", f'ordered_on: {{sql: "{right}"}}'))
        release(self.workspace)

    # how a run goes wrong

    def undisturbed(self) -> None:
        self.pulse("run", code=(0, 3))

    def killed(self) -> None:
        command = self.pulse.start("run", said=self.folder / "said")
        time.sleep(self.dice.uniform(0.2, 15))
        command.kill()

    def damaged_warehouse(self) -> None:
        warehouse = self.workspace.warehouse
        if warehouse.exists():
            os.truncate(warehouse, self.dice.randrange(warehouse.stat().st_size))
        self.undisturbed()

    def damaged_mart(self) -> None:
        mart = self.pulse.home / "published" / "current" / "dim_beats.parquet"
        os.truncate(mart, 10)
        assert verify(self.workspace).faults
        verify(self.workspace, repair=True)
        self.undisturbed()

    def rolled_back(self) -> None:
        self.undisturbed()
        self.pulse("rollback", code=(0, 1))

    def without_leftovers(self) -> None:
        shutil.rmtree(self.workspace.dbt)
        self.undisturbed()

    def live(self, rows: list[dict], deliveries: list, runs: list) -> None:
        """One day; what must hold whatever happened is checked at its end."""
        self.day += 1
        due, self.tomorrow = self.tomorrow, []
        for late in due:
            late()
        delivery, run = self.dice.choice(deliveries), self.dice.choice(runs)
        self.happened.append(f"{delivery.__name__}, {run.__name__}")
        delivery(rows)
        run()
        shown = current(self.workspace)
        assert shown and damage(self.workspace, shown) == [], self.happened


@pytest.mark.long
@pytest.mark.fault("soak")
def test_days_of_faults_end_as_a_clean_history(tmp_path, tries):
    dice = random.Random(SEED)
    feed = FEED.format(name="shop").replace("      order_type: order_type\n", UPDATED)
    feed = feed.replace('"orders*.csv"', '["orders*.csv", "turned*.csv"]')
    clean, pulse = Pulse(tmp_path / "clean"), Pulse(tmp_path / "shop")
    market = Market(dice)
    for one in (clean, pulse):
        one.feed("shop", feed)
        one.deliver("shop", "outlets.csv", [outlet(n) for n in range(OUTLETS)])
    first = [row for number in range(-3, 1) for row in market.day(number)]
    for one in (clean, pulse):
        one.deliver("shop", "orders.csv", text(first))
    pulse("run")
    days = Days(pulse, dice, tmp_path)
    deliveries = [days.as_it_should, days.twice, days.split_and_permuted, days.a_day_late, days.cut]
    deliveries += [days.in_another_encoding, days.with_broken_rows, days.half_copied]
    deliveries += [days.dates_that_the_feed_does_not_expect]
    runs = [days.undisturbed, days.killed, days.killed, days.damaged_warehouse, days.damaged_mart]
    runs += [days.rolled_back, days.without_leftovers]
    readers = Readers(pulse.home, 2)
    for number in range(1, DAYS + 1):
        rows = market.day(number)
        clean.deliver("shop", f"orders_{number}.csv", text(rows))
        with tries.one():
            days.live(rows, deliveries, runs)
    for late in days.tomorrow:
        late()
    with tries.recovery():
        pulse("run", "--full", code=(0, 3))
    seen = readers.stop()
    errors = [error for reader in seen[1:] for error in reader.errors]
    if "damaged_mart" not in str(days.happened):  # who reads a file that was cut under him is told so
        assert errors == [], days.happened
    clean("run")
    made, expected = (
        {mart: found for mart, found in contents(one.home).items() if mart not in COMPARED} for one in (pulse, clean)
    )
    assert {mart for mart in expected if made[mart] != expected[mart]} == set(), days.happened
    assert_all_is_well(pulse.home)
    tries.notes.append(
        f"seed {SEED}, {DAYS} days: {sum(r.queries for r in seen):,} queries of readers; invariant breaks 0"
    )
