"""Lists, causes, money, work and outcome against the oracle on random histories of the field's work."""

from datetime import date

from hypothesis import given

from tests.models import Models
from tests.oracle_lists import Field, newcombe
from tests.tiers import histories
from tests.working_lakes import working_lakes

MARTS = {
    "rpt_about_to_churn",
    "rpt_sales_drop",
    "rpt_order_drop",
    "rpt_slow_goodbye",
    "rpt_second_order_watch",
    "rpt_almost_inactive",
    "rpt_lost",
    "rpt_outlet_watch",
    "rpt_inactivity_causes",
    "rpt_revival_worklist",
    "rpt_prune_candidates",
    "fct_outlet_lapses",
    "fct_outlet_actions",
    "rpt_action_outcomes",
    "rpt_scorecards",
    "rpt_alerts",
    "int_outlets_today",
    "int_outlet_owners",
    "int_outlets_seasonal",
}
MONEY = ("returned_on", "days_silent", "monthly", "lost", "at_risk", "revived")
MONEY += ("change", "frequency", "range", "drop_size", "price", "stop")


def differences(models: Models, lake: dict, **changed) -> list[str]:
    """What the marts and the oracle say differently."""
    with models.build(lake, MARTS, **changed) as built:

        def ask(sql: str) -> list[tuple]:
            return built.execute(sql.replace("outlet_id,", "split_part(outlet_id, ':', 2) as outlet_id,")).fetchall()

        ((as_of,),) = ask("select as_of_date from intermediate.int_as_of")
        stated = ask("select outlet_id, state, state_since, abc_class from intermediate.int_outlets_today")
        field = Field(lake, as_of, {name: tuple(facts) for name, *facts in stated})
        seasonal = {name for name, _ in ask("select outlet_id, 1 from intermediate.int_outlets_seasonal")}
        sales, orders = field.drops()
        due = {name for name, shop in field.shops.items() if shop.is_listed and field.is_due(shop)}
        pruned = field.pruned(seasonal)
        listed = {
            "about_to_churn": field.about_to_churn(),
            "sales_drop": sales,
            "order_drop": orders,
            "slow_goodbye": field.slow_goodbyes(),
            "second_order_watch": field.second_orders(),
        }
        for state in ("almost_inactive", "inactive", "lost"):
            listed[state] = {name: 1 for name, shop in field.shops.items() if shop.state == state}
        told = {
            "about_to_churn": by_outlet(
                ask(
                    "select outlet_id, days_silent, previous_period_net_amount::double, days_unvisited, recent_visits, "
                    "last_coupon_on, recent_coupons from rpt_about_to_churn"
                )
            ),
            "sales_drop": dict(ask("select outlet_id, percent_change::double from rpt_sales_drop")),
            "order_drop": dict(ask("select outlet_id, orders_change from rpt_order_drop")),
            "slow_goodbye": dict(ask("select outlet_id, percent_change::double from rpt_slow_goodbye")),
            "second_order_watch": by_outlet(
                ask("select outlet_id, peers, percent_of_peers_with_second_order::double from rpt_second_order_watch")
            ),
            "almost_inactive": dict(ask("select outlet_id, 1 from rpt_almost_inactive")),
            "inactive": dict(ask("select outlet_id, 1 from rpt_outlet_watch where is_inactive")),
            "lost": dict(ask("select outlet_id, 1 from rpt_lost")),
        }
        lists: dict[str, int] = {}
        for members in listed.values():
            for name in members:
                lists[name] = lists.get(name, 0) + 1
        listed["watch"] = lists
        told["watch"] = dict(ask("select outlet_id, lists from rpt_outlet_watch"))
        listed["worklist"] = {
            name: (field.owner(shop), field.chance(shop), round(field.monthly(shop) or 0, 2))
            for name, shop in field.shops.items()
            if name in due - pruned
        }
        told["worklist"] = by_outlet(
            ask(
                "select outlet_id, owner_name, chance_of_return::double, monthly_value_at_risk::double "
                "from rpt_revival_worklist"
            )
        )
        listed["pruned"] = {name: field.owner(field.shops[name]) for name in pruned}
        told["pruned"] = dict(ask("select outlet_id, owner_name from rpt_prune_candidates"))
        listed["causes"] = {
            (name, rank): (cause, measure, of_peers)
            for name, causes in field.causes().items()
            for rank, (cause, measure, of_peers) in enumerate(causes, 1)
        }
        told["causes"] = {
            (name, rank): tuple(facts)
            for name, rank, *facts in ask(
                "select outlet_id, cause_rank, cause, measure::double, peers_measure::double "
                "from rpt_inactivity_causes where cause_rank is not null"
            )
        }
        listed["lapses"] = {key: tuple(facts[name] for name in MONEY) for key, facts in field.lapses().items()}
        told["lapses"] = {
            (name, last): tuple(float(f) if not isinstance(f, date) and f is not None else f for f in facts)
            for name, last, *facts in ask(
                "select outlet_id, last_order_date, returned_on, days_silent, monthly_net_amount_before, "
                "net_amount_lost, net_amount_at_risk, net_amount_revived, change_net_amount, frequency_effect, "
                "range_effect, drop_size_effect, price_effect, stop_effect from fct_outlet_lapses"
            )
        }
        listed["actions"] = {a[:4]: a[4:] for a in field.actions()}
        told["actions"] = {
            (name, last, kind, on): tuple(facts)
            for name, last, kind, on, *facts in ask(
                "select outlet_id, last_order_date, kind, acted_on, action_number, outcome from fct_outlet_actions"
            )
        }
        outcomes = field.outcomes()
        listed["outcomes"] = {kind: (*facts, *_uplift(kind, outcomes)) for kind, facts in outcomes.items()}
        told["outcomes"] = by_outlet(
            ask("select kind, lapses, saved, uplift_low::double, uplift_high::double from rpt_action_outcomes")
        )
        listed["poor deliveries"] = {name: 1 for name in field.poor_deliveries()}
        told["poor deliveries"] = dict(
            ask("select split_part(subject_id, ':', 2), 1 from rpt_alerts where kind = 'fulfilment'")
        )
        listed["scorecards"] = field.scorecards()
        told["scorecards"] = _scorecards(built)
        days = ask(
            "select owner_id, work_day, count(*) from rpt_revival_worklist where work_day is not null group by all"
        )
    wrong = [
        f"{name} {key}: expected {listed[name].get(key)}, found {told[name].get(key)}"
        for name in listed
        for key in sorted(set(listed[name]) | set(told[name]), key=str)
        if not near(listed[name].get(key), told[name].get(key))
    ]
    return wrong + [f"work: {row} is more than fits a day" for row in days if row[2] > 10]


def _scorecards(built) -> dict:
    names = (
        "planned_visits, planned_visits_done, visits, visits_with_order, ordered_quantity, delivered_quantity, "
        "missed_signals, target_outlets"
    )
    rows = built.execute(
        f"select month_start, replace(subject_id, 'shop:', ''), {names} from rpt_scorecards where kind = 'rep'"
    ).fetchall()
    found = {
        (month, rep): {name: float(v) for name, v in zip(names.split(", "), facts, strict=True) if v}
        for month, rep, *facts in rows
    }
    return {key: facts for key, facts in found.items() if facts}


def _uplift(kind: str, outcomes: dict[str, tuple[int, int]]) -> tuple[float | None, float | None]:
    other = {"visit": "none", "coupon": "none", "any": "none", "not held out": "held out"}.get(kind)
    if other not in outcomes:
        return None, None
    (of, saved), (of_alone, saved_alone) = outcomes[kind], outcomes[other]
    return newcombe(saved, of, saved_alone, of_alone)


def by_outlet(rows: list[tuple]) -> dict:
    return {name: tuple(facts) for name, *facts in rows}


def near(one, other) -> bool:
    """Equal, but for the rounding of the marts (a cent of money, a tenth of a percent)."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(near(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= 0.0600001
    return one == other


@histories(50)
@given(lake=working_lakes())
def test_every_list_equals_the_oracle(models, lake):
    assert differences(models, lake)[:5] == []
