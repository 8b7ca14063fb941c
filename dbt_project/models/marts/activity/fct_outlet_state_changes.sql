-- grain: outlet, rule set and date on which the state changed
with int_outlet_states as (

    select
        outlet_id,
        rule_set,
        valid_from,
        previous_state,
        state,
        last_order_date
    from {{ ref('int_outlet_states') }}
    -- a new rule version that changes no state is no change
    where
        previous_state is null
        or previous_state != state

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
        states.valid_from as changed_on,
        states.previous_state as from_state,
        states.state as to_state,
        {{ days_between('states.last_order_date', 'states.valid_from') }} as days_silent,
        cast(int_outlet_run_rates.daily_net_amount * 30 as decimal(18, 2)) as typical_net_amount
    from int_outlet_states as states
    left join int_outlet_run_rates
        on
            states.outlet_id = int_outlet_run_rates.outlet_id
            and states.last_order_date = int_outlet_run_rates.last_order_date

)

select * from final
