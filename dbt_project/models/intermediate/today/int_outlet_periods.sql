-- grain: outlet that counts and has ordered in one of the periods: the last days, those before, and both a year before
with int_outlet_spells as (

    select
        outlet_id,
        business_date,
        orders,
        net_amount
    from {{ ref('int_outlet_spells') }}

),

rules as (

    select max(case when parameter = 'drop_days' then cast(value as integer) end) as drop_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

periods as (

    select
        int_as_of.as_of_date as this_to,
        {{ add_days('int_as_of.as_of_date', '-rules.drop_days') }} as previous_to,
        {{ add_days('int_as_of.as_of_date', '-2 * rules.drop_days') }} as before_previous,
        {{ add_months('int_as_of.as_of_date', -12) }} as last_year_to,
        {{ add_days(add_months('int_as_of.as_of_date', -12), '-rules.drop_days') }} as last_year_previous_to,
        {{ add_days(add_months('int_as_of.as_of_date', -12), '-2 * rules.drop_days') }} as before_last_year_previous
    from {{ ref('int_as_of') }} as int_as_of
    cross join rules

),

placed as (

    select
        days.outlet_id,
        days.orders,
        days.net_amount,
        case
            when days.business_date > periods.previous_to then 'this'
            when days.business_date > periods.before_previous then 'previous'
            when days.business_date > periods.last_year_previous_to then 'last_year'
            else 'last_year_previous'
        end as period
    from int_outlet_spells as days
    inner join periods
        on
            days.business_date > periods.before_last_year_previous
            and days.business_date <= periods.this_to
            and (
                days.business_date > periods.before_previous
                or days.business_date <= periods.last_year_to
            )

),

final as (

    select
        outlet_id,
        cast(
            sum(case when period = 'this' then orders else 0 end) as bigint
        ) as this_orders,
        cast(
            sum(case when period = 'previous' then orders else 0 end) as bigint
        ) as previous_orders,
        cast(
            sum(case when period = 'last_year' then orders else 0 end) as bigint
        ) as last_year_orders,
        cast(
            sum(case when period = 'last_year_previous' then orders else 0 end) as bigint
        ) as last_year_previous_orders,
        cast(
            sum(case when period = 'this' then net_amount else 0 end) as decimal(18, 2)
        ) as this_net_amount,
        cast(
            sum(case when period = 'previous' then net_amount else 0 end) as decimal(18, 2)
        ) as previous_net_amount,
        cast(
            sum(case when period = 'last_year' then net_amount else 0 end) as decimal(18, 2)
        ) as last_year_net_amount,
        cast(
            sum(case when period = 'last_year_previous' then net_amount else 0 end) as decimal(18, 2)
        ) as last_year_previous_net_amount
    from placed
    group by outlet_id

)

select * from final
