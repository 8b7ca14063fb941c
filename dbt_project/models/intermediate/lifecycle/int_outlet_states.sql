-- grain: outlet that counts, rule set and interval [valid_from, valid_to) of one state; the only place that decides it
with int_outlet_state_breaks as (

    select
        outlet_number,
        rule_set_number,
        valid_from
    from {{ ref('int_outlet_state_breaks') }}

),

int_outlet_cycles as (

    select
        {{ hash_number('outlet_id') }} as outlet_number,
        business_date,
        gap_days,
        cycle_days
    from {{ ref('int_outlet_cycles') }}

),

int_outlet_openings as (

    select
        {{ hash_number('outlet_id') }} as outlet_number,
        in_from,
        in_to
    from {{ ref('int_outlet_openings') }}

),

first_orders as (

    select
        {{ hash_number('outlet_id') }} as outlet_number,
        first_order_date,
        feed_began_on,
        is_seen_from_opening
    from {{ ref('int_outlet_first_orders') }}

),

int_outlet_known as (

    select
        outlet_id,
        outlet_number,
        unknown_from
    from {{ ref('int_outlet_known') }}

),

int_outlet_assignments_dated as (

    select
        {{ hash_number('outlet_id') }} as outlet_number,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to,
        on_hold
    from {{ ref('int_outlet_assignments_dated') }}

),

int_outlet_thresholds as (

    select
        *,
        {{ hash_number('outlet_id') }} as outlet_number,
        {{ hash_number('rule_set') }} as rule_set_number
    from {{ ref('int_outlet_thresholds') }}

),

rule_sets as (

    select
        rule_set,
        rule_set_number
    from int_outlet_thresholds
    group by
        rule_set,
        rule_set_number

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

-- the spell in which an interval lies, if the outlet has ordered by then
placed as (

    select
        breaks.*,
        int_outlet_cycles.business_date as last_order_date,
        int_outlet_cycles.gap_days as gap_before_days,
        int_outlet_cycles.cycle_days
    from int_outlet_state_breaks as breaks
    {{ as_of_join('left', 'int_outlet_cycles', 'breaks', ['outlet_number'], 'valid_from', 'business_date') }}

),

limited as (

    select
        placed.*,
        thresholds.rule_version,
        thresholds.new_days,
        thresholds.recovered_days,
        {{ ladder_limits('thresholds', 'placed.cycle_days') }}
    from placed
    inner join int_outlet_thresholds as thresholds
        on
            placed.outlet_number = thresholds.outlet_number
            and placed.rule_set_number = thresholds.rule_set_number
            and placed.valid_from >= thresholds.valid_from
            and placed.valid_from < thresholds.valid_to

),

described as (

    select
        limited.*,
        {{ days_between('limited.last_order_date', 'limited.valid_from') }} as days_silent,
        int_outlet_openings.outlet_number is null as is_closed,
        coalesce(int_outlet_assignments_dated.on_hold, false) as is_on_hold,
        limited.valid_from >= int_outlet_known.unknown_from as is_unknown,
        limited.last_order_date is null as is_without_order,
        {{ days_between('first_orders.first_order_date', 'limited.valid_from') }} < limited.new_days
        and {{ is_first_known('first_orders', 'limited.new_days') }} as is_new,
        limited.gap_before_days >= limited.inactive_after_days
        and {{ days_between('limited.last_order_date', 'limited.valid_from') }} < limited.recovered_days
            as is_recovered
    from limited
    inner join int_outlet_known
        on limited.outlet_number = int_outlet_known.outlet_number
    left join first_orders
        on limited.outlet_number = first_orders.outlet_number
    left join int_outlet_openings
        on
            limited.outlet_number = int_outlet_openings.outlet_number
            and limited.valid_from >= int_outlet_openings.in_from
            and limited.valid_from < int_outlet_openings.in_to
    left join int_outlet_assignments_dated
        on
            limited.outlet_number = int_outlet_assignments_dated.outlet_number
            and limited.valid_from >= int_outlet_assignments_dated.valid_from
            and limited.valid_from < int_outlet_assignments_dated.valid_to

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
    window outlet_rules as (partition by outlet_number, rule_set_number order by valid_from)

),

bounded as (

    select
        lagged.*,
        -- breaks follow each other without a gap up to the business date
        lead(lagged.valid_from, 1, {{ add_days('int_as_of.as_of_date', 1) }}) over (
            partition by lagged.outlet_number, lagged.rule_set_number order by lagged.valid_from
        ) as valid_to
    from lagged
    cross join int_as_of
    where
        lagged.state_before is null
        or lagged.state != lagged.state_before
        or lagged.rule_version != lagged.rule_version_before

),

final as (

    select
        int_outlet_known.outlet_id,
        rule_sets.rule_set,
        bounded.state,
        bounded.state_before as previous_state,
        bounded.rule_version,
        bounded.valid_from,
        bounded.valid_to,
        bounded.last_order_date,
        bounded.inactive_after_days,
        bounded.lost_after_days
    from bounded
    inner join int_outlet_known
        on bounded.outlet_number = int_outlet_known.outlet_number
    inner join rule_sets
        on bounded.rule_set_number = rule_sets.rule_set_number

)

select * from final
