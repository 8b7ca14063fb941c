"""The lists against what the story planted (examples/story/score.py), and what must hold on any data."""

import pytest

from examples.story.score import CAUSES, MISSES, scores
from tests.conftest import Pulse


@pytest.fixture(scope="module")
def scored(story):
    found, told = scores(story.home)
    return {score.name: score for score in found}, told


@pytest.mark.parametrize(
    "name",
    [
        "rpt_about_to_churn",
        "rpt_almost_inactive",
        "rpt_sales_drop",
        "rpt_order_drop",
        "rpt_second_order_watch",
        "rpt_revival_worklist and rpt_prune_candidates",
    ],
)
def test_all_that_belongs_on_a_list_is_there(scored, name):
    score = scored[0][name]
    assert score.expected and score.right == score.expected, score


def test_who_is_on_a_list_and_does_not_belong_is_a_known_story(scored):
    """Numbers nobody has linked yet, the season, and falls that are the beginning of silence."""
    wrong = {story for score in scored[0].values() for story in score.wrong}
    assert wrong <= set(MISSES)
    churn = scored[0]["rpt_about_to_churn"]
    assert set(churn.wrong) <= {"recoded", "moved_distributor", "seasonal"}


def test_planted_causes_are_found_first(scored):
    told = scored[1]
    planted = sum(n for (cause, _), n in told.items() if cause != "none")
    right = sum(n for (cause, found), n in told.items() if cause != "none" and found == CAUSES[cause])
    assert planted >= 15 and right >= 0.8 * planted, told
    without = sum(n for (cause, _), n in told.items() if cause == "none")
    # three outlets in the small story; the whole one asks for 80% below
    assert without and told["none", "unexplained"] > without / 2, told


@pytest.mark.slow
def test_on_the_whole_story_as_well(tmp_path):
    """The story as `make run` makes it: what the README says of it."""
    pulse = Pulse(tmp_path / "workspace")
    pulse("sample", "story")
    pulse("run", code=3)
    found, told = scores(pulse.home)
    for score in found:
        assert score.expected and score.recall == 1, score
        assert score.precision >= 0.65, score
    for planted, cause in CAUSES.items():
        outlets = sum(n for (what, _), n in told.items() if what == planted)
        assert outlets and told[planted, cause] >= 0.8 * outlets, (planted, told)


def test_silent_outlets_are_worked_or_pruned_each_with_an_owner_and_a_next_step(story):
    silent = "state in ('never_ordered', 'inactive', 'lost', 'almost_inactive')"
    ((outlets,),) = story.ask(f"select count(*) from dim_outlets where {silent} and replaced_by_outlet_id is null")
    work = "select outlet_id, state, owner_id, next_step from rpt_revival_worklist"
    prune = "select outlet_id, state, owner_id, next_step from rpt_prune_candidates"
    ((listed, distinct, owned, stepped),) = story.ask(
        "select count(*), count(distinct outlet_id), count(owner_id), count(next_step) "
        f"from ({work} union all {prune}) where {silent}"
    )
    assert listed == distinct == owned == stepped == outlets > 0


def test_what_a_lapse_costs_adds_up_to_the_cent(story):
    assert story.ask(
        "select count(*) > 0, count(*) filter (change_net_amount != frequency_effect + range_effect + drop_size_effect "
        "+ price_effect + stop_effect) from fct_outlet_lapses"
    ) == [(True, 0)]


def test_one_timeline_holds_all_that_happened(story):
    events = {event for (event,) in story.ask("select distinct event from fct_outlet_events")}
    assert events >= {"order", "visit", "visit not done", "delivery", "coupon issued", "stock-out", "state"}
    ((orders, days),) = story.ask(
        "select count(*) filter (event = 'order'), (select count(*) from fct_outlet_order_days) from fct_outlet_events"
    )
    assert orders == days


def test_alerts_tell_what_is_endangered_and_lost_once(story):
    endangered = story.ask("select outlet_id from rpt_about_to_churn union select outlet_id from rpt_almost_inactive")
    told = story.ask("select subject_id from rpt_alerts where kind = 'newly_endangered'")
    assert sorted(told) == sorted(endangered) and told
    lost = story.ask("select outlet_id from rpt_lost")
    assert sorted(story.ask("select subject_id from rpt_alerts where kind = 'newly_lost'")) == sorted(lost)
    ((as_of,),) = story.ask("select max(date_day) from dim_dates")
    raised = story.ask("select raised_on, message from rpt_alerts")
    assert all(on <= as_of and message for on, message in raised)


def test_silence_of_reps_is_the_sum_of_the_cells_they_serve(story):
    cells = story.ask(
        "select rep_id, window_days, holds_until, universe_outlets, lapsed_outlets, inactive_outlets "
        "from kpi_inactivity_daily"
    )
    day = max(cell[2] for cell in cells)
    expected: dict[tuple, list[int]] = {}
    for rep, window, until, *counts in cells:
        if until == day:
            before = expected.get((rep, window), [0, 0, 0])
            expected[rep, window] = [one + more for one, more in zip(before, counts, strict=True)]
    told = story.ask(
        "select rep_id, window_days, universe_outlets, lapsed_outlets, inactive_outlets, lapsed_share_low, "
        "lapsed_share_high, lapsed_outlets / nullif(active_outlets + inactive_outlets, 0) from rpt_rep_silence"
    )
    assert {(rep, window): counts[:3] for rep, window, *counts in told} == expected and len(expected) > 3
    shares = [row[5:] for row in told if row[7] is not None]
    assert shares and all(
        low <= share + 0.0001 and share <= high + 0.0001
        for low, high, share in ((float(low), float(high), share) for low, high, share in shares)
    )
    lost = "select window_days, sum(monthly_net_amount_lost) from {} group by all order by all"
    ours, beats = (dict(story.ask(lost.format(mart))) for mart in ("rpt_rep_silence", "rpt_beat_silence"))
    assert {window: float(amount) for window, amount in ours.items()} == pytest.approx(
        {window: float(amount) for window, amount in beats.items()},
        abs=0.01 * len(told),  # each is rounded
    )
