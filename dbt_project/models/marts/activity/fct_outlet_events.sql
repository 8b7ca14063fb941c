-- grain: event of an outlet: the whole of its history in one place; a view of the facts
-- orders, visits, deliveries, coupons, stock-outs of what it buys, and state changes by the standard ladder
with orders as (

    select
        outlet_id,
        business_date as event_date,
        'order' as event,
        orders || ' orders, ' || order_lines || ' lines' as description,
        net_amount as amount
    from {{ ref('fct_outlet_order_days') }}

),

visits as (

    select
        counted_outlet_id as outlet_id,
        coalesce(visited_on, planned_on) as event_date,
        case when is_done then 'visit' else 'visit not done' end as event,
        case
            when has_order then 'with an order'
            else coalesce(outcome, case when is_done then 'without an order' else 'planned' end)
        end as description,
        cast(null as decimal(18, 2)) as amount
    from {{ ref('fct_visits') }}

),

deliveries as (

    select
        outlet_id,
        delivered_on as event_date,
        'delivery' as event,
        full_lines || ' of ' || delivery_lines || ' lines in full' as description,
        cast(null as decimal(18, 2)) as amount
    from {{ ref('fct_order_deliveries') }}
    where outlet_id is not null

),

issued_coupons as (

    select
        counted_outlet_id as outlet_id,
        issued_on as event_date,
        'coupon issued' as event,
        promotion_id as description,
        cast(null as decimal(18, 2)) as amount
    from {{ ref('fct_coupons') }}
    where issued_on is not null

),

redeemed_coupons as (

    select
        counted_outlet_id as outlet_id,
        redeemed_on as event_date,
        'coupon redeemed' as event,
        promotion_id as description,
        cast(null as decimal(18, 2)) as amount
    from {{ ref('fct_coupons') }}
    where redeemed_on is not null

),

stock_outs as (

    select
        outlet_id,
        starts_on as event_date,
        'stock-out' as event,
        product_id || coalesce(' until ' || ends_on, ', still out') as description,
        cast(null as decimal(18, 2)) as amount
    from {{ ref('fct_outlet_stock_outs') }}

),

state_changes as (

    select
        outlet_id,
        changed_on as event_date,
        'state' as event,
        coalesce(from_state || ' to ', '') || to_state as description,
        cast(null as decimal(18, 2)) as amount
    from {{ ref('fct_outlet_state_changes') }}
    where rule_set = 'standard'

),

final as (

    select * from orders
    union all
    select * from visits
    union all
    select * from deliveries
    union all
    select * from issued_coupons
    union all
    select * from redeemed_coupons
    union all
    select * from stock_outs
    union all
    select * from state_changes

)

select * from final
