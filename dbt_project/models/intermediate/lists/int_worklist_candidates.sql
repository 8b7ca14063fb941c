-- grain: silent or endangered outlet: what it is worth, how likely it returns, and whether it is rather to be pruned
-- the only place that decides between the revival list and the prune list, so that each outlet is on exactly one
with int_outlets_listed as (

    select *
    from {{ ref('int_outlets_listed') }}
    where
        is_silent
        or is_endangered

),

reported_gone as (

    select outlet_id
    from {{ ref('int_causes_weighed') }}
    where cause = 'gone'

),

int_return_rates as (

    select *
    from {{ ref('int_return_rates') }}

),

int_outlets_seasonal as (

    select
        outlet_id,
        expected_back_on
    from {{ ref('int_outlets_seasonal') }}

),

holdouts as (

    select
        outlet_id,
        last_order_date,
        is_holdout
    from {{ ref('int_outlet_lapses') }}

),

int_as_of as (

    select
        as_of_date,
        first_business_date
    from {{ ref('int_as_of') }}

),

rules as (

    select
        max(case when parameter = 'cooldown_days' then cast(value as integer) end) as cooldown_days,
        max(case when parameter = 'near_visit_days' then cast(value as integer) end) as near_visit_days,
        max(case when parameter = 'near_visit_bonus_percent' then cast(value as double) end) as near_bonus_percent,
        max(case when parameter = 'prune_never_ordered_days' then cast(value as integer) end) as never_ordered_days,
        max(case when parameter = 'prune_lost_days' then cast(value as integer) end) as lost_days,
        max(case when parameter = 'prune_value_percent' then cast(value as double) end) as value_percent
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

-- what an outlet of the channel usually buys a month
channel_values as (

    select
        channel,
        median(monthly_net_amount) as median_monthly_net_amount
    from {{ ref('int_outlets_watched') }}
    where not is_silent
    group by channel

),

described as (

    select
        outlets.*,
        rates.return_share,
        rates.return_share_low,
        rates.return_share_high,
        rates.silences as peer_silences,
        int_outlets_seasonal.expected_back_on,
        outlets.is_silent and coalesce(holdouts.is_holdout, false) as is_holdout,
        greatest(outlets.last_visit_on, outlets.last_coupon_on) as last_contact_on,
        channel_values.median_monthly_net_amount,
        {{ days_between(
            'coalesce(outlets.opened_on, int_as_of.first_business_date)', 'int_as_of.as_of_date'
        ) }} as days_open,
        coalesce({{ days_between('int_as_of.as_of_date', 'outlets.next_visit_on') }} <= rules.near_visit_days, false)
            as is_visit_near,
        reported_gone.outlet_id is not null as is_reported_gone,
        int_as_of.as_of_date,
        rules.*
    from int_outlets_listed as outlets
    cross join int_as_of
    cross join rules
    left join reported_gone
        on outlets.outlet_id = reported_gone.outlet_id
    left join int_return_rates as rates
        on
            outlets.channel = rates.channel
            and outlets.days_silent >= rates.band_days
            and outlets.days_silent < rates.next_band_days
    left join int_outlets_seasonal
        on outlets.outlet_id = int_outlets_seasonal.outlet_id
    left join holdouts
        on
            outlets.outlet_id = holdouts.outlet_id
            and outlets.last_order_date = holdouts.last_order_date
    left join channel_values
        on outlets.channel = channel_values.channel

),

decided as (

    select
        *,
        case
            when expected_back_on is not null then null
            when is_reported_gone and is_silent then 'the field reports that it is gone'
            when state = 'never_ordered' and days_open >= never_ordered_days
                then 'never ordered in ' || days_open || ' days'
            when state = 'lost' and days_silent >= lost_days then 'silent for ' || days_silent || ' days'
            when
                state = 'lost'
                and 100 * coalesce(monthly_net_amount, 0) < value_percent * median_monthly_net_amount
                then 'lost, and bought little: less than ' || cast(value_percent as integer) || '% of the usual'
        end as prune_reason,
        coalesce(
            last_contact_on > last_order_date
            and {{ days_between('last_contact_on', 'as_of_date') }} < cooldown_days, false
        ) as is_cooling_down
    from described

),

final as (

    select
        {{ all_but('decided', [
            'near_bonus_percent', 'never_ordered_days', 'lost_days', 'value_percent', 'near_visit_days',
            'median_monthly_net_amount', 'is_reported_gone',
        ]) }},
        coalesce(decided.monthly_net_amount, 0) * coalesce(decided.return_share, 0)
        * (1 + case when decided.is_visit_near then decided.near_bonus_percent / 100 else 0 end) as score
    from decided

)

select * from final
