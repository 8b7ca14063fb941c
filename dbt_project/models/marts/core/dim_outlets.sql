-- grain: outlet
with int_outlets_today as (

    select *
    from {{ ref('int_outlets_today') }}

),

lifetimes as (

    select
        outlet_id,
        min(business_date) as first_order_date,
        max(business_date) as last_order_date,
        cast(sum(orders) as bigint) as lifetime_orders,
        sum(net_amount) as lifetime_net_amount
    from {{ ref('fct_outlet_order_days') }}
    group by outlet_id

),

final as (

    select
        outlets.outlet_id,
        outlets.feed,
        outlets.source_outlet_id,
        outlets.outlet_name,
        outlets.channel,
        outlets.beat_id,
        outlets.rep_id,
        outlets.distributor_id,
        outlets.territory,
        outlets.region,
        outlets.country,
        outlets.latitude,
        outlets.longitude,
        outlets.opened_on,
        outlets.closed_on,
        lifetimes.first_order_date,
        lifetimes.last_order_date,
        coalesce(lifetimes.lifetime_orders, 0) as lifetime_orders,
        cast(coalesce(lifetimes.lifetime_net_amount, 0) as decimal(18, 2)) as lifetime_net_amount,
        outlets.abc_class,
        cast(outlets.cycle_days as decimal(9, 1)) as typical_cycle_days,
        outlets.state,
        outlets.crosses_on,
        outlets.parent_outlet_id,
        outlets.replaced_by_outlet_id
    from int_outlets_today as outlets
    left join lifetimes
        on outlets.outlet_id = lifetimes.outlet_id

)

select * from final
