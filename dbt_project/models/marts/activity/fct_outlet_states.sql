-- grain: outlet, rule set and interval [valid_from, valid_to); exactly one state on each day from the opening on
with int_outlet_states as (

    select
        outlet_id,
        rule_set,
        valid_from,
        valid_to,
        state,
        rule_version,
        last_order_date,
        inactive_after_days,
        lost_after_days
    from {{ ref('int_outlet_states') }}

),

final as (

    select
        outlet_id,
        rule_set,
        valid_from,
        valid_to,
        state,
        cast(rule_version as integer) as rule_version,
        last_order_date,
        inactive_after_days,
        lost_after_days,
        -- while an outlet orders as usual each order moves the crossing, see dim_outlets for today's
        case
            when state in ('almost_inactive', 'inactive', 'lost')
                then {{ add_days('last_order_date', 'inactive_after_days') }}
        end as crosses_on,
        case state
            when 'never_ordered' then 'no order yet'
            when 'closed' then 'closed by its master data'
            when 'on_hold' then 'supply stopped on purpose'
            when 'unknown' then 'its feed or distributor has not delivered these days'
            when 'lost' then 'silent for ' || lost_after_days || ' days or more'
            when 'inactive' then 'silent for ' || inactive_after_days || ' days or more'
            when 'almost_inactive' then 'turns inactive after ' || inactive_after_days || ' days of silence'
            when 'new' then 'first ordered a short time ago'
            when 'recovered' then 'ordered again after ' || inactive_after_days || ' days or more'
            else 'orders as usual'
        end as reason
    from int_outlet_states

)

select * from final
