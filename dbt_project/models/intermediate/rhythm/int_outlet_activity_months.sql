-- grain: outlet that counts and month with a qualifying order; the one pass over order days that months need
with int_outlet_spells as (

    select
        outlet_id,
        cast(date_trunc('month', business_date) as date) as month_start,
        orders,
        net_amount
    from {{ ref('int_outlet_spells') }}

),

monthly as (

    select
        outlet_id,
        month_start,
        cast(count(*) as bigint) as order_days,
        cast(sum(orders) as bigint) as orders,
        cast(sum(net_amount) as decimal(18, 2)) as net_amount
    from int_outlet_spells
    group by
        outlet_id,
        month_start

),

final as (

    select
        *,
        min(month_start) over (partition by outlet_id) as first_month_start,
        lag(month_start) over (partition by outlet_id order by month_start) as previous_month_start,
        lead(month_start) over (partition by outlet_id order by month_start) as next_month_start
    from monthly

)

select * from final
