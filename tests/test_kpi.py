"""kpi_inactivity_daily against the oracle, on random histories and on the sources' own example (R4)."""

import random
from datetime import date, timedelta

import pytest

from tests.conftest import FEED, Pulse, order, outlet
from tests.oracle import COUNTS, counts

WINDOWS = (30, 60, 90)
START, DAYS = date(2025, 1, 1), 300
LATE_WATERMARK = START + timedelta(days=DAYS - 12)


def day(number: int) -> date:
    return START + timedelta(days=number)


@pytest.fixture(scope="session")
def random_histories(tmp_path_factory) -> tuple[Pulse, dict]:
    """Two feeds of random outlets, one of them late; each gap is often right at a threshold."""
    chance = random.Random(20250101)
    pulse = Pulse(tmp_path_factory.mktemp("random") / "workspace")
    truth = {}
    for feed, end in (("punctual", day(DAYS)), ("tardy", LATE_WATERMARK)):
        outlets, orders, days_of, number = [], [], {}, 0
        for serial in range(150):
            facts, days, at = {}, [], chance.randrange(0, 120)
            while at <= (end - START).days and chance.random() < 0.93:
                days.append(day(at))
                at += chance.choice([1, 7, 14, 29, 30, 31, 59, 60, 61, 89, 90, 91])
            if chance.random() < 0.3:
                facts["opened_on"] = day(chance.randrange(0, 100)).isoformat()
            if chance.random() < 0.2:
                facts["closed_on"] = day(chance.randrange(100, DAYS)).isoformat()
            outlets.append(outlet(serial, **facts))
            for on in days:
                number += 1
                orders.append(order(number, serial, on))
            days_of[f"o{serial}"] = days
            for bad in ({"order_status": "cancelled"}, {"order_type": "return"}, {"net_amount": "0.00"}):
                if chance.random() < 0.3:  # none of these is an order
                    number += 1
                    orders.append(order(number, serial, day(chance.randrange(0, (end - START).days)), **bad))
        outlets.append(outlet(150))  # orders on the last day, so that the watermark is known
        orders.append(order(number + 1, 150, end))
        days_of["o150"] = [end]
        pulse.feed(feed, FEED.format(name=feed))
        pulse.deliver(feed, "outlets.csv", outlets)
        pulse.deliver(feed, "orders.csv", orders)
        for row in outlets:
            for name in ("opened_on", "closed_on"):
                row[name] = date.fromisoformat(row[name]) if row[name] else None
        truth[feed] = (outlets, days_of, end)
    pulse("run")
    return pulse, truth


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("feed", ["punctual", "tardy"])
def test_every_day_equals_the_oracle(random_histories, feed, window):
    pulse, truth = random_histories
    outlets, orders, watermark = truth[feed]
    sums = ", ".join(f"sum({name})::bigint" for name in COUNTS)
    found = {
        row[0]: row[1:]
        for row in pulse.ask(
            f"select as_of_date, {sums} from kpi_inactivity_daily_filled where feed = ? and window_days = ? group by 1",
            feed,
            window,
        )
    }
    first = min(d for days in orders.values() for d in days)
    last = max(found)
    assert last == day(DAYS)
    assert len(found) >= (last - first).days
    for number in range((last - first).days + 1):
        on = first + timedelta(days=number)
        expected = counts(outlets, orders, watermark, window, on)
        assert found[on] == tuple(expected[name] for name in COUNTS), f"{feed}, window {window}, {on}"


def test_sparse_rows_hold_until_the_next(random_histories):
    pulse, _ = random_histories
    for on in (day(100), day(222), day(DAYS)):
        sparse = pulse.ask(
            "select window_days, sum(lapsed_outlets) from kpi_inactivity_daily "
            "where ? between as_of_date and holds_until group by 1 order by 1",
            on,
        )
        filled = pulse.ask(
            "select window_days, sum(lapsed_outlets) from kpi_inactivity_daily_filled "
            "where as_of_date = ? group by 1 order by 1",
            on,
        )
        assert sparse == filled and len(filled) == 3


def test_r4_two_thousand_outlets_six_hundred_silent(pulse):
    """R4: 2,000 outlets, 600 of them silent for 60 days; both ratios are named."""
    end = date(2026, 3, 31)
    orders = [order(n, n, end - timedelta(days=(60 if n < 600 else n % 60))) for n in range(2000)]
    pulse.feed("r4", FEED.format(name="r4"))
    pulse.deliver("r4", "outlets.csv", [outlet(n) for n in range(2000)])
    pulse.deliver("r4", "orders.csv", orders)
    facts = pulse.json("run")
    sixty = next(row for row in facts["windows"] if row["window_days"] == 60)
    assert sixty["inactive_outlets"] == 600
    assert (sixty["percent_of_universe"], sixty["percent_of_active"]) == (30.0, 42.9)
    assert pulse.ask(
        "select sum(inactive_outlets), round(100 * sum(inactive_outlets) / sum(universe_outlets), 1), "
        "round(100 * sum(inactive_outlets) / sum(active_outlets), 1) "
        "from kpi_inactivity_daily_filled where as_of_date = ? and window_days = 60",
        end,
    ) == [(600, 30.0, 42.9)]
