-- grain: lapse, kind (visit, coupon) and day of something done for a silent outlet, and whether it ordered soon after
-- outcome: saved, not saved, or open while its days last; an action proves nothing alone, see rpt_action_outcomes
with int_outlet_lapses as (

    select *
    from {{ ref('int_outlet_lapses') }}

),

fct_outlet_lapses as (

    select
        outlet_id,
        last_order_date,
        monthly_net_amount_before,
        monthly_net_amount_after
    from {{ ref('fct_outlet_lapses') }}

),

rules as (

    select max(case when parameter = 'outcome_days' then cast(value as integer) end) as outcome_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

int_as_of as (

    select
        as_of_date,
        reporting_currency
    from {{ ref('int_as_of') }}

),

actions as (

    select
        outlet_id,
        kind,
        acted_on
    from {{ ref('int_outlet_actions') }}

),

matched as (

    select
        actions.outlet_id,
        lapses.last_order_date,
        actions.kind,
        actions.acted_on,
        {{ days_between('lapses.last_order_date', 'actions.acted_on') }} as days_silent,
        lapses.is_holdout,
        lapses.returned_on,
        row_number() over (
            partition by actions.outlet_id, lapses.last_order_date order by actions.acted_on, actions.kind
        ) as action_number
    from actions
    inner join int_outlet_lapses as lapses
        on
            actions.outlet_id = lapses.outlet_id
            and actions.acted_on >= lapses.lapsed_on
            -- the order of the very day comes of the action
            and actions.acted_on <= coalesce(lapses.returned_on, date '9999-12-31')
    inner join int_as_of
        on actions.acted_on <= int_as_of.as_of_date

),

final as (

    select
        matched.outlet_id,
        matched.last_order_date,
        matched.kind,
        matched.acted_on,
        cast(matched.action_number as integer) as action_number,
        matched.days_silent,
        matched.is_holdout,
        matched.returned_on,
        {{ days_between('matched.acted_on', 'matched.returned_on') }} as days_to_return,
        case
            when matched.returned_on <= {{ add_days('matched.acted_on', 'rules.outcome_days') }} then 'saved'
            when {{ add_days('matched.acted_on', 'rules.outcome_days') }} <= int_as_of.as_of_date then 'not saved'
            else 'open'
        end as outcome,
        int_as_of.reporting_currency,
        lapses.monthly_net_amount_before,
        lapses.monthly_net_amount_after
    from matched
    cross join rules
    cross join int_as_of
    inner join fct_outlet_lapses as lapses
        on
            matched.outlet_id = lapses.outlet_id
            and matched.last_order_date = lapses.last_order_date

)

select * from final
