-- grain: outlet that counts, rule set, day on which a limit may be crossed, limit: up to the next day the state stays
-- orders that follow each other as usual change no state and make no row; a day that two limits share stands twice,
-- because its one reader drops what changes nothing, and finding the pairs here would cost a grouping of all
with int_outlet_limits as (

    select *
    from {{ ref('int_outlet_limits') }}

),

int_outlet_openings as (

    select
        outlet_id,
        first_order_date,
        told_from,
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

int_outlet_thresholds as (

    select
        outlet_id,
        rule_set,
        valid_from,
        new_days
    from {{ ref('int_outlet_thresholds') }}

),

holds as (

    select
        outlet_id,
        valid_from
    from {{ ref('int_outlet_assignments_dated') }}

),

-- days that are the same for each rule set
outlet_days as (

    select
        outlet_id,
        told_from as break_date
    from int_outlet_openings
    union all
    select
        outlet_id,
        in_from as break_date
    from int_outlet_openings
    union all
    select
        outlet_id,
        in_to as break_date
    from int_outlet_openings
    union all
    select
        outlet_id,
        first_order_date as break_date
    from int_outlet_openings
    union all
    select
        outlet_id,
        unknown_from as break_date
    from int_outlet_known
    union all
    select
        outlet_id,
        valid_from as break_date
    from holds

),

rule_sets as (

    select
        outlet_id,
        rule_set
    from int_outlet_thresholds
    group by
        outlet_id,
        rule_set

),

-- each limit that is reached before the next order; the return; and recovered, from the order on and up to its end
crossings as (

    select
        outlet_id,
        rule_set,
        next_order_date,
        last_order_date as break_date
    from int_outlet_limits
    where gap_before_days >= inactive_after_days
    union all
    select
        outlet_id,
        rule_set,
        next_order_date,
        {{ add_days('last_order_date', 'almost_inactive_after_days') }} as break_date
    from int_outlet_limits
    union all
    select
        outlet_id,
        rule_set,
        next_order_date,
        {{ add_days('last_order_date', 'inactive_after_days') }} as break_date
    from int_outlet_limits
    union all
    select
        outlet_id,
        rule_set,
        next_order_date,
        {{ add_days('last_order_date', 'lost_after_days') }} as break_date
    from int_outlet_limits
    union all
    select
        outlet_id,
        rule_set,
        next_order_date,
        {{ add_days('last_order_date', 'recovered_days') }} as break_date
    from int_outlet_limits
    where gap_before_days >= inactive_after_days
    union all
    select
        outlet_id,
        rule_set,
        date '9999-12-31' as next_order_date,
        next_order_date as break_date
    from int_outlet_limits

),

unioned as (

    select
        outlet_days.outlet_id,
        rule_sets.rule_set,
        outlet_days.break_date
    from outlet_days
    inner join rule_sets
        on outlet_days.outlet_id = rule_sets.outlet_id
    union all
    select
        outlet_id,
        rule_set,
        valid_from as break_date
    from int_outlet_thresholds
    union all
    select
        int_outlet_thresholds.outlet_id,
        int_outlet_thresholds.rule_set,
        {{ add_days('int_outlet_openings.first_order_date', 'int_outlet_thresholds.new_days') }} as break_date
    from int_outlet_thresholds
    inner join int_outlet_openings
        on int_outlet_thresholds.outlet_id = int_outlet_openings.outlet_id
    union all
    select
        outlet_id,
        rule_set,
        break_date
    from crossings
    where break_date < next_order_date

),

-- a state begins with the opening or the feed, and is told up to the business date
bounds as (

    select
        outlet_id,
        min(told_from) as told_from
    from int_outlet_openings
    group by outlet_id

),

final as (

    select
        unioned.outlet_id,
        unioned.rule_set,
        unioned.break_date as valid_from
    from unioned
    inner join bounds
        on unioned.outlet_id = bounds.outlet_id
    cross join {{ ref('int_as_of') }} as int_as_of
    where
        unioned.break_date >= bounds.told_from
        and unioned.break_date <= int_as_of.as_of_date

)

select * from final
