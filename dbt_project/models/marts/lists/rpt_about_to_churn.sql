-- grain: outlet that still counts as trading and has not ordered for churn_days or more, on the business date
with int_outlets_watched as (

    select *
    from {{ ref('int_outlets_watched') }}
    where is_about_to_churn

),

rpt_inactivity_causes as (

    select
        outlet_id,
        cause
    from {{ ref('rpt_inactivity_causes') }}
    where cause_rank = 1

),

final as (

    select
        outlets.outlet_id,
        outlets.outlet_name,
        outlets.feed,
        outlets.channel,
        outlets.territory,
        outlets.beat_id,
        outlets.rep_id,
        outlets.owner_name,
        outlets.abc_class,
        outlets.state,
        outlets.reporting_currency,
        outlets.previous_net_amount as previous_period_net_amount,
        outlets.this_net_amount as this_period_net_amount,
        outlets.monthly_net_amount as typical_monthly_net_amount,
        outlets.last_order_date,
        outlets.days_silent,
        cast(outlets.cycle_days as decimal(9, 1)) as cycle_days,
        outlets.last_visit_on,
        outlets.days_unvisited,
        outlets.recent_visits,
        outlets.last_coupon_on,
        outlets.recent_coupons,
        outlets.crosses_on,
        rpt_inactivity_causes.cause as likely_cause
    from int_outlets_watched as outlets
    left join rpt_inactivity_causes
        on outlets.outlet_id = rpt_inactivity_causes.outlet_id

)

select * from final
