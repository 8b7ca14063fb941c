-- grain: order of which something was delivered: how much of it came, and when
-- three fill rates, kept apart: of quantities, of lines, and whether the order came in full and on time
with stg_deliveries as (

    select
        feed,
        order_id,
        outlet_id,
        product_id,
        delivered_on,
        ordered_quantity,
        delivered_quantity
    from {{ ref('stg_deliveries') }}

),

orders as (

    select
        order_id,
        outlet_id,
        business_date,
        promised_on
    from {{ ref('int_orders_unioned') }}

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

-- a line that comes in parts is one line
delivery_lines as (

    select
        feed,
        order_id,
        product_id,
        min(outlet_id) as outlet_id,
        min(delivered_on) as first_delivered_on,
        max(delivered_on) as delivered_on,
        max(ordered_quantity) as ordered_quantity,
        sum(delivered_quantity) as delivered_quantity
    from stg_deliveries
    group by
        feed,
        order_id,
        product_id

),

summed as (

    select
        feed,
        order_id,
        min(outlet_id) as outlet_id,
        min(first_delivered_on) as first_delivered_on,
        max(delivered_on) as delivered_on,
        sum(ordered_quantity) as ordered_quantity,
        -- more than was ordered makes up for nothing else
        sum(least(delivered_quantity, ordered_quantity)) as delivered_quantity,
        count(*) as delivery_lines,
        count(case when delivered_quantity >= ordered_quantity then 1 end) as full_lines
    from delivery_lines
    group by
        feed,
        order_id

),

final as (

    select
        summed.feed,
        summed.order_id,
        coalesce(int_outlet_links.counted_outlet_id, orders.outlet_id, summed.outlet_id) as outlet_id,
        coalesce(orders.business_date, summed.first_delivered_on) as business_date,
        orders.promised_on,
        summed.first_delivered_on,
        summed.delivered_on,
        summed.ordered_quantity,
        summed.delivered_quantity,
        summed.delivery_lines,
        summed.full_lines,
        summed.full_lines = summed.delivery_lines as is_in_full,
        -- without a promise nobody can say
        summed.full_lines = summed.delivery_lines and summed.delivered_on <= orders.promised_on
            as is_in_full_and_on_time,
        {{ days_between('orders.business_date', 'summed.delivered_on') }} as days_to_deliver
    from summed
    left join orders
        on summed.order_id = orders.order_id
    left join int_outlet_links
        on coalesce(orders.outlet_id, summed.outlet_id) = int_outlet_links.outlet_id

)

select * from final
