-- grain: order of which something was delivered; fill rates are made from its sums
with int_order_deliveries as (

    select *
    from {{ ref('int_order_deliveries') }}

),

final as (

    select
        order_id,
        feed,
        outlet_id,
        business_date,
        promised_on,
        first_delivered_on,
        delivered_on,
        days_to_deliver,
        cast(ordered_quantity as decimal(18, 3)) as ordered_quantity,
        cast(delivered_quantity as decimal(18, 3)) as delivered_quantity,
        cast(delivery_lines as bigint) as delivery_lines,
        cast(full_lines as bigint) as full_lines,
        is_in_full,
        is_in_full_and_on_time
    from int_order_deliveries

)

select * from final
