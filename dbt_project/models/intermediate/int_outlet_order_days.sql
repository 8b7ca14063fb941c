-- grain: outlet and business date with a qualifying order
with int_orders_qualified as (

    select
        feed,
        order_id,
        outlet_id,
        business_date,
        net_amount,
        order_lines,
        distinct_products
    from {{ ref('int_orders_qualified') }}

),

-- most days hold one order, whose own count of products will do; only shared days are counted over lines
shared_days as (

    select
        outlet_id,
        business_date
    from int_orders_qualified
    group by
        outlet_id,
        business_date
    having count(*) > 1

),

shared_products as (

    select
        int_orders_qualified.outlet_id,
        int_orders_qualified.business_date,
        count(distinct order_lines.product_id) as distinct_products
    from int_orders_qualified
    inner join shared_days
        on
            int_orders_qualified.outlet_id = shared_days.outlet_id
            and int_orders_qualified.business_date = shared_days.business_date
    inner join {{ ref('stg_order_lines') }} as order_lines
        on int_orders_qualified.order_id = order_lines.order_id
    group by
        int_orders_qualified.outlet_id,
        int_orders_qualified.business_date

),

daily as (

    select
        feed,
        outlet_id,
        business_date,
        count(*) as orders,
        cast(sum(order_lines) as bigint) as order_lines,
        max(distinct_products) as distinct_products,
        cast(sum(net_amount) as decimal(18, 2)) as net_amount
    from int_orders_qualified
    group by
        feed,
        outlet_id,
        business_date

),

final as (

    select
        daily.feed,
        daily.outlet_id,
        daily.business_date,
        daily.orders,
        daily.order_lines,
        cast(coalesce(shared_products.distinct_products, daily.distinct_products) as bigint) as distinct_products,
        daily.net_amount
    from daily
    left join shared_products
        on
            daily.outlet_id = shared_products.outlet_id
            and daily.business_date = shared_products.business_date

)

select * from final
