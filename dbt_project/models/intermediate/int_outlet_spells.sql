-- grain: outlet and order day; the spell lasts until the outlet's next order day
with int_outlet_order_days as (

    select
        feed,
        outlet_id,
        business_date
    from {{ ref('int_outlet_order_days') }}

),

final as (

    select
        feed,
        outlet_id,
        business_date,
        lag(business_date) over (partition by outlet_id order by business_date) as previous_order_date,
        lead(business_date) over (partition by outlet_id order by business_date) as next_order_date
    from int_outlet_order_days

)

select * from final
