-- grain: outlet whose state by the standard ladder is lost, on the business date
with int_outlets_listed as (

    select *
    from {{ ref('int_outlets_listed') }}
    where state = 'lost'

),

final as (

    select
        outlet_id,
        outlet_name,
        feed,
        channel,
        territory,
        beat_id,
        rep_id,
        owner_name,
        abc_class,
        reporting_currency,
        lifetime_net_amount,
        lifetime_orders,
        monthly_net_amount as typical_monthly_net_amount,
        first_order_date,
        last_order_date,
        days_silent,
        cast(cycle_days as decimal(9, 1)) as cycle_days,
        state_since as lost_since,
        last_visit_on,
        next_visit_on,
        likely_cause
    from int_outlets_listed

)

select * from final
