-- grain: outlet that counts and silence that reached the limit of the standard ladder while it was open and vouched for
with int_outlet_limits as (

    select
        outlet_id,
        last_order_date,
        next_order_date,
        valid_from,
        valid_to,
        {{ add_days('last_order_date', 'inactive_after_days') }} as lapsed_on
    from {{ ref('int_outlet_limits') }}
    where rule_set = 'standard'

),

int_outlet_openings as (

    select
        outlet_id,
        in_from,
        in_to
    from {{ ref('int_outlet_openings') }}

),

int_outlet_known as (

    select
        outlet_id,
        unknown_from
    from {{ ref('int_outlet_known') }}

),

int_outlet_run_rates as (

    select
        outlet_id,
        last_order_date,
        daily_net_amount
    from {{ ref('int_outlet_run_rates') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

rules as (

    select max(case when parameter = 'holdout_percent' then cast(value as integer) end) as holdout_percent
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

final as (

    select
        limits.outlet_id,
        limits.last_order_date,
        limits.lapsed_on,
        case when limits.next_order_date <= int_as_of.as_of_date then limits.next_order_date end as returned_on,
        {{ days_between(
            'limits.last_order_date', 'least(limits.next_order_date, int_as_of.as_of_date)'
        ) }} as days_silent,
        run_rates.daily_net_amount,
        -- left alone on purpose, the same ones on each run
        {{ bucket("limits.outlet_id || ' ' || limits.last_order_date", 100) }} < rules.holdout_percent as is_holdout
    from int_outlet_limits as limits
    cross join int_as_of
    cross join rules
    inner join int_outlet_openings
        on
            limits.outlet_id = int_outlet_openings.outlet_id
            and limits.lapsed_on >= int_outlet_openings.in_from
            and limits.lapsed_on < int_outlet_openings.in_to
    inner join int_outlet_known
        on
            limits.outlet_id = int_outlet_known.outlet_id
            and limits.lapsed_on < int_outlet_known.unknown_from
    left join int_outlet_run_rates as run_rates
        on
            limits.outlet_id = run_rates.outlet_id
            and limits.last_order_date = run_rates.last_order_date
    where
        limits.lapsed_on >= limits.valid_from
        and limits.lapsed_on < limits.valid_to
        and limits.lapsed_on <= int_as_of.as_of_date

)

select * from final
