-- grain: outlet that still counts as trading and has not ordered for churn_days or more, on the business date
with int_outlets_listed as (

    select *
    from {{ ref('int_outlets_listed') }}
    where is_about_to_churn

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
        state,
        reporting_currency,
        previous_net_amount as previous_period_net_amount,
        this_net_amount as this_period_net_amount,
        monthly_net_amount as typical_monthly_net_amount,
        last_order_date,
        days_silent,
        cast(cycle_days as decimal(9, 1)) as cycle_days,
        last_visit_on,
        days_unvisited,
        recent_visits,
        last_coupon_on,
        recent_coupons,
        crosses_on,
        likely_cause
    from int_outlets_listed

)

select * from final
