-- grain: outlet that counts, rule set and interval [valid_from, valid_to) of one state; the only place that decides it
with int_outlet_state_breaks as (

    select
        outlet_id,
        rule_set,
        valid_from,
        valid_to
    from {{ ref('int_outlet_state_breaks') }}

),

int_outlet_limits as (

    select *
    from {{ ref('int_outlet_limits') }}

),

int_outlet_openings as (

    select
        outlet_id,
        first_order_date,
        in_from,
        in_to
    from {{ ref('int_outlet_openings') }}

),

int_outlet_known as (

    select
        outlet_id,
        unknown_from
    from {{ ref('int_outlet_known') }}

),

int_outlet_assignments_dated as (

    select
        outlet_id,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to,
        on_hold
    from {{ ref('int_outlet_assignments_dated') }}

),

int_outlet_thresholds as (

    select
        outlet_id,
        rule_set,
        valid_from,
        valid_to,
        rule_version
    from {{ ref('int_outlet_thresholds') }}

),

first_orders as (

    select
        outlet_id,
        min(first_order_date) as first_order_date
    from int_outlet_openings
    group by outlet_id

),

described as (

    select
        breaks.outlet_id,
        breaks.rule_set,
        breaks.valid_from,
        breaks.valid_to,
        int_outlet_thresholds.rule_version,
        limits.last_order_date,
        limits.inactive_after_days,
        limits.lost_after_days,
        {{ days_between('limits.last_order_date', 'breaks.valid_from') }} as days_silent,
        int_outlet_openings.outlet_id is null as is_closed,
        coalesce(int_outlet_assignments_dated.on_hold, false) as is_on_hold,
        breaks.valid_from >= int_outlet_known.unknown_from as is_unknown,
        limits.last_order_date is null as is_without_order,
        limits.almost_inactive_after_days,
        {{ days_between('first_orders.first_order_date', 'breaks.valid_from') }} < limits.new_days as is_new,
        limits.gap_before_days >= limits.inactive_after_days
        and {{ days_between('limits.last_order_date', 'breaks.valid_from') }} < limits.recovered_days as is_recovered
    from int_outlet_state_breaks as breaks
    inner join int_outlet_known
        on breaks.outlet_id = int_outlet_known.outlet_id
    inner join first_orders
        on breaks.outlet_id = first_orders.outlet_id
    left join int_outlet_thresholds
        on
            breaks.outlet_id = int_outlet_thresholds.outlet_id
            and breaks.rule_set = int_outlet_thresholds.rule_set
            and breaks.valid_from >= int_outlet_thresholds.valid_from
            and breaks.valid_from < int_outlet_thresholds.valid_to
    left join int_outlet_openings
        on
            breaks.outlet_id = int_outlet_openings.outlet_id
            and breaks.valid_from >= int_outlet_openings.in_from
            and breaks.valid_from < int_outlet_openings.in_to
    left join int_outlet_assignments_dated
        on
            breaks.outlet_id = int_outlet_assignments_dated.outlet_id
            and breaks.valid_from >= int_outlet_assignments_dated.valid_from
            and breaks.valid_from < int_outlet_assignments_dated.valid_to
    left join int_outlet_limits as limits
        on
            breaks.outlet_id = limits.outlet_id
            and breaks.rule_set = limits.rule_set
            and breaks.valid_from >= limits.valid_from
            and breaks.valid_from < limits.valid_to

),

decided as (

    select
        *,
        case
            when is_closed then 'closed'
            when is_on_hold then 'on_hold'
            when is_unknown then 'unknown'
            when is_without_order then 'never_ordered'
            when days_silent >= lost_after_days then 'lost'
            when days_silent >= inactive_after_days then 'inactive'
            when days_silent >= almost_inactive_after_days then 'almost_inactive'
            when is_new then 'new'
            when is_recovered then 'recovered'
            else 'active'
        end as state
    from described

),

lagged as (

    select
        *,
        lag(state) over outlet_rules as state_before,
        lag(rule_version) over outlet_rules as rule_version_before
    from decided
    window outlet_rules as (partition by outlet_id, rule_set order by valid_from)

),

islands as (

    select
        *,
        sum(
            case
                when state = state_before and rule_version = rule_version_before then 0
                else 1
            end
        ) over (partition by outlet_id, rule_set order by valid_from) as island
    from lagged

),

final as (

    select
        outlet_id,
        rule_set,
        state,
        rule_version,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to,
        min_by(last_order_date, valid_from) as last_order_date,
        min_by(inactive_after_days, valid_from) as inactive_after_days,
        min_by(lost_after_days, valid_from) as lost_after_days
    from islands
    group by
        outlet_id,
        rule_set,
        state,
        rule_version,
        island

)

select * from final
