-- grain: outlet, window, day and direction: +1 where an interval opens in a cell, -1 where it ends
with int_outlet_activity_intervals as (

    select
        outlet_id,
        window_days,
        status,
        crossed_on,
        valid_from,
        valid_to
    from {{ ref('int_outlet_activity_intervals') }}

),

int_outlet_assignments_dated as (

    select
        feed,
        outlet_id,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to,
        beat_id,
        rep_id,
        distributor_id,
        territory,
        region,
        country,
        channel
    from {{ ref('int_outlet_assignments_dated') }}

),

int_outlet_classes as (

    select
        outlet_id,
        abc_class
    from {{ ref('int_outlet_classes') }}

),

first_orders as (

    select
        outlet_id,
        first_order_date
    from {{ ref('int_outlet_universe') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

placed as (

    select
        assigned.feed,
        assigned.outlet_id,
        intervals.window_days,
        intervals.status,
        assigned.beat_id,
        assigned.rep_id,
        assigned.distributor_id,
        assigned.territory,
        assigned.region,
        assigned.country,
        assigned.channel,
        int_outlet_classes.abc_class,
        greatest(intervals.valid_from, assigned.valid_from) as opened,
        least(intervals.valid_to, assigned.valid_to) as ended,
        -- a crossing is a flow on its own day; entering by a move, a late feed or an opening is not
        greatest(intervals.valid_from, assigned.valid_from) = intervals.crossed_on as is_crossing,
        first_orders.first_order_date
    from int_outlet_activity_intervals as intervals
    inner join int_outlet_assignments_dated as assigned
        on
            intervals.outlet_id = assigned.outlet_id
            and intervals.valid_from < assigned.valid_to
            and assigned.valid_from < intervals.valid_to
    inner join int_outlet_classes
        on intervals.outlet_id = int_outlet_classes.outlet_id
    inner join first_orders
        on intervals.outlet_id = first_orders.outlet_id

),

opened as (

    select
        *,
        opened as event_date,
        1 as direction
    from placed

),

ended as (

    select
        *,
        ended as event_date,
        -1 as direction
    from placed

),

unioned as (

    select * from opened
    union all
    select * from ended

),

final as (

    select
        unioned.feed,
        unioned.outlet_id,
        unioned.window_days,
        unioned.event_date,
        unioned.beat_id,
        unioned.rep_id,
        unioned.distributor_id,
        unioned.territory,
        unioned.region,
        unioned.country,
        unioned.channel,
        unioned.abc_class,
        unioned.status,
        unioned.direction,
        unioned.direction = 1 and unioned.is_crossing and unioned.status = 'lapsed' as is_newly_inactive,
        unioned.direction = 1
        and unioned.is_crossing
        and unioned.status = 'active'
        and unioned.event_date > unioned.first_order_date as is_reactivated
    from unioned
    cross join int_as_of
    where unioned.event_date <= int_as_of.as_of_date

)

select * from final
