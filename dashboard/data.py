"""What the pages ask of the published marts: sums of counts that add up, and never more rows than a page shows.

Rules live in dbt. Nothing here decides what inactive, lost or likely means.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from dashboard.reading import Generation

ALL = ""  # no filter
PAGE_ROWS = 50
CHART_ROWS = 25
FOUND_OUTLETS = 50
EVENT_ROWS = 500
POINTS = 2_000  # more than that on a map are counted in fields
FIELDS_ACROSS = 48
COUNTS = (
    "universe_outlets",
    "active_outlets",
    "inactive_outlets",
    "lapsed_outlets",
    "never_ordered_outlets",
    "unknown_outlets",
    "inactive_outlets_low",
    "inactive_outlets_high",
    "newly_inactive_outlets",
    "reactivated_outlets",
)
SUMS = ", ".join(f"sum({count})::bigint as {count}" for count in COUNTS)


@dataclass(frozen=True)
class Watched:
    """A watch list: the columns that its page shows, and the order in which its rows are worked."""

    columns: tuple[str, ...]
    order: str


_WHO = ("outlet_name", "territory", "owner_name")
_SILENT = ("last_order_date", "days_silent")
_BY_VALUE = "typical_monthly_net_amount desc nulls last, outlet_id"
LISTS = {
    "rpt_revival_worklist": Watched(
        ("rank", "outlet_name", "owner_name", "days_silent", "monthly_value_at_risk", "chance_of_return", "next_step",
         "likely_cause", "state", "territory", "last_order_date", "planned_visit_on", "suggested_basket"),
        "rank, outlet_id",
    ),
    "rpt_about_to_churn": Watched(
        (*_WHO, "abc_class", "state", *_SILENT, "crosses_on", "previous_period_net_amount", "days_unvisited",
         "last_coupon_on", "likely_cause"),
        "previous_period_net_amount desc nulls last, outlet_id",
    ),
    "rpt_almost_inactive": Watched(
        (*_WHO, "abc_class", *_SILENT, "crosses_on", "typical_monthly_net_amount", "next_visit_on", "likely_cause"),
        "crosses_on nulls last, outlet_id",
    ),
    "rpt_lost": Watched(
        (*_WHO, "abc_class", *_SILENT, "lost_since", "typical_monthly_net_amount", "lifetime_net_amount",
         "likely_cause"),
        _BY_VALUE,
    ),
    "rpt_sales_drop": Watched(
        (*_WHO, "abc_class", "state", "this_period_net_amount", "previous_period_net_amount", "percent_change",
         "percent_change_on_last_year", "last_order_date", "next_visit_on"),
        "previous_period_net_amount desc nulls last, outlet_id",
    ),
    "rpt_order_drop": Watched(
        (*_WHO, "abc_class", "state", "this_period_orders", "previous_period_orders", "orders_change",
         "last_order_date", "next_visit_on"),
        "orders_change, outlet_id",
    ),
    "rpt_slow_goodbye": Watched(
        (*_WHO, "abc_class", "state", "first_monthly_net_amount", "recent_monthly_net_amount", "percent_change",
         "last_order_date", "next_visit_on"),
        "first_monthly_net_amount desc nulls last, outlet_id",
    ),
    "rpt_second_order_watch": Watched(
        (*_WHO, "state", "first_order_date", "days_since_first_order", "percent_of_peers_with_second_order",
         "next_visit_on"),
        "days_since_first_order desc, outlet_id",
    ),
    "rpt_outlet_watch": Watched(
        (*_WHO, "abc_class", "state", "main_list", "lists", *_SILENT, "typical_monthly_net_amount"), _BY_VALUE
    ),
    "rpt_prune_candidates": Watched(
        (*_WHO, "state", "prune_reason", "opened_on", "days_open", "typical_monthly_net_amount", "next_step"),
        "typical_monthly_net_amount nulls first, days_open desc, outlet_id",
    ),
}  # fmt: skip


# every page


def states(marts: Generation) -> list[dict]:
    """Grain: state, in the order of an outlet's life, with its label in each language."""
    return marts.ask("select * from dim_states order by sort_order")


def late_distributors(marts: Generation) -> list[dict]:
    """Grain: distributor whose orders are not all there up to the business date, the latest one first."""
    return marts.ask(
        "select distributor_name, watermark_date from dim_distributors where watermark_date < ? order by 2, 1",
        marts.as_of_date,
    )


def unknown_outlets(marts: Generation) -> int:
    """Outlets of the business date of which nobody knows whether they ordered; the same for each window."""
    found = marts.ask("select max(unknown_outlets) as outlets from (select sum(unknown_outlets)::bigint as "
                      "unknown_outlets from rpt_beat_silence group by window_days)")  # fmt: skip
    return found[0]["outlets"] or 0


def currency(marts: Generation) -> str:
    """The reporting currency; empty where feeds differ and none is set."""
    found = marts.ask("select distinct reporting_currency from rpt_beat_silence where reporting_currency is not null")
    return found[0]["reporting_currency"] if len(found) == 1 else ""


def windows(marts: Generation) -> list[int]:
    return [row["window_days"] for row in marts.ask("select distinct window_days from rpt_beat_silence order by 1")]


def territories(marts: Generation) -> list[str]:
    found = marts.ask("select distinct territory from dim_beats where territory is not null order by 1")
    return [row["territory"] for row in found]


# overview


def trend(marts: Generation, window: int, territory: str = ALL) -> list[dict]:
    """Grain: month, its counts on its last day or on the business date, and its flows."""
    return marts.ask(
        f"""
        select month_end, {SUMS}
        from kpi_inactivity_monthly
        where window_days = $1 and ($2 = '' or territory = $2)
        group by month_end
        order by month_end
        """,
        window,
        territory,
    )


def money_lost(marts: Generation, window: int, territory: str = ALL) -> float | None:
    """What the lapsed outlets bought a month before they fell silent."""
    found = marts.ask(
        "select sum(monthly_net_amount_lost) as amount from rpt_beat_silence "
        "where window_days = $1 and ($2 = '' or territory = $2)",
        window,
        territory,
    )
    return found[0]["amount"]


def cause_mix(marts: Generation) -> list[dict]:
    """Grain: kind of cause, as measured, as the field reports it, and as the trade claims."""
    return marts.ask("select * from rpt_cause_mix order by measured_outlets desc, kind")


def alert_counts(marts: Generation) -> list[dict]:
    return marts.ask("select kind, count(*) as alerts from rpt_alerts group by kind order by kind")


def alerts(marts: Generation, kinds: tuple[str, ...], limit: int = PAGE_ROWS) -> list[dict]:
    """Grain: open alert of these kinds, the newest first."""
    return marts.ask(
        "select raised_on, kind, subject_name, owner_name, message from rpt_alerts "
        "where list_contains($1, kind) order by raised_on desc, alert_id limit $2",
        list(kinds),
        limit,
    )


def first_work(marts: Generation, territory: str = ALL) -> list[dict]:
    """Grain: outlet, the first ones to go to."""
    return marts.ask(
        """
        select outlet_id, outlet_name, owner_name, state, days_silent, monthly_value_at_risk, chance_of_return,
            likely_cause, next_step
        from rpt_revival_worklist
        where work_day is not null and expected_monthly_value > 0 and ($1 = '' or territory = $1)
        order by rank
        limit 8
        """,
        territory,
    )


# portfolio


def rule_sets(marts: Generation) -> list[str]:
    found = marts.ask("select distinct rule_set from kpi_portfolio_composition order by rule_set <> 'standard', 1")
    return [row["rule_set"] for row in found]


def reps(marts: Generation) -> dict[str, str]:
    """Names by rep_id, of reps with outlets."""
    found = marts.ask(
        "select rep_id, rep_name from dim_reps "
        "where rep_id in (select rep_id from kpi_portfolio_composition) order by lower(rep_name), rep_id"
    )
    return _told_apart(found)


def _told_apart(found: list[dict]) -> dict[str, str]:
    """Names by rep_id; of reps who share a name with the id beside it."""
    shared = Counter(row["rep_name"] for row in found)
    return {
        row["rep_id"]: row["rep_name"] + (f" · {row['rep_id']}" if shared[row["rep_name"]] > 1 else "") for row in found
    }


def portfolio(marts: Generation, rule_set: str, rep: str = ALL) -> list[dict]:
    """Grain: month end or business date, and state."""
    return marts.ask(
        """
        select as_of_date, state, sum(outlets)::bigint as outlets, sum(net_amount_last_year) as net_amount_last_year
        from kpi_portfolio_composition
        where rule_set = $1 and ($2 = '' or rep_id = $2)
        group by as_of_date, state
        order by as_of_date, state
        """,
        rule_set,
        rep,
    )


# map


def countries(marts: Generation) -> list[str]:
    """Countries with outlets on the map, the one with most of them first."""
    found = marts.ask(
        "select country from dim_outlets where latitude is not null and longitude is not null "
        "group by country order by count(*) desc, country"
    )
    return [row["country"] for row in found]


def largest_territory(marts: Generation, country: str) -> str:
    """The territory with most outlets on the map: what a map of a country begins with."""
    found = marts.ask(
        "select territory from dim_outlets where country = $1 and latitude is not null "
        "group by territory order by count(*) desc, territory limit 1",
        country,
    )
    return found[0]["territory"]


def territories_of(marts: Generation, country: str) -> list[str]:
    found = marts.ask(
        "select distinct territory from dim_outlets where country = $1 and latitude is not null order by 1", country
    )
    return [row["territory"] for row in found]


def placed(marts: Generation, country: str, territory: str) -> dict:
    """How many outlets there are, how many have coordinates, and where their edges are."""
    return marts.ask(
        """
        select count(*) as outlets, count(latitude + longitude) as placed_outlets,
            min(latitude) as south, max(latitude) as north, min(longitude) as west, max(longitude) as east
        from dim_outlets
        where ($1 = '' or country = $1) and ($2 = '' or territory = $2)
        """,
        country,
        territory,
    )[0]


def points(marts: Generation, country: str, territory: str, chosen: tuple[str, ...]) -> list[dict]:
    """Grain: outlet in one of the states, one more than a map draws."""
    return marts.ask(
        """
        select outlet_id, outlet_name, territory, state, last_order_date, latitude, longitude
        from dim_outlets
        where latitude is not null and longitude is not null and list_contains($3, state)
            and ($1 = '' or country = $1) and ($2 = '' or territory = $2)
        order by outlet_id
        limit $4
        """,
        country,
        territory,
        list(chosen),
        POINTS + 1,
    )


def fields(marts: Generation, country: str, territory: str, chosen: tuple[str, ...], width: float) -> list[dict]:
    """Grain: square of the map; how many outlets, and how many of them in one of the states."""
    return marts.ask(
        """
        select
            (floor(latitude / $4) + 0.5) * $4 as latitude,
            (floor(longitude / $4) + 0.5) * $4 as longitude,
            count(*) as outlets,
            count(*) filter (list_contains($3, state)) as chosen_outlets
        from dim_outlets
        where latitude is not null and longitude is not null
            and ($1 = '' or country = $1) and ($2 = '' or territory = $2)
        group by all
        having chosen_outlets > 0
        order by chosen_outlets desc, 1, 2
        limit $5
        """,
        country,
        territory,
        list(chosen),
        width,
        POINTS,
    )


# beats and reps


def silent(marts: Generation, kind: str, window: int, territory: str = ALL, limit: int = CHART_ROWS) -> list[dict]:
    """Grain: beat or rep, those that cost most first; the share's interval is the mart's own."""
    mart, key, name = {
        "beat": ("rpt_beat_silence", "beat_id", "concat_ws(' · ', beat_name, rep_name)"),
        "rep": ("rpt_rep_silence", "rep_id", "rep_name"),
    }[kind]
    return marts.ask(
        f"""
        select {key} as subject_id, {name} as subject_name, territory, universe_outlets, active_outlets, lapsed_outlets,
            never_ordered_outlets, unknown_outlets, lapsed_outlets / nullif(active_outlets + inactive_outlets, 0)
                as lapsed_share,
            lapsed_share_low, lapsed_share_high, is_small_group, monthly_net_amount_lost
        from {mart}
        where window_days = $1 and ($2 = '' or territory = $2) and lapsed_outlets > 0 and {key} <> 'unknown'
        order by monthly_net_amount_lost desc nulls last, lapsed_outlets desc, {key}
        limit $3
        """,
        window,
        territory,
        limit,
    )


def lapsed_share(marts: Generation, window: int) -> float | None:
    """Lapsed outlets as a share of the known ones, over all beats."""
    found = marts.ask(
        "select sum(lapsed_outlets) / nullif(sum(active_outlets + inactive_outlets), 0) as share "
        "from rpt_beat_silence where window_days = $1",
        window,
    )
    return found[0]["share"]


def scorecard_months(marts: Generation) -> list[date]:
    return [row["month_start"] for row in marts.ask("select distinct month_start from rpt_scorecards order by 1 desc")]


def scorecard_count(marts: Generation, kind: str, month: date) -> int:
    found = marts.ask("select count(*) as cards from rpt_scorecards where kind = $1 and month_start = $2", kind, month)
    return found[0]["cards"]


def scorecards(marts: Generation, kind: str, month: date, page: int) -> list[dict]:
    """Grain: rep, beat or distributor in the month, a page of them by rank."""
    return marts.ask(
        f"select * from rpt_scorecards where kind = $1 and month_start = $2 order by rank nulls last, subject_id "
        f"limit {PAGE_ROWS} offset $3",
        kind,
        month,
        (page - 1) * PAGE_ROWS,
    )


def lowest(marts: Generation, kind: str, month: date, measure: str) -> list[dict]:
    """Grain: rep, beat or distributor, those with the lowest measure first; `known` is how many have one."""
    return marts.ask(
        f"select subject_id, subject_name, {measure}, count(*) over () as known from rpt_scorecards "
        f"where kind = $1 and month_start = $2 and {measure} is not null order by {measure}, subject_id "
        f"limit {CHART_ROWS}",
        kind,
        month,
    )


# watch lists


def columns(marts: Generation, listed: str) -> list[str]:
    return [row["column_name"] for row in marts.ask(f"describe {listed}")]


def list_states(marts: Generation, listed: str) -> list[str]:
    """States that occur on the list, in the order of an outlet's life; none where the list knows no state."""
    if "state" not in columns(marts, listed):
        return []
    found = marts.ask(f"select state from dim_states where state in (select state from {listed}) order by sort_order")
    return [row["state"] for row in found]


def list_reps(marts: Generation, listed: str) -> dict[str, str]:
    found = marts.ask(
        f"select rep_id, rep_name from dim_reps where rep_id in (select rep_id from {listed}) "
        "order by lower(rep_name), rep_id"
    )
    return _told_apart(found)


def list_count(marts: Generation, listed: str, rep: str, chosen: tuple[str, ...]) -> int:
    where = _listed_where(marts, listed)
    return marts.ask(f"select count(*) as outlets from {listed} where {where}", rep, list(chosen))[0]["outlets"]


def list_rows(marts: Generation, listed: str, rep: str, chosen: tuple[str, ...], page: int) -> list[dict]:
    """Grain: outlet, one page of the list in its own order."""
    shown = LISTS[listed]
    return marts.ask(
        f"select outlet_id, {', '.join(shown.columns)} from {listed} where {_listed_where(marts, listed)} "
        f"order by {shown.order} limit {PAGE_ROWS} offset $3",
        rep,
        list(chosen),
        (page - 1) * PAGE_ROWS,
    )


def _listed_where(marts: Generation, listed: str) -> str:
    by_state = "list_contains($2, state)" if "state" in columns(marts, listed) else "false"
    return f"($1 = '' or rep_id = $1) and (len($2) = 0 or {by_state})"


# outlet


def find_outlets(marts: Generation, text: str) -> list[dict]:
    """Grain: outlet whose name or number holds the text; exact numbers first, and not more than a person reads."""
    return marts.ask(
        """
        select outlet_id, outlet_name, territory
        from dim_outlets
        where outlet_id = $1 or source_outlet_id = $1
            or contains(lower(outlet_name), lower($1)) or contains(lower(outlet_id), lower($1))
        order by outlet_id <> $1 and source_outlet_id <> $1, lower(outlet_name), outlet_id
        limit $2
        """,
        text,
        FOUND_OUTLETS,
    )


def outlet(marts: Generation, outlet_id: str) -> dict | None:
    found = marts.ask(
        """
        select outlets.*, reps.rep_name, beats.beat_name, distributors.distributor_name,
            silence.days_silent, silence.cycles_passed, silence.planned_visits_passed
        from dim_outlets as outlets
        left join dim_reps as reps on outlets.rep_id = reps.rep_id
        left join dim_beats as beats on outlets.beat_id = beats.beat_id
        left join dim_distributors as distributors on outlets.distributor_id = distributors.distributor_id
        left join fct_outlet_silence as silence on outlets.outlet_id = silence.outlet_id
        where outlets.outlet_id = $1
        """,
        outlet_id,
    )
    return found[0] if found else None


def event_kinds(marts: Generation, outlet_id: str) -> list[dict]:
    return marts.ask(
        "select event, count(*) as events from fct_outlet_events where outlet_id = $1 group by event order by event",
        outlet_id,
    )


def events(marts: Generation, outlet_id: str, kinds: tuple[str, ...]) -> list[dict]:
    """Grain: event, the newest first."""
    return marts.ask(
        """
        select events.event_date, events.event, events.description, events.amount, changes.from_state, changes.to_state
        from fct_outlet_events as events
        left join fct_outlet_state_changes as changes
            on events.event = 'state'
            and events.outlet_id = changes.outlet_id
            and events.event_date = changes.changed_on
            and changes.rule_set = 'standard'
        where events.outlet_id = $1 and (len($2) = 0 or list_contains($2, events.event))
        order by events.event_date desc, events.event, events.description
        limit $3
        """,
        outlet_id,
        list(kinds),
        EVENT_ROWS,
    )


def outlet_states(marts: Generation, outlet_id: str, rule_set: str) -> list[dict]:
    """Grain: interval in one state; the last one ends with the business date."""
    return marts.ask(
        """
        select state, valid_from, coalesce(valid_to, $3) as valid_to, reason
        from fct_outlet_states
        where outlet_id = $1 and rule_set = $2
        order by valid_from
        """,
        outlet_id,
        rule_set,
        marts.as_of_date,
    )


def causes(marts: Generation, outlet_id: str) -> list[dict]:
    """Grain: cause, the evident ones first."""
    return marts.ask(
        "select cause, kind, is_evident, is_known, evidence, unit, measure, peers_measure, peers, peer_group, "
        "reported_reason from rpt_inactivity_causes where outlet_id = $1 "
        "order by is_evident desc, cause_rank nulls last, cause",
        outlet_id,
    )


def work_on(marts: Generation, outlet_id: str) -> dict | None:
    found = marts.ask("select * from rpt_revival_worklist where outlet_id = $1", outlet_id)
    return found[0] if found else None


def pruned(marts: Generation, outlet_id: str) -> dict | None:
    found = marts.ask("select * from rpt_prune_candidates where outlet_id = $1", outlet_id)
    return found[0] if found else None


# feeds


def feeds(marts: Generation) -> list[dict]:
    """Grain: feed; how far it vouches, and how many of its outlets are unknown on the business date."""
    return marts.ask(
        """
        with unknown as (
            select feed, sum(unknown_outlets)::bigint as unknown_outlets, sum(universe_outlets)::bigint as outlets
            from kpi_inactivity_monthly
            where month_end = $1 and window_days = (select min(window_days) from kpi_inactivity_monthly)
            group by feed
        )
        select feeds.feed, feeds.description, feeds.delivers, feeds.time_zone, feeds.currency,
            feeds.first_business_date, feeds.newest_business_date, feeds.watermark_date,
            feeds.watermark_date < $1 as is_late, unknown.outlets, unknown.unknown_outlets, feeds.holes
        from dim_feeds as feeds
        left join unknown on feeds.feed = unknown.feed
        order by feeds.feed
        """,
        marts.as_of_date,
    )


def distributors(marts: Generation) -> list[dict]:
    """Grain: distributor; until when its orders are all there."""
    return marts.ask(
        "select distributor_name, feed, country, watermark_date, watermark_date < $1 as is_late "
        "from dim_distributors where distributor_id <> 'unknown' "
        "order by watermark_date nulls first, distributor_id limit $2",
        marts.as_of_date,
        PAGE_ROWS,
    )


def holes(marts: Generation) -> list[dict]:
    return marts.ask("select * from fct_feed_holes order by hole_from desc, feed limit $1", PAGE_ROWS)


def publishes(marts: Generation) -> list[dict]:
    """Grain: publish; the newest, and how many past figures each one changed."""
    return marts.ask(
        """
        with restated as (
            select generation, count(*) as changed_figures from rpt_restatements group by generation
        )
        select publishes.published_at, publishes.as_of_date, coalesce(restated.changed_figures, 0) as changed_figures
        from dim_publishes as publishes
        left join restated on publishes.generation = restated.generation
        order by publishes.published_at desc
        limit 20
        """
    )
