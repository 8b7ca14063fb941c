-- grain: outlet that counts and last order before a silence of the shortest window or more: what it bought a day before
with int_outlet_spells as (

    select
        outlet_id,
        business_date,
        next_order_date,
        net_amount
    from {{ ref('int_outlet_spells') }}

),

rules as (

    select
        max(case when parameter = 'run_rate_days' then cast(value as integer) end) as run_rate_days,
        min(case when parameter = 'window_days' then cast(value as integer) end) as least_window_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'
        and parameter in ('run_rate_days', 'window_days')

),

silent as (

    select
        int_outlet_spells.outlet_id,
        int_outlet_spells.business_date as last_order_date
    from int_outlet_spells
    cross join rules
    where
        int_outlet_spells.next_order_date is null
        or {{ days_between('int_outlet_spells.business_date', 'int_outlet_spells.next_order_date') }}
        >= rules.least_window_days

),

-- a fixed divisor understates young outlets; their own short span would overstate one-time buyers far more
final as (

    select
        silent.outlet_id,
        silent.last_order_date,
        cast(sum(days.net_amount) / max(rules.run_rate_days) as decimal(18, 4)) as daily_net_amount
    from silent
    cross join rules
    inner join int_outlet_spells as days
        on
            silent.outlet_id = days.outlet_id
            and days.business_date <= silent.last_order_date
            and days.business_date > silent.last_order_date - rules.run_rate_days
    group by
        silent.outlet_id,
        silent.last_order_date

)

select * from final
