-- grain: month, kind (rep, beat, distributor) and the one it is about; the newest month ends on the business date
-- sums add up over rows of one kind; rates are made from them; who served the outlet then counts (as-was)
with rules as (

    select
        max(case when parameter = 'scorecard_window_days' then cast(value as integer) end) as window_days,
        max(case when parameter = 'churn_days' then cast(value as integer) end) as churn_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

kpi_inactivity_monthly as (

    select
        kpi.month_start,
        kpi.rep_id,
        kpi.beat_id,
        kpi.distributor_id,
        kpi.lapsed_outlets,
        kpi.newly_inactive_outlets,
        kpi.reactivated_outlets,
        kpi.moved_in_outlets
    from {{ ref('kpi_inactivity_monthly') }} as kpi
    inner join rules
        on kpi.window_days = rules.window_days

),

int_visits_matched as (

    select
        counted_outlet_id as outlet_id,
        rep_id,
        beat_id,
        planned_on,
        visited_on,
        has_order
    from {{ ref('int_visits_matched') }}

),

int_order_deliveries as (

    select
        outlet_id,
        business_date,
        ordered_quantity,
        delivered_quantity,
        delivery_lines,
        full_lines,
        days_to_deliver
    from {{ ref('int_order_deliveries') }}

),

-- lapses that nobody did anything about between the first signal and the lapse
missed_signals as (

    select
        lapses.outlet_id,
        lapses.lapsed_on
    from {{ ref('int_outlet_lapses') }} as lapses
    cross join rules
    left join {{ ref('int_outlet_actions') }} as actions
        on
            lapses.outlet_id = actions.outlet_id
            and actions.acted_on <= lapses.lapsed_on
            and actions.acted_on >= {{ add_days('lapses.last_order_date', 'rules.churn_days') }}
    where actions.outlet_id is null

),

assignments as (

    select
        outlet_id,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to,
        rep_id,
        beat_id,
        distributor_id
    from {{ ref('int_outlet_assignments_dated') }}

),

stg_targets as (

    select
        month_start,
        rep_id,
        beat_id,
        revived_outlets
    from {{ ref('stg_targets') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

-- what happened at an outlet on a day; a visit says itself whose it was
outlet_events as (

    select
        outlet_id,
        planned_on as event_date,
        rep_id,
        beat_id,
        {{ scorecard_row({
            'planned_visits': '1', 'planned_visits_done': 'case when visited_on is not null then 1 else 0 end'
        }) }}
    from int_visits_matched
    where planned_on is not null
    union all
    select
        outlet_id,
        visited_on as event_date,
        rep_id,
        beat_id,
        {{ scorecard_row({'visits': '1', 'visits_with_order': 'case when has_order then 1 else 0 end'}) }}
    from int_visits_matched
    where visited_on is not null
    union all
    select
        outlet_id,
        business_date as event_date,
        cast(null as string) as rep_id,
        cast(null as string) as beat_id,
        {{ scorecard_row({
            'ordered_quantity': 'ordered_quantity', 'delivered_quantity': 'delivered_quantity',
            'delivery_lines': 'delivery_lines', 'full_lines': 'full_lines',
            'timed_orders': 'case when days_to_deliver is not null then 1 else 0 end',
            'delivery_days': 'coalesce(days_to_deliver, 0)'
        }) }}
    from int_order_deliveries
    union all
    select
        outlet_id,
        lapsed_on as event_date,
        cast(null as string) as rep_id,
        cast(null as string) as beat_id,
        {{ scorecard_row({'missed_signals': '1'}) }}
    from missed_signals

),

served as (

    select
        cast(date_trunc('month', outlet_events.event_date) as date) as month_start,
        coalesce(outlet_events.rep_id, assignments.rep_id, 'unknown') as rep_id,
        coalesce(outlet_events.beat_id, assignments.beat_id, 'unknown') as beat_id,
        coalesce(assignments.distributor_id, 'unknown') as distributor_id,
        {{ all_but('outlet_events', ['outlet_id', 'event_date', 'rep_id', 'beat_id']) }}
    from outlet_events
    inner join int_as_of
        on outlet_events.event_date <= int_as_of.as_of_date
    left join assignments
        on
            outlet_events.outlet_id = assignments.outlet_id
            and outlet_events.event_date >= assignments.valid_from
            and outlet_events.event_date < assignments.valid_to

),

silence as (

    select
        month_start,
        rep_id,
        beat_id,
        distributor_id,
        {{ scorecard_row({
            'silent_outlets': 'lapsed_outlets', 'lapsed_outlets': 'newly_inactive_outlets',
            'revived_outlets': 'reactivated_outlets', 'inherited_outlets': 'moved_in_outlets'
        }) }}
    from kpi_inactivity_monthly

),

targets as (

    select
        cast(date_trunc('month', stg_targets.month_start) as date) as month_start,
        stg_targets.rep_id,
        stg_targets.beat_id,
        cast(null as string) as distributor_id,
        {{ scorecard_row({'target_outlets': 'stg_targets.revived_outlets'}) }}
    from stg_targets
    inner join int_as_of
        on stg_targets.month_start <= int_as_of.as_of_date

),

facts as (

    select * from served
    union all
    select * from silence
    union all
    select * from targets

),

by_kind as (

    select
        'rep' as kind,
        rep_id as subject_id,
        *
    from facts
    where rep_id is not null
    union all
    select
        'beat' as kind,
        beat_id as subject_id,
        *
    from facts
    where beat_id is not null
    union all
    select
        'distributor' as kind,
        distributor_id as subject_id,
        *
    from facts
    where distributor_id is not null

),

summed as (

    select
        month_start,
        kind,
        subject_id,
        {{ scorecard_sums() }}
    from by_kind
    group by
        month_start,
        kind,
        subject_id

),

rated as (

    select
        *,
        cast(100.0 * planned_visits_done / nullif(planned_visits, 0) as decimal(5, 1)) as percent_coverage,
        cast(100.0 * visits_with_order / nullif(visits, 0) as decimal(5, 1)) as percent_strike_rate,
        cast(100.0 * delivered_quantity / nullif(ordered_quantity, 0) as decimal(5, 1)) as percent_fill_rate,
        cast(100.0 * full_lines / nullif(delivery_lines, 0) as decimal(5, 1)) as percent_lines_in_full,
        cast(1.0 * delivery_days / nullif(timed_orders, 0) as decimal(9, 1)) as average_days_to_deliver,
        cast(100.0 * revived_outlets / nullif(target_outlets, 0) as decimal(9, 1)) as percent_of_target
    from summed

),

names as (

    select
        'rep' as kind,
        rep_id as subject_id,
        rep_name as subject_name
    from {{ ref('dim_reps') }}
    union all
    select
        'beat' as kind,
        beat_id as subject_id,
        beat_name as subject_name
    from {{ ref('dim_beats') }}
    union all
    select
        'distributor' as kind,
        distributor_id as subject_id,
        distributor_name as subject_name
    from {{ ref('dim_distributors') }}

),

final as (

    select
        rated.month_start,
        rated.kind,
        rated.subject_id,
        coalesce(names.subject_name, rated.subject_id) as subject_name,
        cast(rated.silent_outlets as bigint) as silent_outlets,
        cast(rated.lapsed_outlets as bigint) as lapsed_outlets,
        cast(rated.inherited_outlets as bigint) as inherited_outlets,
        cast(rated.missed_signals as bigint) as missed_signals,
        cast(rated.revived_outlets as bigint) as revived_outlets,
        cast(rated.target_outlets as bigint) as target_outlets,
        rated.percent_of_target,
        -- the leaderboard of a month: who revived most, of those who revived as many the one with the smaller task
        cast(
            rank() over (
                partition by rated.month_start, rated.kind
                order by rated.revived_outlets desc, rated.percent_of_target desc nulls last
            ) as integer
        ) as rank,
        cast(rated.planned_visits as bigint) as planned_visits,
        cast(rated.planned_visits_done as bigint) as planned_visits_done,
        rated.percent_coverage,
        cast(rated.visits as bigint) as visits,
        cast(rated.visits_with_order as bigint) as visits_with_order,
        rated.percent_strike_rate,
        cast(rated.ordered_quantity as decimal(18, 3)) as ordered_quantity,
        cast(rated.delivered_quantity as decimal(18, 3)) as delivered_quantity,
        rated.percent_fill_rate,
        rated.percent_lines_in_full,
        rated.average_days_to_deliver
    from rated
    left join names
        on
            rated.kind = names.kind
            and rated.subject_id = names.subject_id

)

select * from final
