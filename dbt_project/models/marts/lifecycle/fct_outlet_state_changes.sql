-- grain: outlet, rule set and date on which the state changed; a view: the same rows as the states they begin
with fct_outlet_states as (

    select
        outlet_id,
        rule_set,
        valid_from,
        previous_state,
        state,
        last_order_date,
        typical_net_amount
    from {{ ref('fct_outlet_states') }}

),

final as (

    select
        outlet_id,
        rule_set,
        valid_from as changed_on,
        previous_state as from_state,
        state as to_state,
        {{ days_between('last_order_date', 'valid_from') }} as days_silent,
        typical_net_amount
    from fct_outlet_states
    -- a new rule version that changes no state is no change
    where
        previous_state is null
        or previous_state != state

)

select * from final
