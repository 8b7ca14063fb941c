"""`pulse explain`: the reasons behind a state, from the published marts alone."""

import os
import subprocess
import sys
from datetime import date, timedelta

import pytest

from tests.conftest import ROOT, Pulse, outlet

END = date(2026, 3, 31)
SHOPS = """
feed: shops
description: A feed with names for tests.
time_zone: UTC
currency: USD
delivers: daily
entities:
  outlets:
    files: "outlets*.csv"
    columns:
      outlet_id: outlet_id
      outlet_name: name
      channel: channel
      beat_id: beat_id
      opened_on: opened_on
      closed_on: closed_on
      replaces_outlet_id: replaces
  orders:
    files: "orders*.csv"
    columns: {order_id: order_id, outlet_id: outlet_id, ordered_on: ordered_on, net_amount: net_amount}
"""
# the outlet, its name, and how many days before the end it ordered
ORDERS = {
    "o1": ("Toko Maju", (0, 10, 20, 30)),
    "o2": ("Toko Lama", (70, 80, 90)),
    "o3": ("Warung Melati", (130, 140, 150)),
    "o4": ("Warung Melati Baru", (0, 100, 110)),
    "o5": ("Kios [Sudut]", ()),
    "o6": ("Kios Tutup", (50, 60)),
}


@pytest.fixture(scope="module")
def shops(tmp_path_factory) -> Pulse:
    pulse = Pulse(tmp_path_factory.mktemp("explain") / "workspace")
    pulse.feed("shops", SHOPS)
    masters = [
        {**outlet(n, name=ORDERS[f"o{n}"][0], replaces="", channel=""), "closed_on": ""}
        for n in range(1, len(ORDERS) + 1)
    ]
    masters[0]["opened_on"] = (END - timedelta(days=30)).isoformat()
    masters[1]["opened_on"] = "2017-05-01"
    masters[3]["replaces"] = "o3"
    masters[5]["closed_on"] = (END - timedelta(days=40)).isoformat()
    pulse.deliver("shops", "outlets.csv", masters)
    orders = [
        {
            "order_id": f"{shop}-{ago}",
            "outlet_id": shop,
            "ordered_on": END - timedelta(days=ago),
            "net_amount": 10 + ago,
        }
        for shop, (_, days) in ORDERS.items()
        for ago in days
    ]
    pulse.deliver("shops", "orders.csv", orders)
    pulse("run")
    return pulse


def explained(pulse: Pulse, wanted: str, ago: int = 0, *more: str) -> dict:
    return pulse.json("explain", wanted, (END - timedelta(days=ago)).isoformat(), *more)


def standard(facts: dict) -> dict:
    return next(state for state in facts["states"] if state["rule_set"] == "standard")


def test_a_silent_outlet_with_its_limits_and_orders(shops):
    facts = explained(shops, "shops:o2")
    state = standard(facts)
    assert (state["state"], state["rule_version"]) == ("inactive", 1)
    assert (state["inactive_after_days"], state["lost_after_days"]) == (60, 180)
    assert state["crosses_on"] == (END - timedelta(days=10)).isoformat() == state["valid_from"]
    assert facts["days_silent"] == 70
    assert facts["last_orders"][-1] == {
        "business_date": (END - timedelta(days=70)).isoformat(),
        "orders": 1,
        "net_amount": "80.00",
    }
    assert facts["next_orders"] == []
    assert [(row["window_days"], row["counted_as"]) for row in facts["windows"]] == [
        (30, "lapsed"),
        (60, "lapsed"),
        (90, "active"),
    ]
    assert facts["vouched_for"] and facts["feed_watermark"] == END.isoformat()


def test_every_rule_set_or_one(shops):
    assert {state["rule_set"] for state in explained(shops, "o1")["states"]} == {"standard", "cycle", "lookahead"}
    (only,) = explained(shops, "o1", 0, "--rule-set", "cycle")["states"]
    # its own gaps of ten days: more than one and a half of them, more than two
    assert (only["rule_set"], only["inactive_after_days"], only["lost_after_days"]) == ("cycle", 16, 21)
    assert "cycle, lookahead, standard" in shops("explain", "o1", END.isoformat(), "--rule-set", "nope", code=1)


def test_a_past_day_sees_what_came_after(shops):
    facts = explained(shops, "o2", 75)
    assert facts["days_silent"] == 5
    assert [order["business_date"] for order in facts["next_orders"]] == [(END - timedelta(days=70)).isoformat()]
    assert standard(facts)["state"] == "active"


def test_a_former_number_is_explained_by_the_one_in_use(shops):
    facts = explained(shops, "o3", 105)
    assert (facts["outlet_id"], facts["asked_outlet_id"]) == ("shops:o4", "shops:o3")
    (link,) = facts["other_numbers"]
    assert (link["outlet_id"], link["kind"]) == ("shops:o3", "recoded")
    assert [order["net_amount"] for order in facts["last_orders"]] == ["160.00", "150.00", "140.00", "120.00"]
    said = shops("explain", "o3", END.isoformat())
    assert "shops:o3 goes on as shops:o4" in said


def test_never_ordered_closed_and_not_open_yet(shops):
    never = explained(shops, "Kios [Sudut]")
    assert standard(never)["state"] == "never_ordered" and never["days_silent"] is None
    closed = explained(shops, "o6")
    assert standard(closed)["state"] == "closed"
    assert {row["counted_as"] for row in closed["windows"]} == {"not counted"}
    before = explained(shops, "o1", 31)
    assert standard(before)["state"] is None and before["vouched_for"]
    said = shops("explain", "o1", (END - timedelta(days=31)).isoformat())
    assert "not open yet" in said and f"opens on {END - timedelta(days=30)}" in said


def test_before_its_feed_nothing_is_known_of_an_open_outlet(shops):
    """o2 opened years before; o4 has no opening date, and its former number ordered on the first day."""
    for name in ("o2", "o4"):
        before = explained(shops, name, 151)
        assert standard(before)["state"] is None and not before["vouched_for"]
        said = shops("explain", name, (END - timedelta(days=151)).isoformat())
        assert f"nothing is known of it before {END - timedelta(days=150)}" in said
        assert "not open yet" not in said and "no, nobody vouches for this day" in said


def test_names(shops):
    assert explained(shops, "maju")["outlet_id"] == "shops:o1"  # a part that only one has
    assert explained(shops, "warung melati")["asked_outlet_id"] == "shops:o3"  # the whole name of one
    for wanted, told in {
        "Warung": "'Warung' names 2 outlets: shops:o4 (Warung Melati Baru), shops:o3 (Warung Melati)",
        "Toko Mahu": "the nearest are shops:o1 (Toko Maju)",
        "it's": 'no published outlet is "it\'s"',
    }.items():
        said = shops("explain", wanted, END.isoformat(), code=1)
        assert told in said and said.count("\n") == 1, said


def test_days_that_cannot_be_explained(shops):
    assert "31/03/2026" in shops("explain", "o1", "31/03/2026", code=2)
    assert "is after 2026-03-31" in shops("explain", "o1", "2026-04-01", code=1)


def test_nothing_published(pulse):
    assert "nothing is published yet" in pulse("explain", "o1", END.isoformat(), code=1)


def test_failed_checks_of_the_publish_are_told_without_values(shops):
    checks = explained(shops, "o1")["checks"]
    failed = {(check["asset"], check["name"]): check for check in checks["failed"]}
    check = failed["marts/dim_outlets", "outlets_are_mostly_in_the_master"]
    assert (check["severity"], check["unexpected"], check["checked"]) == ("warning", 6, 6)
    assert checks["passed"] > 50 and "sample" not in check
    assert check["means"] in shops("explain", "o1", END.isoformat())


def test_every_state_of_every_outlet_is_the_published_one(shops):
    """The words of the explanation and the mart are the same on each outlet, rule set and tenth day."""
    from orchestration.reports.explain import explain
    from orchestration.workspace.layout import Workspace

    for shop in ("o1", "o2", "o4", "o5", "o6"):
        for ago in range(0, 150, 10):
            day = END - timedelta(days=ago)
            found = {s["rule_set"]: s["state"] for s in explain(Workspace(shops.home), shop, day)["states"]}
            told = dict(
                shops.ask(
                    "select rule_set, state from fct_outlet_states "
                    "where outlet_id = ? and ? >= valid_from and ? < valid_to",
                    f"shops:{shop}",
                    day,
                    day,
                )
            )
            assert {name: state for name, state in found.items() if state} == told


def test_no_engine_is_started(shops):
    code = (
        "import sys; sys.argv = ['pulse', *sys.argv[1:]]\n"
        "from orchestration.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "loaded = {'dagster', 'dbt', 'great_expectations', 'pandas'} & set(sys.modules)\n"
        "sys.exit(f'loaded {loaded}' if loaded else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "explain", "o1", END.isoformat()],
        cwd=ROOT,
        env={**os.environ, "PULSE_HOME": str(shops.home)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Toko Maju" in done.stdout


# what the outlet is, the day, its state, the windows in which it counts as lapsed, those of them only by the hole
IOWA = (
    ("2106", "2022-10-31", "active", set(), set()),
    ("4796", "2022-03-05", "inactive", {30, 60}, {60}),  # in the hole: 2022-02-23 to 2022-03-10
    ("5339", "2022-10-31", "inactive", {30, 60, 90}, set()),  # goes on as 6327 at the same address
)


@pytest.mark.real_data
@pytest.mark.parametrize(("number", "day", "state", "lapsed", "only_by_hole"), IOWA)
def test_three_outlets_of_iowa(iowa, number, day, state, lapsed, only_by_hole):
    facts = iowa.json("explain", number, day)
    assert standard(facts)["state"] == state
    assert {row["window_days"] for row in facts["windows"] if row["counted_as"] == "lapsed"} == lapsed
    assert {row["window_days"] for row in facts["windows"] if row["only_by_hole"]} == only_by_hole
    assert facts["vouched_for"] and facts["feed_watermark"] == "2022-10-31"
    if day == "2022-03-05":
        (hole,) = facts["holes"]
        assert (hole["hole_from"], hole["hole_to"]) == ("2022-02-23", "2022-03-10")
        assert hole["holds_the_day"] and hole["days_in_silence"] == 11
        assert facts["days_silent"] - facts["days_silent_outside_holes"] == 11
        assert "only the hole makes it so" in iowa("explain", number, day)
