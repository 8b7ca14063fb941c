-- grain: outlet whose state by the standard ladder is lost, on the business date
with int_outlets_watched as (

    select *
    from {{ ref('int_outlets_watched') }}
    where state = 'lost'

),

lifetimes as (

    select
        outlet_id,
        cast(sum(orders) as bigint) as lifetime_orders,
        cast(sum(net_amount) as decimal(18, 2)) as lifetime_net_amount
    from {{ ref('int_outlet_activity_days') }}
    group by outlet_id

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
        outlets.reporting_currency,
        lifetimes.lifetime_net_amount,
        lifetimes.lifetime_orders,
        outlets.monthly_net_amount as typical_monthly_net_amount,
        outlets.first_order_date,
        outlets.last_order_date,
        outlets.days_silent,
        cast(outlets.cycle_days as decimal(9, 1)) as cycle_days,
        outlets.state_since as lost_since,
        outlets.last_visit_on,
        outlets.next_visit_on,
        rpt_inactivity_causes.cause as likely_cause
    from int_outlets_watched as outlets
    inner join lifetimes
        on outlets.outlet_id = lifetimes.outlet_id
    left join rpt_inactivity_causes
        on outlets.outlet_id = rpt_inactivity_causes.outlet_id

)

select * from final
