-- grain: outlet and window in which the outlet has lapsed on the business date of the run
with int_outlet_activity_intervals as (

    select
        outlet_id,
        window_days,
        valid_from,
        valid_to
    from {{ ref('int_outlet_activity_intervals') }}
    where status = 'lapsed'

),

int_outlet_order_days as (

    select
        outlet_id,
        business_date,
        net_amount
    from {{ ref('int_outlet_order_days') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

rules as (

    select cast(value as integer) as run_rate_days
    from {{ ref('rules') }}
    where
        rule_set = 'standard'
        and parameter = 'run_rate_days'

),

lapsed as (

    select
        int_outlet_activity_intervals.outlet_id,
        int_outlet_activity_intervals.window_days
    from int_outlet_activity_intervals
    cross join int_as_of
    where
        int_outlet_activity_intervals.valid_from <= int_as_of.as_of_date
        and (
            int_outlet_activity_intervals.valid_to is null
            or int_outlet_activity_intervals.valid_to > int_as_of.as_of_date
        )

),

last_orders as (

    select
        outlet_id,
        max(business_date) as last_order_date
    from int_outlet_order_days
    group by outlet_id

),

-- a fixed divisor understates young outlets; their own short span would overstate one-time buyers far more
rated as (

    select
        last_orders.outlet_id,
        sum(int_outlet_order_days.net_amount) * 30 / max(rules.run_rate_days) as monthly_net_amount_before
    from last_orders
    cross join rules
    inner join int_outlet_order_days
        on
            last_orders.outlet_id = int_outlet_order_days.outlet_id
            and int_outlet_order_days.business_date > last_orders.last_order_date - rules.run_rate_days
    group by last_orders.outlet_id

),

final as (

    select
        lapsed.outlet_id,
        lapsed.window_days,
        rated.monthly_net_amount_before
    from lapsed
    left join rated
        on lapsed.outlet_id = rated.outlet_id

)

select * from final
