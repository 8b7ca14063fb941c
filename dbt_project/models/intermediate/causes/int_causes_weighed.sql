-- grain: silent or endangered outlet and cause, told or not; the only place that says what stands out
-- weight: how many times the rule's gap the outlet lies off its peers to its harm; from 1 on the cause is evident
with int_cause_measures as (

    select *
    from {{ ref('int_cause_measures') }}

),

int_outlets_watched as (

    select
        outlet_id,
        feed,
        distributor_id,
        opened_on,
        first_order_date
    from {{ ref('int_outlets_watched') }}

),

short_distributors as (

    select distributor_id
    from {{ ref('stg_stock_outs') }}
    group by distributor_id

),

rules as (

    select
        max(case when parameter = 'cause_min_visits' then cast(value as integer) end) as min_visits,
        max(case when parameter = 'cause_min_orders' then cast(value as integer) end) as min_orders,
        max(case when parameter = 'cause_young_days' then cast(value as integer) end) as young_days,
        max(case when parameter = 'cause_coverage_points' then cast(value as double) end) as coverage_points,
        max(case when parameter = 'cause_rep_follow_up_points' then cast(value as double) end) as follow_up_points,
        max(case when parameter = 'cause_fill_rate_points' then cast(value as double) end) as fill_rate_points,
        max(case when parameter = 'cause_stock_out_points' then cast(value as double) end) as stock_out_points,
        max(case when parameter = 'cause_promotion_gap_coupons' then cast(value as double) end) as promotion_coupons,
        max(case when parameter = 'cause_ordering_effort_points' then cast(value as double) end) as effort_points,
        max(case when parameter = 'cause_reported_weight' then cast(value as double) end) as reported_weight
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

measured as (

    select
        measures.*,
        {{ all_but('rules', ['reported_weight']) }},
        short_distributors.distributor_id is not null as tells_stock_outs,
        -- without an opening date, a first order soon after the feed begins need not be the first one
        coalesce(
            outlets.opened_on is not null
            or {{ days_between('feeds.first_order_date', 'outlets.first_order_date') }} >= rules.young_days, false
        ) as tells_tenure,
        {{ days_between(
            'least(coalesce(outlets.opened_on, outlets.first_order_date), outlets.first_order_date)',
            'measures.last_order_date'
        ) }} as tenure_days
    from int_cause_measures as measures
    cross join rules
    inner join int_outlets_watched as outlets
        on measures.outlet_id = outlets.outlet_id
    left join short_distributors
        on outlets.distributor_id = short_distributors.distributor_id
    left join {{ ref('int_feed_watermarks') }} as feeds
        on outlets.feed = feeds.feed

),

-- what the field says and no figure can, since the window began
reported as (

    select
        measured.outlet_id,
        causes.cause
    from measured
    inner join {{ ref('int_lapse_reasons_matched') }} as reasons
        on
            measured.outlet_id = reasons.outlet_id
            and measured.window_from <= reasons.reported_on
    inner join {{ ref('causes') }} as causes
        on
            reasons.cause = causes.cause
            and not causes.is_measured
    group by
        measured.outlet_id,
        causes.cause

),

unioned as (

    {{ cause_row(
        'coverage', 'percent of planned visits done',
        '100.0 * planned_visits_done / planned_visits', '100.0 * peers_planned_visits_done / peers_planned_visits',
        '(planned_visits >= min_visits and peers_planned_visits > 0)', 'coverage_points'
    ) }}
    union all
    {{ cause_row(
        'rep_follow_up', 'percent of visits with an order',
        '100.0 * visits_with_order / visits', '100.0 * peers_visits_with_order / peers_visits',
        '(visits >= min_visits and peers_visits > 0)', 'follow_up_points'
    ) }}
    union all
    {{ cause_row(
        'fill_rate', 'percent of ordered quantity delivered',
        '100.0 * delivered_quantity / ordered_quantity', '100.0 * peers_delivered_quantity / peers_ordered_quantity',
        '(ordered_quantity > 0 and peers_ordered_quantity > 0)', 'fill_rate_points'
    ) }}
    union all
    {{ cause_row(
        'stock_out', 'percent of its usual lines out of stock',
        '100.0 * short_share / cause_days', '100.0 * peers_short_share / (cause_days * peers)',
        '(tells_stock_outs and peers > 0)', 'stock_out_points', worse='higher'
    ) }}
    union all
    {{ cause_row(
        'promotion_gap', 'coupons', 'coupons', '1.0 * peers_coupons / peers',
        '(peers > 0 and peers_coupons > 0)', 'promotion_coupons'
    ) }}
    union all
    {{ cause_row(
        'ordering_effort', 'percent of orders that need help',
        '100.0 * assisted_orders / told_orders', '100.0 * peers_assisted_orders / peers_told_orders',
        '(told_orders >= min_orders and peers_told_orders > 0)', 'effort_points', worse='higher'
    ) }}
    union all
    select
        outlet_id,
        'young' as cause,
        'days in business with us' as unit,
        tells_tenure as is_known,
        case when tells_tenure then tenure_days end as measure,
        cast(null as decimal(9, 1)) as peers_measure,
        -- no peers to compare with: barely evident, so that anything measured goes before
        case when tells_tenure and tenure_days < young_days then 1 else 0 end as weight
    from measured
    union all
    select
        reported.outlet_id,
        reported.cause,
        'reported by the field' as unit,
        true as is_known,
        cast(null as decimal(9, 1)) as measure,
        cast(null as decimal(9, 1)) as peers_measure,
        rules.reported_weight as weight
    from reported
    cross join rules

),

flagged as (

    select
        *,
        coalesce(weight >= 1, false) as is_evident,
        bool_or(coalesce(weight >= 1, false)) over (partition by outlet_id) as has_evident
    from unioned

),

with_unexplained as (

    select
        outlet_id,
        cause,
        unit,
        is_known,
        measure,
        peers_measure,
        weight,
        is_evident
    from flagged
    union all
    select
        outlet_id,
        'unexplained' as cause,
        'causes that could be told' as unit,
        true as is_known,
        count(case when is_known and cause != 'young' then 1 end) as measure,
        cast(null as decimal(9, 1)) as peers_measure,
        cast(null as double) as weight,
        true as is_evident
    from flagged
    where not has_evident
    group by outlet_id

),

final as (

    select
        causes.*,
        case
            when causes.is_evident
                then row_number() over (
                    partition by causes.outlet_id
                    order by causes.is_evident desc, causes.weight desc nulls last, labels.sort_order
                )
        end as cause_rank
    from with_unexplained as causes
    inner join {{ ref('causes') }} as labels
        on causes.cause = labels.cause

)

select * from final
