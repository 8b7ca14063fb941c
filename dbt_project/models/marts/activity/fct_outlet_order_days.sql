-- grain: outlet and business date with a qualifying order
with int_outlet_order_days as (

    select
        feed,
        outlet_id,
        business_date,
        orders,
        order_lines,
        distinct_products,
        net_amount
    from {{ ref('int_outlet_order_days') }}

),

int_outlet_spells as (

    select
        outlet_id,
        business_date,
        previous_order_date
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
        int_outlet_order_days.net_amount,
        {{ days_between('int_outlet_spells.previous_order_date', 'int_outlet_order_days.business_date') }}
            as days_since_previous_order
    from int_outlet_order_days
    inner join int_outlet_spells
        on
            int_outlet_order_days.outlet_id = int_outlet_spells.outlet_id
            and int_outlet_order_days.business_date = int_outlet_spells.business_date

)

select * from final
