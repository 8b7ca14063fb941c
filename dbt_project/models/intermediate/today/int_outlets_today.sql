-- grain: outlet, replaced numbers included, as it stands on the business date
-- a replaced number is served as the one that goes on
with int_outlets_unioned as (

    select *
    from {{ ref('int_outlets_unioned') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

assigned as (

    select int_outlet_assignments_dated.*
    from {{ ref('int_outlet_assignments_dated') }}
    cross join int_as_of
    where
        int_outlet_assignments_dated.valid_from <= int_as_of.as_of_date
        and coalesce(int_outlet_assignments_dated.valid_to, date '9999-12-31') > int_as_of.as_of_date

),

int_outlet_cycles as (

    select
        outlet_id,
        cycle_days
    from {{ ref('int_outlet_cycles') }}
    where next_order_date is null

),

int_outlet_classes as (

    select
        int_outlet_classes.outlet_id,
        int_outlet_classes.abc_class
    from {{ ref('int_outlet_classes') }}
    cross join int_as_of
    where
        int_outlet_classes.valid_from <= int_as_of.as_of_date
        and coalesce(int_outlet_classes.valid_to, date '9999-12-31') > int_as_of.as_of_date

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

-- what holds for the spell that is still open
limits as (

    select
        int_outlet_limits.outlet_id,
        {{ add_days('int_outlet_limits.last_order_date', 'int_outlet_limits.inactive_after_days') }} as crosses_on
    from {{ ref('int_outlet_limits') }}
    cross join int_as_of
    where
        int_outlet_limits.rule_set = 'standard'
        and int_outlet_limits.valid_from <= int_as_of.as_of_date
        and int_outlet_limits.valid_to > int_as_of.as_of_date

),

standard_states as (

    select
        int_outlet_states.outlet_id,
        int_outlet_states.state,
        int_outlet_states.valid_from
    from {{ ref('int_outlet_states') }}
    cross join int_as_of
    where
        int_outlet_states.rule_set = 'standard'
        and int_outlet_states.valid_from <= int_as_of.as_of_date
        and int_outlet_states.valid_to > int_as_of.as_of_date

),

final as (

    select
        outlets.outlet_id,
        outlets.feed,
        outlets.source_outlet_id,
        coalesce(outlets.outlet_name, 'unknown') as outlet_name,
        assigned.channel,
        assigned.beat_id,
        assigned.rep_id,
        assigned.distributor_id,
        assigned.territory,
        assigned.region,
        assigned.country,
        outlets.latitude,
        outlets.longitude,
        outlets.opened_on,
        outlets.closed_on,
        int_outlet_classes.abc_class,
        int_outlet_cycles.cycle_days,
        -- a number that was replaced, and an outlet that is yet to open
        coalesce(standard_states.state, 'closed') as state,
        standard_states.valid_from as state_since,
        case when standard_states.state not in ('closed', 'on_hold') then limits.crosses_on end as crosses_on,
        outlets.parent_outlet_id,
        int_outlet_links.counted_outlet_id as replaced_by_outlet_id
    from int_outlets_unioned as outlets
    left join int_outlet_links
        on outlets.outlet_id = int_outlet_links.outlet_id
    left join assigned
        on coalesce(int_outlet_links.counted_outlet_id, outlets.outlet_id) = assigned.outlet_id
    left join int_outlet_cycles
        on outlets.outlet_id = int_outlet_cycles.outlet_id
    left join int_outlet_classes
        on outlets.outlet_id = int_outlet_classes.outlet_id
    left join limits
        on outlets.outlet_id = limits.outlet_id
    left join standard_states
        on outlets.outlet_id = standard_states.outlet_id

)

select * from final
