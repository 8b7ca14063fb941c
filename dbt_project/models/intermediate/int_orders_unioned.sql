-- grain: order, delivered as such or derived from its lines
with stg_orders as (

    select
        feed,
        order_id,
        outlet_id,
        business_date,
        rep_id,
        distributor_id,
        currency,
        order_type,
        order_status,
        net_amount
    from {{ ref('stg_orders') }}

),

int_orders_derived as (

    select
        feed,
        order_id,
        outlet_id,
        business_date,
        rep_id,
        distributor_id,
        currency,
        order_type,
        order_status,
        net_amount
    from {{ ref('int_orders_derived') }}

),

line_sums as (

    select
        order_id,
        count(*) as order_lines,
        count(distinct product_id) as distinct_products,
        sum(case when coalesce(order_status, 'open') = 'cancelled' then 0 else net_amount end) as lines_net_amount
    from {{ ref('stg_order_lines') }}
    group by order_id

),

unioned as (

    select * from stg_orders
    union all
    select * from int_orders_derived

),

final as (

    select
        unioned.feed,
        unioned.order_id,
        unioned.outlet_id,
        unioned.business_date,
        unioned.rep_id,
        unioned.distributor_id,
        unioned.currency,
        coalesce(unioned.order_type, 'sale') as order_type,
        coalesce(unioned.order_status, 'open') as order_status,
        coalesce(unioned.net_amount, line_sums.lines_net_amount) as source_net_amount,
        coalesce(line_sums.order_lines, 0) as order_lines,
        coalesce(line_sums.distinct_products, 0) as distinct_products
    from unioned
    left join line_sums
        on unioned.order_id = line_sums.order_id

)

select * from final
