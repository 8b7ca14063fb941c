-- grain: outlet, rule set and interval [valid_from, valid_to)
-- exactly one state on each day, from the opening on or from its feed's first order
with int_outlet_states as (

    select
        outlet_id,
        rule_set,
        valid_from,
        valid_to,
        state,
        previous_state,
        rule_version,
        last_order_date,
        inactive_after_days,
        lost_after_days
    from {{ ref('int_outlet_states') }}

),

int_outlet_run_rates as (

    select
        outlet_id,
        last_order_date,
        daily_net_amount
    from {{ ref('int_outlet_run_rates') }}

),

final as (

    select
        states.outlet_id,
        states.rule_set,
        states.valid_from,
        states.valid_to,
        states.state,
        states.previous_state,
        cast(states.rule_version as integer) as rule_version,
        states.last_order_date,
        states.inactive_after_days,
        states.lost_after_days,
        -- while an outlet orders as usual each order moves the crossing, see dim_outlets for today's
        case
            when states.state in ('almost_inactive', 'inactive', 'lost')
                then {{ add_days('states.last_order_date', 'states.inactive_after_days') }}
        end as crosses_on,
        case states.state
            when 'never_ordered' then 'no order yet'
            when 'closed' then 'closed by its master data'
            when 'on_hold' then 'supply stopped on purpose'
            when 'unknown' then 'its feed or distributor has not delivered these days'
            when 'lost' then 'silent for ' || states.lost_after_days || ' days or more'
            when 'inactive' then 'silent for ' || states.inactive_after_days || ' days or more'
            when 'almost_inactive' then 'turns inactive after ' || states.inactive_after_days || ' days of silence'
            when 'new' then 'first ordered a short time ago'
            when 'recovered' then 'ordered again after ' || states.inactive_after_days || ' days or more'
            else 'orders as usual'
        end as reason,
        cast(int_outlet_run_rates.daily_net_amount * 30 as decimal(18, 2)) as typical_net_amount
    from int_outlet_states as states
    left join int_outlet_run_rates
        on
            states.outlet_id = int_outlet_run_rates.outlet_id
            and states.last_order_date = int_outlet_run_rates.last_order_date

)

select * from final
