-- grain: outlet that counts and business date with a qualifying order under any of its numbers
with int_outlet_order_days as (

    select
        feed,
        outlet_id,
        business_date,
        orders,
        net_amount
    from {{ ref('int_outlet_order_days') }}

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

final as (

    select
        coalesce(int_outlet_links.counted_outlet_id, int_outlet_order_days.outlet_id) as outlet_id,
        int_outlet_order_days.business_date,
        cast(sum(int_outlet_order_days.orders) as bigint) as orders,
        cast(sum(int_outlet_order_days.net_amount) as decimal(18, 2)) as net_amount
    from int_outlet_order_days
    left join int_outlet_links
        on int_outlet_order_days.outlet_id = int_outlet_links.outlet_id
    group by
        coalesce(int_outlet_links.counted_outlet_id, int_outlet_order_days.outlet_id),
        int_outlet_order_days.business_date

)

select * from final
