-- grain: outlet, rule set and date on which the state changed
with int_outlet_states as (

    select
        outlet_id,
        rule_set,
        valid_from,
        state,
        last_order_date
    from {{ ref('int_outlet_states') }}

),

int_outlet_run_rates as (

    select
        outlet_id,
        last_order_date,
        daily_net_amount
    from {{ ref('int_outlet_run_rates') }}

),

lagged as (

    select
        *,
        lag(state) over (partition by outlet_id, rule_set order by valid_from) as from_state
    from int_outlet_states

),

final as (

    select
        lagged.outlet_id,
        lagged.rule_set,
        lagged.valid_from as changed_on,
        lagged.from_state,
        lagged.state as to_state,
        {{ days_between('lagged.last_order_date', 'lagged.valid_from') }} as days_silent,
        cast(int_outlet_run_rates.daily_net_amount * 30 as decimal(18, 2)) as typical_net_amount
    from lagged
    left join int_outlet_run_rates
        on
            lagged.outlet_id = int_outlet_run_rates.outlet_id
            and lagged.last_order_date = int_outlet_run_rates.last_order_date
    -- a new rule version that changes no state is no change
    where
        lagged.from_state is null
        or lagged.from_state != lagged.state

)

select * from final
