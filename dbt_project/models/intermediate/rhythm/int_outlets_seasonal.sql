-- grain: outlet that counts and is silent on the business date as it was in the same days a year before
-- the silence that held a year before the middle of this one must cover most of the same days
with int_outlet_spells as (

    select
        outlet_id,
        business_date
    from {{ ref('int_outlet_spells') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

rules as (

    select
        max(case when parameter = 'seasonal_min_days' then cast(value as integer) end) as min_days,
        max(case when parameter = 'seasonal_min_months' then cast(value as integer) end) as min_months,
        max(case when parameter = 'seasonal_min_percent' then cast(value as double) end) as min_percent
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

bounds as (

    select
        outlet_id,
        min(business_date) as first_order_date,
        max(business_date) as last_order_date
    from int_outlet_spells
    group by outlet_id

),

silent as (

    select
        bounds.outlet_id,
        bounds.last_order_date,
        int_as_of.as_of_date,
        {{ days_between('bounds.last_order_date', 'int_as_of.as_of_date') }} as days_silent,
        {{ add_months('bounds.last_order_date', -12) }} as from_a_year_before,
        {{ add_months('int_as_of.as_of_date', -12) }} as to_a_year_before
    from bounds
    cross join int_as_of
    cross join rules
    where
        {{ days_between('bounds.last_order_date', 'int_as_of.as_of_date') }} >= rules.min_days
        and bounds.first_order_date <= {{ add_months('int_as_of.as_of_date', '-rules.min_months') }}

),

centred as (

    select
        *,
        {{ add_days('last_order_date', 'cast(floor(days_silent / 2) as integer)') }} as middle
    from silent

),

silent_before as (

    select
        centred.outlet_id,
        max(
            case when days.business_date <= {{ add_months('centred.middle', -12) }} then days.business_date end
        ) as silent_before_from,
        min(
            case when days.business_date > {{ add_months('centred.middle', -12) }} then days.business_date end
        ) as silent_before_to
    from centred
    inner join int_outlet_spells as days
        on centred.outlet_id = days.outlet_id
    group by centred.outlet_id

),

covered as (

    select
        centred.outlet_id,
        centred.last_order_date,
        centred.days_silent,
        silent_before.silent_before_from,
        silent_before.silent_before_to,
        {{ days_between('silent_before.silent_before_from', 'silent_before.silent_before_to') }} as days_silent_before,
        -- both spans leave out the day of the order that they begin with
        100.0 * {{ days_between(
            'greatest(silent_before.silent_before_from, centred.from_a_year_before)',
            'least(' ~ add_days('silent_before.silent_before_to', -1) ~ ', centred.to_a_year_before)'
        ) }} / {{ days_between('centred.from_a_year_before', 'centred.to_a_year_before') }} as percent_covered
    from centred
    inner join silent_before
        on centred.outlet_id = silent_before.outlet_id
    where
        silent_before.silent_before_from is not null
        and silent_before.silent_before_to is not null

),

final as (

    select
        covered.outlet_id,
        covered.last_order_date,
        covered.days_silent,
        covered.silent_before_from,
        covered.silent_before_to,
        cast(covered.percent_covered as decimal(5, 1)) as percent_covered,
        {{ add_months('covered.silent_before_to', 12) }} as expected_back_on
    from covered
    cross join rules
    where
        covered.days_silent_before >= rules.min_days
        and covered.percent_covered >= rules.min_percent

)

select * from final
