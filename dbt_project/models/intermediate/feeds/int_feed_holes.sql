-- grain: feed and hole [hole_from, hole_to], both days included: a run of working days with far fewer orders than usual
with int_feed_days as (

    select
        feed,
        business_date,
        orders,
        expected_orders
    from {{ ref('int_feed_days') }}
    where is_working_day

),

rules as (

    select
        max(case when parameter = 'hole_max_percent' then cast(value as double) end) as max_percent,
        max(case when parameter = 'hole_min_days' then cast(value as integer) end) as min_days,
        max(case when parameter = 'hole_min_sigmas' then cast(value as double) end) as min_sigmas
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

flagged as (

    select
        int_feed_days.*,
        int_feed_days.orders * 100 < int_feed_days.expected_orders * rules.max_percent as is_thin
    from int_feed_days
    cross join rules

),

numbered as (

    select
        *,
        row_number() over (partition by feed order by business_date)
        - row_number() over (partition by feed, is_thin order by business_date) as run_number
    from flagged

),

runs as (

    select
        feed,
        min(business_date) as hole_from,
        max(business_date) as hole_to,
        count(*) as working_days,
        cast(sum(orders) as bigint) as orders,
        cast(sum(expected_orders) as double) as expected_orders
    from numbered
    where is_thin
    group by
        feed,
        run_number

),

final as (

    select
        runs.feed,
        runs.hole_from,
        runs.hole_to,
        runs.working_days,
        runs.orders,
        cast(round(runs.expected_orders) as bigint) as expected_orders
    from runs
    cross join rules
    where
        runs.working_days >= rules.min_days
        -- as far from the usual as chance alone would not take it
        and runs.expected_orders - runs.orders > rules.min_sigmas * sqrt(runs.expected_orders)

)

select * from final
