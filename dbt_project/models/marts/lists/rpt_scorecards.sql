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
        counted_outlet_id,
        coalesce(rep_id, 'unknown') as rep_id,
        coalesce(beat_id, 'unknown') as beat_id,
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

planned as (

    select
        cast(date_trunc('month', visits.planned_on) as date) as month_start,
        visits.rep_id,
        visits.beat_id,
        coalesce(assignments.distributor_id, 'unknown') as distributor_id,
        {{ scorecard_row({
            'planned_visits': '1', 'planned_visits_done': 'case when visits.visited_on is not null then 1 else 0 end'
        }) }}
    from int_visits_matched as visits
    inner join int_as_of
        on visits.planned_on <= int_as_of.as_of_date
    left join assignments
        on
            visits.counted_outlet_id = assignments.outlet_id
            and visits.planned_on >= assignments.valid_from
            and visits.planned_on < assignments.valid_to

),

done as (

    select
        cast(date_trunc('month', visits.visited_on) as date) as month_start,
        visits.rep_id,
        visits.beat_id,
        coalesce(assignments.distributor_id, 'unknown') as distributor_id,
        {{ scorecard_row({'visits': '1', 'visits_with_order': 'case when visits.has_order then 1 else 0 end'}) }}
    from int_visits_matched as visits
    inner join int_as_of
        on visits.visited_on <= int_as_of.as_of_date
    left join assignments
        on
            visits.counted_outlet_id = assignments.outlet_id
            and visits.visited_on >= assignments.valid_from
            and visits.visited_on < assignments.valid_to

),

delivered as (

    select
        cast(date_trunc('month', deliveries.business_date) as date) as month_start,
        coalesce(assignments.rep_id, 'unknown') as rep_id,
        coalesce(assignments.beat_id, 'unknown') as beat_id,
        coalesce(assignments.distributor_id, 'unknown') as distributor_id,
        {{ scorecard_row({
            'ordered_quantity': 'deliveries.ordered_quantity', 'delivered_quantity': 'deliveries.delivered_quantity',
            'delivery_lines': 'deliveries.delivery_lines', 'full_lines': 'deliveries.full_lines',
            'timed_orders': 'case when deliveries.days_to_deliver is not null then 1 else 0 end',
            'delivery_days': 'coalesce(deliveries.days_to_deliver, 0)'
        }) }}
    from int_order_deliveries as deliveries
    inner join int_as_of
        on deliveries.business_date <= int_as_of.as_of_date
    left join assignments
        on
            deliveries.outlet_id = assignments.outlet_id
            and deliveries.business_date >= assignments.valid_from
            and deliveries.business_date < assignments.valid_to

),

targets as (

    select
        cast(date_trunc('month', stg_targets.month_start) as date) as month_start,
        stg_targets.rep_id,
        stg_targets.beat_id,
        cast(null as varchar) as distributor_id,
        {{ scorecard_row({'target_outlets': 'stg_targets.revived_outlets'}) }}
    from stg_targets
    inner join int_as_of
        on stg_targets.month_start <= int_as_of.as_of_date

),

-- lapses that nobody did anything about between the first signal and the lapse (R86)
contacts as (

    select
        outlet_id,
        event_date
    from {{ ref('fct_outlet_events') }}
    where event in ('visit', 'coupon issued')

),

lapses as (

    select
        lapses.outlet_id,
        lapses.lapsed_on,
        count(contacts.event_date) as contacts
    from {{ ref('int_outlet_lapses') }} as lapses
    cross join rules
    left join contacts
        on
            lapses.outlet_id = contacts.outlet_id
            and contacts.event_date <= lapses.lapsed_on
            and contacts.event_date >= {{ add_days('lapses.last_order_date', 'rules.churn_days') }}
    group by
        lapses.outlet_id,
        lapses.lapsed_on

),

missed as (

    select
        cast(date_trunc('month', lapses.lapsed_on) as date) as month_start,
        assignments.rep_id,
        assignments.beat_id,
        assignments.distributor_id,
        {{ scorecard_row({'missed_signals': '1'}) }}
    from lapses
    inner join assignments
        on
            lapses.outlet_id = assignments.outlet_id
            and lapses.lapsed_on >= assignments.valid_from
            and lapses.lapsed_on < assignments.valid_to
    where lapses.contacts = 0

),

facts as (

    select * from silence
    union all
    select * from missed
    union all
    select * from planned
    union all
    select * from done
    union all
    select * from delivered
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
