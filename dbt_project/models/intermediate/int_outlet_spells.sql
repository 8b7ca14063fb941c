-- grain: outlet that counts and order day; the spell lasts until the outlet's next order day
with int_outlet_activity_days as (

    select
        outlet_id,
        business_date
    from {{ ref('int_outlet_activity_days') }}

),

neighbours as (

    select
        outlet_id,
        business_date,
        lag(business_date) over outlet_days as previous_order_date,
        lead(business_date) over outlet_days as next_order_date
    from int_outlet_activity_days
    window outlet_days as (partition by outlet_id order by business_date)

),

final as (

    select
        *,
        {{ days_between('previous_order_date', 'business_date') }} as gap_days
    from neighbours

)

select * from final
