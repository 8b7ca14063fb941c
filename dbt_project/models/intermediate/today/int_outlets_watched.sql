-- grain: outlet that counts, is open, not on hold, and vouched for on the business date: what every list says of it
with int_outlets_today as (

    select *
    from {{ ref('int_outlets_today') }}
    where
        replaced_by_outlet_id is null
        and state not in ('closed', 'on_hold', 'unknown')

),

lifetimes as (

    select
        outlet_id,
        min(business_date) as first_order_date,
        max(business_date) as last_order_date,
        cast(sum(orders) as bigint) as lifetime_orders,
        cast(sum(net_amount) as decimal(18, 2)) as lifetime_net_amount
    from {{ ref('int_outlet_spells') }}
    group by outlet_id

),

int_outlet_run_rates as (

    select
        outlet_id,
        last_order_date,
        daily_net_amount
    from {{ ref('int_outlet_run_rates') }}

),

int_outlet_owners as (

    select
        outlet_id,
        owner_kind,
        owner_id,
        owner_name
    from {{ ref('int_outlet_owners') }}

),

int_outlet_periods as (

    select *
    from {{ ref('int_outlet_periods') }}

),

int_as_of as (

    select
        as_of_date,
        reporting_currency
    from {{ ref('int_as_of') }}

),

rules as (

    select
        max(case when parameter = 'churn_days' then cast(value as integer) end) as churn_days,
        max(case when parameter = 'attention_days' then cast(value as integer) end) as attention_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

visits as (

    select
        visits.counted_outlet_id as outlet_id,
        count(
            case
                when
                    visits.visited_on <= int_as_of.as_of_date
                    and visits.visited_on > {{ add_days('int_as_of.as_of_date', '-rules.attention_days') }}
                    then 1
            end
        ) as recent_visits,
        max(case when visits.visited_on <= int_as_of.as_of_date then visits.visited_on end) as last_visit_on,
        min(
            case when visits.visited_on is null and visits.planned_on > int_as_of.as_of_date then visits.planned_on end
        ) as next_visit_on
    from {{ ref('int_visits_matched') }} as visits
    cross join int_as_of
    cross join rules
    group by visits.counted_outlet_id

),

coupons as (

    select
        coupons.counted_outlet_id as outlet_id,
        max(coupons.issued_on) as last_coupon_on,
        count(
            case
                when coupons.issued_on > {{ add_days('int_as_of.as_of_date', '-rules.attention_days') }} then 1
            end
        ) as recent_coupons
    from {{ ref('int_coupons_matched') }} as coupons
    inner join int_as_of
        on coupons.issued_on <= int_as_of.as_of_date
    cross join rules
    group by coupons.counted_outlet_id

),

described as (

    select
        outlets.outlet_id,
        outlets.feed,
        outlets.outlet_name,
        outlets.channel,
        outlets.beat_id,
        outlets.rep_id,
        outlets.distributor_id,
        outlets.territory,
        outlets.region,
        outlets.country,
        outlets.abc_class,
        outlets.opened_on,
        outlets.state,
        outlets.state_since,
        outlets.crosses_on,
        outlets.cycle_days,
        lifetimes.first_order_date,
        lifetimes.last_order_date,
        lifetimes.lifetime_orders,
        lifetimes.lifetime_net_amount,
        {{ days_between('lifetimes.last_order_date', 'int_as_of.as_of_date') }} as days_silent,
        cast(int_outlet_run_rates.daily_net_amount * 30 as decimal(18, 2)) as monthly_net_amount,
        visits.last_visit_on,
        {{ days_between('visits.last_visit_on', 'int_as_of.as_of_date') }} as days_unvisited,
        visits.next_visit_on,
        coalesce(visits.recent_visits, 0) as recent_visits,
        coupons.last_coupon_on,
        coalesce(coupons.recent_coupons, 0) as recent_coupons,
        int_outlet_owners.owner_kind,
        int_outlet_owners.owner_id,
        int_outlet_owners.owner_name,
        coalesce(int_outlet_periods.this_orders, 0) as this_orders,
        coalesce(int_outlet_periods.previous_orders, 0) as previous_orders,
        coalesce(int_outlet_periods.last_year_orders, 0) as last_year_orders,
        coalesce(int_outlet_periods.last_year_previous_orders, 0) as last_year_previous_orders,
        coalesce(int_outlet_periods.this_net_amount, 0) as this_net_amount,
        coalesce(int_outlet_periods.previous_net_amount, 0) as previous_net_amount,
        coalesce(int_outlet_periods.last_year_net_amount, 0) as last_year_net_amount,
        coalesce(int_outlet_periods.last_year_previous_net_amount, 0) as last_year_previous_net_amount,
        int_as_of.reporting_currency,
        outlets.state in ('never_ordered', 'inactive', 'lost') as is_silent,
        rules.churn_days
    from int_outlets_today as outlets
    cross join int_as_of
    cross join rules
    inner join int_outlet_owners
        on outlets.outlet_id = int_outlet_owners.outlet_id
    left join lifetimes
        on outlets.outlet_id = lifetimes.outlet_id
    left join int_outlet_run_rates
        on
            lifetimes.outlet_id = int_outlet_run_rates.outlet_id
            and lifetimes.last_order_date = int_outlet_run_rates.last_order_date
    left join visits
        on outlets.outlet_id = visits.outlet_id
    left join coupons
        on outlets.outlet_id = coupons.outlet_id
    left join int_outlet_periods
        on outlets.outlet_id = int_outlet_periods.outlet_id

),

flagged as (

    select
        *,
        not is_silent and days_silent >= churn_days as is_about_to_churn
    from described

),

final as (

    select
        {{ all_but('flagged', ['churn_days']) }},
        is_about_to_churn or state = 'almost_inactive' as is_endangered,
        -- the day from which somebody could have known
        least(
            case when is_silent or state = 'almost_inactive' then state_since end,
            case when days_silent >= churn_days then {{ add_days('last_order_date', 'churn_days') }} end
        ) as signal_on
    from flagged

)

select * from final
