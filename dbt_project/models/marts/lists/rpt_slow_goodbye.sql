-- grain: outlet that still orders and buys far less than in its first months, on the business date
-- its first full months against the last full ones; no silence in between, which is what the other lists are for
with int_outlet_activity_months as (

    select
        outlet_id,
        month_start,
        net_amount
    from {{ ref('int_outlet_activity_months') }}

),

int_outlets_watched as (

    select *
    from {{ ref('int_outlets_watched') }}
    where
        not is_silent
        and first_order_date is not null

),

rules as (

    select
        max(case when parameter = 'goodbye_months' then cast(value as integer) end) as goodbye_months,
        max(case when parameter = 'goodbye_min_months' then cast(value as integer) end) as goodbye_min_months,
        max(case when parameter = 'goodbye_drop_percent' then cast(value as double) end) as goodbye_drop_percent
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

-- the month of the first order is not whole, nor is that of the business date unless it ends there
spans as (

    select
        outlets.outlet_id,
        rules.goodbye_months,
        rules.goodbye_drop_percent,
        {{ add_months("cast(date_trunc('month', outlets.first_order_date) as date)", 1) }} as first_month,
        {{ add_months("cast(date_trunc('month', outlets.first_order_date) as date)", '1 + rules.goodbye_months') }}
            as first_months_end,
        {{ add_months(
            'cast(date_trunc(\'month\', ' ~ add_days('int_as_of.as_of_date', 1) ~ ') as date)', '-rules.goodbye_months'
        ) }} as recent_month,
        cast(date_trunc('month', {{ add_days('int_as_of.as_of_date', 1) }}) as date) as recent_months_end
    from int_outlets_watched as outlets
    cross join rules
    cross join {{ ref('int_as_of') }} as int_as_of
    where
        {{ add_months("cast(date_trunc('month', outlets.first_order_date) as date)", 'rules.goodbye_min_months') }}
        <= int_as_of.as_of_date

),

summed as (

    select
        spans.outlet_id,
        spans.goodbye_months,
        spans.goodbye_drop_percent,
        sum(
            case when months.month_start < spans.first_months_end then months.net_amount else 0 end
        ) as first_net_amount,
        sum(
            case when months.month_start >= spans.recent_month then months.net_amount else 0 end
        ) as recent_net_amount,
        count(case when months.month_start >= spans.recent_month then 1 end) as recent_months_with_orders
    from spans
    inner join int_outlet_activity_months as months
        on
            spans.outlet_id = months.outlet_id
            and months.month_start >= spans.first_month
            and months.month_start < spans.recent_months_end
    group by
        spans.outlet_id,
        spans.goodbye_months,
        spans.goodbye_drop_percent,
        spans.first_month

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
        summed.goodbye_months as months_compared,
        cast(summed.first_net_amount / summed.goodbye_months as decimal(18, 2)) as first_monthly_net_amount,
        cast(summed.recent_net_amount / summed.goodbye_months as decimal(18, 2)) as recent_monthly_net_amount,
        cast(
            100.0 * (summed.recent_net_amount - summed.first_net_amount) / summed.first_net_amount as decimal(9, 1)
        ) as percent_change,
        outlets.first_order_date,
        outlets.last_order_date,
        outlets.days_silent,
        outlets.last_visit_on,
        outlets.next_visit_on
    from int_outlets_watched as outlets
    inner join summed
        on outlets.outlet_id = summed.outlet_id
    where
        summed.first_net_amount > 0
        and summed.recent_months_with_orders = summed.goodbye_months
        and 100 * (summed.first_net_amount - summed.recent_net_amount)
        >= summed.goodbye_drop_percent * summed.first_net_amount

)

select * from final
