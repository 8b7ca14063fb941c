-- grain: outlet that counts and has ordered, on the business date of the run: its silence in missed chances
with int_outlet_spells as (

    select
        outlet_id,
        business_date
    from {{ ref('int_outlet_spells') }}

),

int_outlet_cycles as (

    select
        outlet_id,
        business_date,
        cycle_days,
        cycle_source,
        cycle_irregularity
    from {{ ref('int_outlet_cycles') }}

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

stg_visits as (

    select
        outlet_id,
        planned_on,
        visited_on
    from {{ ref('stg_visits') }}

),

int_market_days as (

    select
        feed,
        country,
        business_date,
        working_day_number
    from {{ ref('int_market_days') }}

),

dim_outlets as (

    select
        outlet_id,
        feed,
        country,
        state
    from {{ ref('dim_outlets') }}

),

int_outlets_seasonal as (

    select
        outlet_id,
        expected_back_on
    from {{ ref('int_outlets_seasonal') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

rules as (

    select
        max(case when parameter = 'usual_weekday_days' then cast(value as integer) end) as weekday_days,
        max(case when parameter = 'usual_weekday_percent' then cast(value as double) end) as weekday_percent
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

last_orders as (

    select
        int_outlet_spells.outlet_id,
        int_as_of.as_of_date,
        max(int_outlet_spells.business_date) as last_order_date
    from int_outlet_spells
    cross join int_as_of
    group by
        int_outlet_spells.outlet_id,
        int_as_of.as_of_date

),

weekdays as (

    select
        last_orders.outlet_id,
        last_orders.last_order_date,
        last_orders.as_of_date,
        {{ weekday_of('days.business_date') }} as day_of_week,
        count(*) as order_days
    from last_orders
    cross join rules
    inner join int_outlet_spells as days
        on
            last_orders.outlet_id = days.outlet_id
            and {{ days_between('days.business_date', 'last_orders.last_order_date') }} < rules.weekday_days
    group by
        last_orders.outlet_id,
        last_orders.last_order_date,
        last_orders.as_of_date,
        {{ weekday_of('days.business_date') }}

),

shares as (

    select
        *,
        100.0 * order_days / sum(order_days) over (partition by outlet_id) as percent_of_order_days
    from weekdays

),

-- whole weeks since the first such weekday count how often it came (1999-12-27 is a Monday)
usual_weekdays as (

    select
        shares.outlet_id,
        count(*) as usual_weekdays,
        sum(
            floor({{ days_between("date '1999-12-27'", 'shares.as_of_date - shares.day_of_week + 1') }} / 7)
            - floor({{ days_between("date '1999-12-27'", 'shares.last_order_date - shares.day_of_week + 1') }} / 7)
        ) as usual_order_days_passed
    from shares
    cross join rules
    where shares.percent_of_order_days >= rules.weekday_percent
    group by shares.outlet_id

),

visits as (

    select
        last_orders.outlet_id,
        count(*) filter (
            where stg_visits.planned_on > last_orders.last_order_date
            and stg_visits.planned_on <= last_orders.as_of_date
        ) as planned_visits_passed,
        count(*) filter (
            where stg_visits.visited_on > last_orders.last_order_date
            and stg_visits.visited_on <= last_orders.as_of_date
        ) as visits_without_order
    from stg_visits
    left join int_outlet_links
        on stg_visits.outlet_id = int_outlet_links.outlet_id
    inner join last_orders
        on coalesce(int_outlet_links.counted_outlet_id, stg_visits.outlet_id) = last_orders.outlet_id
    group by last_orders.outlet_id

),

final as (

    select
        last_orders.outlet_id,
        dim_outlets.state,
        last_orders.last_order_date,
        {{ days_between('last_orders.last_order_date', 'last_orders.as_of_date') }} as days_silent,
        cast(market_today.working_day_number - market_then.working_day_number as integer) as working_days_silent,
        cast(coalesce(visits.planned_visits_passed, 0) as integer) as planned_visits_passed,
        cast(coalesce(visits.visits_without_order, 0) as integer) as visits_without_order,
        cast(coalesce(usual_weekdays.usual_weekdays, 0) as integer) as usual_weekdays,
        cast(usual_weekdays.usual_order_days_passed as integer) as usual_order_days_passed,
        cast(int_outlet_cycles.cycle_days as decimal(9, 1)) as cycle_days,
        int_outlet_cycles.cycle_source,
        cast(int_outlet_cycles.cycle_irregularity as decimal(9, 2)) as cycle_irregularity,
        cast(floor(
            {{ days_between('last_orders.last_order_date', 'last_orders.as_of_date') }} / int_outlet_cycles.cycle_days
        ) as integer) as cycles_passed,
        int_outlets_seasonal.outlet_id is not null as is_seasonal,
        int_outlets_seasonal.expected_back_on
    from last_orders
    inner join dim_outlets
        on last_orders.outlet_id = dim_outlets.outlet_id
    inner join int_outlet_cycles
        on
            last_orders.outlet_id = int_outlet_cycles.outlet_id
            and last_orders.last_order_date = int_outlet_cycles.business_date
    left join int_market_days as market_today
        on
            dim_outlets.feed = market_today.feed
            and dim_outlets.country = market_today.country
            and last_orders.as_of_date = market_today.business_date
    left join int_market_days as market_then
        on
            dim_outlets.feed = market_then.feed
            and dim_outlets.country = market_then.country
            and last_orders.last_order_date = market_then.business_date
    left join usual_weekdays
        on last_orders.outlet_id = usual_weekdays.outlet_id
    left join visits
        on last_orders.outlet_id = visits.outlet_id
    left join int_outlets_seasonal
        on last_orders.outlet_id = int_outlets_seasonal.outlet_id

)

select * from final
