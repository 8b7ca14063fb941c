-- grain: month of the first order, channel and window: who ordered on a second day within it
-- only outlets whose first order is known to be their first: of the others a second one was to be expected
-- outlets add up over months and channels; not over windows, which overlap
with int_outlet_spells as (

    select
        outlet_id,
        business_date,
        next_order_date,
        gap_days
    from {{ ref('int_outlet_spells') }}

),

int_outlet_first_orders as (

    select outlet_id
    from {{ ref('int_outlet_first_orders') }}
    where is_first_known

),

int_outlet_cell_months as (

    select
        outlet_id,
        channel,
        month_from,
        month_to
    from {{ ref('int_outlet_cell_months') }}

),

int_outlet_known as (

    select
        outlet_id,
        unknown_from
    from {{ ref('int_outlet_known') }}

),

windows as (

    select cast(value as integer) as window_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'
        and parameter = 'window_days'

),

first_orders as (

    select
        spells.outlet_id,
        spells.business_date as first_order_date,
        spells.next_order_date as second_order_date,
        cast(date_trunc('month', spells.business_date) as date) as cohort_month
    from int_outlet_spells as spells
    inner join int_outlet_first_orders
        on spells.outlet_id = int_outlet_first_orders.outlet_id
    where spells.gap_days is null

),

described as (

    select
        first_orders.cohort_month,
        cells.channel,
        windows.window_days,
        first_orders.second_order_date is null as is_one_timer,
        -- every day of the window is over and vouched for; without this young cohorts would count their successes only
        {{ add_days('first_orders.first_order_date', 'windows.window_days') }} < known.unknown_from as is_observed,
        coalesce(
            {{ days_between('first_orders.first_order_date', 'first_orders.second_order_date') }}
            <= windows.window_days, false
        ) as has_ordered_again
    from first_orders
    cross join windows
    inner join int_outlet_known as known
        on first_orders.outlet_id = known.outlet_id
    inner join int_outlet_cell_months as cells
        on
            first_orders.outlet_id = cells.outlet_id
            and first_orders.cohort_month >= cells.month_from
            and first_orders.cohort_month < cells.month_to

),

final as (

    select
        cohort_month,
        channel,
        window_days,
        cast(count(*) as bigint) as first_time_outlets,
        count(*) filter (where is_observed) as observed_outlets,
        count(*) filter (where is_observed and has_ordered_again) as ordered_again_outlets,
        count(*) filter (where is_one_timer) as one_timer_outlets,
        cast(
            cast(count(*) filter (where is_observed and has_ordered_again) as double)
            / nullif(count(*) filter (where is_observed), 0) as decimal(5, 4)
        ) as ordered_again_share
    from described
    group by
        cohort_month,
        channel,
        window_days

)

select * from final
