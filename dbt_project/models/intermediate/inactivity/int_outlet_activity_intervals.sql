-- grain: outlet that counts, window and interval [valid_from, valid_to) of one status
-- status: never_ordered, active, lapsed, unknown; is_doubtful: lapsed only if the days of a hole count as silence
-- an order opens a spell; the spell alone says when the outlet crosses the window and when it comes back,
-- so only gaps of at least the window make intervals and no outlet is multiplied by days
with int_outlet_spells as (

    select
        outlet_id,
        business_date,
        next_order_date
    from {{ ref('int_outlet_spells') }}

),

int_outlet_openings as (

    select
        outlet_id,
        first_order_date,
        greatest(in_from, told_from) as in_from,
        in_to
    from {{ ref('int_outlet_openings') }}

),

int_outlet_known as (

    select
        feed,
        outlet_id,
        unknown_from
    from {{ ref('int_outlet_known') }}

),

int_feed_clock as (

    select
        feed,
        business_date,
        open_day_number
    from {{ ref('int_feed_clock') }}

),

windows as (

    select cast(value as integer) as window_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'
        and parameter = 'window_days'

),

silent_gaps as (

    select
        int_outlet_spells.outlet_id,
        windows.window_days,
        int_outlet_spells.business_date as last_order_date,
        {{ add_days('int_outlet_spells.business_date', 'windows.window_days') }} as lapsed_from,
        coalesce(int_outlet_spells.next_order_date, date '9999-12-31') as returned_on
    from int_outlet_spells
    inner join windows
        on
            int_outlet_spells.next_order_date is null
            or {{ days_between('int_outlet_spells.business_date', 'int_outlet_spells.next_order_date') }}
            > windows.window_days

),

-- the day on which as many days outside of holes have passed as the window has; beyond the clock it never comes
clock_days as (

    select
        feed,
        open_day_number,
        min(business_date) as business_date
    from int_feed_clock
    group by
        feed,
        open_day_number

),

cleared_gaps as (

    select
        silent_gaps.outlet_id,
        silent_gaps.window_days,
        silent_gaps.lapsed_from,
        silent_gaps.returned_on,
        case
            when clock_at_order.feed is null then silent_gaps.lapsed_from
            else coalesce(clock_days.business_date, date '9999-12-31')
        end as certain_from
    from silent_gaps
    inner join int_outlet_known
        on silent_gaps.outlet_id = int_outlet_known.outlet_id
    left join int_feed_clock as clock_at_order
        on
            int_outlet_known.feed = clock_at_order.feed
            and silent_gaps.last_order_date = clock_at_order.business_date
    left join clock_days
        on
            int_outlet_known.feed = clock_days.feed
            and clock_at_order.open_day_number + silent_gaps.window_days = clock_days.open_day_number

),

doubtful as (

    select
        outlet_id,
        window_days,
        'lapsed' as status,
        true as is_doubtful,
        lapsed_from as valid_from,
        least(certain_from, returned_on) as valid_to
    from cleared_gaps
    -- few feeds have holes
    where certain_from > lapsed_from

),

certain as (

    select
        outlet_id,
        window_days,
        'lapsed' as status,
        false as is_doubtful,
        greatest(certain_from, lapsed_from) as valid_from,
        returned_on as valid_to
    from cleared_gaps

),

first_orders as (

    select
        outlet_id,
        min(first_order_date) as first_order_date
    from int_outlet_openings
    group by outlet_id

),

-- active from the first order or a return until the next crossing; the last spell always ends in one
active as (

    select
        silent_gaps.outlet_id,
        silent_gaps.window_days,
        'active' as status,
        false as is_doubtful,
        coalesce(lag(silent_gaps.returned_on) over outlet_windows, first_orders.first_order_date) as valid_from,
        silent_gaps.lapsed_from as valid_to
    from silent_gaps
    inner join first_orders
        on silent_gaps.outlet_id = first_orders.outlet_id
    window outlet_windows as (
        partition by silent_gaps.outlet_id, silent_gaps.window_days
        order by silent_gaps.lapsed_from
    )

),

never_ordered as (

    select
        int_outlet_openings.outlet_id,
        windows.window_days,
        'never_ordered' as status,
        false as is_doubtful,
        min(int_outlet_openings.in_from) as valid_from,
        min(coalesce(int_outlet_openings.first_order_date, date '9999-12-31')) as valid_to
    from int_outlet_openings
    cross join windows
    group by
        int_outlet_openings.outlet_id,
        windows.window_days

),

unioned as (

    select * from doubtful
    union all
    select * from certain
    union all
    select * from active
    union all
    select * from never_ordered

),

-- only while the outlet is open, and only from and up to the days for which somebody vouches
known as (

    select
        unioned.outlet_id,
        unioned.window_days,
        unioned.status,
        unioned.is_doubtful,
        greatest(unioned.valid_from, int_outlet_openings.in_from) as valid_from,
        least(unioned.valid_to, int_outlet_openings.in_to, int_outlet_known.unknown_from) as valid_to
    from unioned
    inner join int_outlet_openings
        on unioned.outlet_id = int_outlet_openings.outlet_id
    inner join int_outlet_known
        on unioned.outlet_id = int_outlet_known.outlet_id

),

not_known as (

    select
        int_outlet_openings.outlet_id,
        windows.window_days,
        'unknown' as status,
        false as is_doubtful,
        greatest(int_outlet_known.unknown_from, int_outlet_openings.in_from) as valid_from,
        int_outlet_openings.in_to as valid_to
    from int_outlet_openings
    cross join windows
    inner join int_outlet_known
        on int_outlet_openings.outlet_id = int_outlet_known.outlet_id

),

bounded as (

    select * from known
    where valid_from < valid_to
    union all
    select * from not_known
    where valid_from < valid_to

),

neighbours as (

    select
        *,
        lag(status) over outlet_windows as status_before,
        lag(valid_to) over outlet_windows as ended_before,
        lead(status) over outlet_windows as status_after,
        lead(valid_from) over outlet_windows as started_after
    from bounded
    window outlet_windows as (partition by outlet_id, window_days order by valid_from)

),

final as (

    select
        outlet_id,
        window_days,
        status,
        is_doubtful,
        valid_from,
        valid_to,
        -- `out` where the outlet was not open
        case when ended_before = valid_from then status_before else 'out' end as previous_status,
        case when started_after = valid_to then status_after else 'out' end as next_status
    from neighbours

)

select * from final
