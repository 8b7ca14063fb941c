-- grain: outlet that still orders, and far less than in the period before, on the business date
-- one without an order in the period is on rpt_about_to_churn; a fall that the year before saw too is the season's
with int_outlets_watched as (

    select *
    from {{ ref('int_outlets_watched') }}
    where
        not is_silent
        and this_orders > 0

),

rules as (

    select
        max(case when parameter = 'drop_days' then cast(value as integer) end) as drop_days,
        max(case when parameter = 'order_drop_count' then cast(value as integer) end) as order_drop_count
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

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
        rules.drop_days as period_days,
        outlets.this_orders as this_period_orders,
        outlets.previous_orders as previous_period_orders,
        nullif(outlets.last_year_orders, 0) as last_year_orders,
        outlets.this_orders - outlets.previous_orders as orders_change,
        outlets.last_order_date,
        outlets.days_silent,
        outlets.last_visit_on,
        outlets.next_visit_on
    from int_outlets_watched as outlets
    cross join rules
    where
        outlets.previous_orders - outlets.this_orders >= rules.order_drop_count
        and outlets.last_year_previous_orders - outlets.last_year_orders < rules.order_drop_count

)

select * from final
