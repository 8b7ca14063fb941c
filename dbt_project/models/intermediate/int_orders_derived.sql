-- grain: order of a feed that has no header for it
-- a line without outlet or date waits for its header
with stg_order_lines as (

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
    from {{ ref('stg_order_lines') }}
    where
        outlet_id is not null
        and business_date is not null

),

stg_orders as (

    select order_id
    from {{ ref('stg_orders') }}

),

headless as (

    select stg_order_lines.*
    from stg_order_lines
    left join stg_orders
        on stg_order_lines.order_id = stg_orders.order_id
    where stg_orders.order_id is null

),

final as (

    select
        feed,
        order_id,
        min(outlet_id) as outlet_id,
        min(business_date) as business_date,
        min(rep_id) as rep_id,
        min(distributor_id) as distributor_id,
        min(currency) as currency,
        case when bool_and(coalesce(order_type, 'sale') = 'return') then 'return' else 'sale' end as order_type,
        case
            when bool_and(coalesce(order_status, 'open') = 'cancelled') then 'cancelled'
            else 'open'
        end as order_status,
        sum(case when coalesce(order_status, 'open') = 'cancelled' then 0 else net_amount end) as net_amount
    from headless
    group by
        feed,
        order_id

)

select * from final
