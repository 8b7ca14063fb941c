-- grain: outlet and business date with a qualifying order
with int_outlet_order_days as (

    select
        feed,
        outlet_id,
        business_date,
        orders,
        order_lines,
        distinct_products,
        quantity,
        net_amount
    from {{ ref('int_outlet_order_days') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

int_outlet_spells as (

    select
        outlet_id,
        business_date,
        gap_days
    from {{ ref('int_outlet_spells') }}

),

final as (

    select
        int_outlet_order_days.outlet_id,
        int_outlet_order_days.business_date,
        int_outlet_order_days.feed,
        int_outlet_order_days.orders,
        int_outlet_order_days.order_lines,
        int_outlet_order_days.distinct_products,
        int_outlet_order_days.quantity,
        int_outlet_order_days.net_amount,
        int_outlet_spells.gap_days as days_since_previous_order
    from int_outlet_order_days
    inner join int_as_of
        on int_outlet_order_days.business_date <= int_as_of.as_of_date
    left join int_outlet_links
        on int_outlet_order_days.outlet_id = int_outlet_links.outlet_id
    left join int_outlet_spells
        on
            coalesce(int_outlet_links.counted_outlet_id, int_outlet_order_days.outlet_id) = int_outlet_spells.outlet_id
            and int_outlet_order_days.business_date = int_outlet_spells.business_date

)

select * from final
