-- grain: feed and hole
with int_feed_holes as (

    select
        feed,
        hole_from,
        hole_to,
        working_days,
        orders,
        expected_orders
    from {{ ref('int_feed_holes') }}

),

final as (

    select
        feed,
        hole_from,
        hole_to,
        working_days,
        orders,
        expected_orders,
        cast(100.0 * (expected_orders - orders) / expected_orders as decimal(5, 1)) as percent_missing
    from int_feed_holes

)

select * from final
