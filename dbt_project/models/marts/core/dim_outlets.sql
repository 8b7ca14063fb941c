-- grain: outlet
with int_outlets_unioned as (

    select *
    from {{ ref('int_outlets_unioned') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

assigned as (

    select int_outlet_assignments_dated.*
    from {{ ref('int_outlet_assignments_dated') }}
    cross join int_as_of
    where
        int_outlet_assignments_dated.valid_from <= int_as_of.as_of_date
        and coalesce(int_outlet_assignments_dated.valid_to, date '9999-12-31') > int_as_of.as_of_date

),

lifetimes as (

    select
        outlet_id,
        min(business_date) as first_order_date,
        max(business_date) as last_order_date,
        cast(sum(orders) as bigint) as lifetime_orders,
        sum(net_amount) as lifetime_net_amount
    from {{ ref('int_outlet_order_days') }}
    group by outlet_id

),

gaps as (

    select
        outlet_id,
        business_date,
        next_order_date,
        previous_order_date,
        {{ days_between('previous_order_date', 'business_date') }} as gap_days
    from {{ ref('int_outlet_spells') }}

),

cycles as (

    select
        outlet_id,
        median(gap_days) as typical_cycle_days,
        max(case when next_order_date is null then gap_days end) as last_gap_days
    from gaps
    group by outlet_id

),

int_outlet_classes as (

    select
        outlet_id,
        abc_class
    from {{ ref('int_outlet_classes') }}

),

int_feed_watermarks as (

    select
        feed,
        watermark_date
    from {{ ref('int_feed_watermarks') }}

),

thresholds as (

    select
        max(case when parameter = 'inactive_days' then cast(value as integer) end) as inactive_days,
        max(case when parameter = 'almost_inactive_days' then cast(value as integer) end) as almost_inactive_days,
        max(case when parameter = 'lost_days' then cast(value as integer) end) as lost_days,
        max(case when parameter = 'new_days' then cast(value as integer) end) as new_days,
        max(case when parameter = 'recovered_days' then cast(value as integer) end) as recovered_days
    from {{ ref('rules') }}
    where
        rule_set = 'standard'
        and scope = 'default'
        and parameter not in ('window_days')
        and parameter like '%_days'

),

described as (

    select
        int_outlets_unioned.*,
        assigned.channel,
        assigned.beat_id,
        assigned.rep_id,
        assigned.distributor_id,
        assigned.territory,
        assigned.region,
        assigned.country,
        assigned.on_hold as is_on_hold,
        lifetimes.first_order_date,
        lifetimes.last_order_date,
        coalesce(lifetimes.lifetime_orders, 0) as lifetime_orders,
        coalesce(lifetimes.lifetime_net_amount, 0) as lifetime_net_amount,
        cycles.typical_cycle_days,
        cycles.last_gap_days,
        int_outlet_classes.abc_class,
        {{ days_between('lifetimes.last_order_date', 'int_as_of.as_of_date') }} as days_silent,
        {{ days_between('lifetimes.first_order_date', 'int_as_of.as_of_date') }} as days_since_first_order,
        int_outlets_unioned.closed_on <= int_as_of.as_of_date
        and coalesce(lifetimes.last_order_date < int_outlets_unioned.closed_on, true) as is_closed,
        int_feed_watermarks.watermark_date < int_as_of.as_of_date as is_feed_late
    from int_outlets_unioned
    cross join int_as_of
    left join assigned
        on int_outlets_unioned.outlet_id = assigned.outlet_id
    left join lifetimes
        on int_outlets_unioned.outlet_id = lifetimes.outlet_id
    left join cycles
        on int_outlets_unioned.outlet_id = cycles.outlet_id
    left join int_outlet_classes
        on int_outlets_unioned.outlet_id = int_outlet_classes.outlet_id
    left join int_feed_watermarks
        on int_outlets_unioned.feed = int_feed_watermarks.feed

),

decided as (

    select
        described.*,
        case
            when described.is_closed then 'closed'
            when described.is_on_hold then 'on_hold'
            when described.is_feed_late then 'unknown'
            when described.last_order_date is null then 'never_ordered'
            when described.days_silent >= thresholds.lost_days then 'lost'
            when described.days_silent >= thresholds.inactive_days then 'inactive'
            when described.days_silent >= thresholds.inactive_days - thresholds.almost_inactive_days
                then 'almost_inactive'
            when described.days_since_first_order < thresholds.new_days then 'new'
            when
                described.last_gap_days >= thresholds.inactive_days
                and described.days_silent < thresholds.recovered_days then 'recovered'
            else 'active'
        end as state
    from described
    cross join thresholds

),

final as (

    select
        outlet_id,
        feed,
        source_outlet_id,
        coalesce(outlet_name, 'unknown') as outlet_name,
        channel,
        beat_id,
        rep_id,
        distributor_id,
        territory,
        region,
        country,
        latitude,
        longitude,
        opened_on,
        closed_on,
        first_order_date,
        last_order_date,
        cast(lifetime_orders as bigint) as lifetime_orders,
        cast(lifetime_net_amount as decimal(18, 2)) as lifetime_net_amount,
        abc_class,
        cast(typical_cycle_days as decimal(9, 1)) as typical_cycle_days,
        state,
        parent_outlet_id
    from decided

)

select * from final
