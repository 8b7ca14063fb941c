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
        max(case when parameter = 'sales_drop_percent' then cast(value as double) end) as sales_drop_percent
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
        outlets.reporting_currency,
        outlets.this_net_amount as this_period_net_amount,
        outlets.previous_net_amount as previous_period_net_amount,
        nullif(outlets.last_year_net_amount, 0) as last_year_net_amount,
        cast(
            100.0 * (outlets.this_net_amount - outlets.previous_net_amount) / outlets.previous_net_amount
            as decimal(9, 1)
        ) as percent_change,
        cast(
            100.0 * (outlets.this_net_amount - outlets.last_year_net_amount)
            / nullif(outlets.last_year_net_amount, 0) as decimal(9, 1)
        ) as percent_change_on_last_year,
        outlets.last_order_date,
        outlets.days_silent,
        outlets.last_visit_on,
        outlets.next_visit_on
    from int_outlets_watched as outlets
    cross join rules
    where
        outlets.previous_net_amount > 0
        and 100 * (outlets.previous_net_amount - outlets.this_net_amount)
        >= rules.sales_drop_percent * outlets.previous_net_amount
        and not (
            outlets.last_year_previous_net_amount > 0
            and 100 * (outlets.last_year_previous_net_amount - outlets.last_year_net_amount)
            >= rules.sales_drop_percent * outlets.last_year_previous_net_amount
        )

)

select * from final
