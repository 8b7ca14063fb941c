-- grain: outlet that counts and has ordered: its first order here, and whether it is known to be its first ever
with int_outlet_openings as (

    select
        outlet_id,
        first_order_date,
        feed_began_on,
        is_seen_from_opening
    from {{ ref('int_outlet_openings') }}
    where first_order_date is not null

),

int_outlet_thresholds as (

    select
        outlet_id,
        valid_from,
        valid_to,
        new_days
    from {{ ref('int_outlet_thresholds') }}
    where rule_set = 'standard'

),

-- an outlet that closed and opened again has several openings
first_orders as (

    select
        outlet_id,
        min(first_order_date) as first_order_date,
        min(feed_began_on) as feed_began_on,
        bool_or(is_seen_from_opening) as is_seen_from_opening
    from int_outlet_openings
    group by outlet_id

),

final as (

    select
        first_orders.outlet_id,
        first_orders.first_order_date,
        first_orders.feed_began_on,
        first_orders.is_seen_from_opening,
        -- of days before the rules begin it is not known
        coalesce({{ is_first_known('first_orders', 'thresholds.new_days') }}, false) as is_first_known
    from first_orders
    left join int_outlet_thresholds as thresholds
        on
            first_orders.outlet_id = thresholds.outlet_id
            and first_orders.first_order_date >= thresholds.valid_from
            and first_orders.first_order_date < thresholds.valid_to

)

select * from final
