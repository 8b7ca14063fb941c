-- grain: outlet that counts, rule set, day on which a limit may be crossed, limit: up to the next day the state stays
-- orders that follow each other as usual change no state and make no row; a day that two limits share stands twice,
-- because its one reader drops what changes nothing, and finding the pairs here would cost a grouping of all
-- outlets and rule sets by number: its reader sorts by them, and whole numbers sort faster than names
with int_outlet_limits as (

    select
        {{ hash_number('outlet_id') }} as outlet_number,
        {{ hash_number('rule_set') }} as rule_set_number,
        last_order_date,
        gap_before_days,
        next_order_date,
        almost_inactive_after_days,
        inactive_after_days,
        lost_after_days,
        recovered_days
    from {{ ref('int_outlet_limits') }}

),

int_outlet_openings as (

    select
        {{ hash_number('outlet_id') }} as outlet_number,
        first_order_date,
        told_from,
        in_from,
        in_to
    from {{ ref('int_outlet_openings') }}

),

int_outlet_known as (

    select
        outlet_number,
        unknown_from
    from {{ ref('int_outlet_known') }}

),

int_outlet_thresholds as (

    select
        {{ hash_number('outlet_id') }} as outlet_number,
        {{ hash_number('rule_set') }} as rule_set_number,
        valid_from,
        new_days
    from {{ ref('int_outlet_thresholds') }}

),

holds as (

    select
        {{ hash_number('outlet_id') }} as outlet_number,
        valid_from
    from {{ ref('int_outlet_assignments_dated') }}

),

-- days that are the same for each rule set
outlet_days as (

    select
        outlet_number,
        told_from as break_date
    from int_outlet_openings
    union all
    select
        outlet_number,
        in_from as break_date
    from int_outlet_openings
    union all
    select
        outlet_number,
        in_to as break_date
    from int_outlet_openings
    union all
    select
        outlet_number,
        first_order_date as break_date
    from int_outlet_openings
    union all
    select
        outlet_number,
        unknown_from as break_date
    from int_outlet_known
    union all
    select
        outlet_number,
        valid_from as break_date
    from holds

),

rule_sets as (

    select
        outlet_number,
        rule_set_number
    from int_outlet_thresholds
    group by
        outlet_number,
        rule_set_number

),

-- each limit that is reached before the next order; the return; and recovered, from the order on and up to its end
crossings as (

    select
        outlet_number,
        rule_set_number,
        next_order_date,
        last_order_date as break_date
    from int_outlet_limits
    where gap_before_days >= inactive_after_days
    union all
    select
        outlet_number,
        rule_set_number,
        next_order_date,
        {{ add_days('last_order_date', 'almost_inactive_after_days') }} as break_date
    from int_outlet_limits
    union all
    select
        outlet_number,
        rule_set_number,
        next_order_date,
        {{ add_days('last_order_date', 'inactive_after_days') }} as break_date
    from int_outlet_limits
    union all
    select
        outlet_number,
        rule_set_number,
        next_order_date,
        {{ add_days('last_order_date', 'lost_after_days') }} as break_date
    from int_outlet_limits
    union all
    select
        outlet_number,
        rule_set_number,
        next_order_date,
        {{ add_days('last_order_date', 'recovered_days') }} as break_date
    from int_outlet_limits
    where gap_before_days >= inactive_after_days
    union all
    select
        outlet_number,
        rule_set_number,
        date '9999-12-31' as next_order_date,
        next_order_date as break_date
    from int_outlet_limits

),

unioned as (

    select
        outlet_days.outlet_number,
        rule_sets.rule_set_number,
        outlet_days.break_date
    from outlet_days
    inner join rule_sets
        on outlet_days.outlet_number = rule_sets.outlet_number
    union all
    select
        outlet_number,
        rule_set_number,
        valid_from as break_date
    from int_outlet_thresholds
    union all
    select
        int_outlet_thresholds.outlet_number,
        int_outlet_thresholds.rule_set_number,
        {{ add_days('int_outlet_openings.first_order_date', 'int_outlet_thresholds.new_days') }} as break_date
    from int_outlet_thresholds
    inner join int_outlet_openings
        on int_outlet_thresholds.outlet_number = int_outlet_openings.outlet_number
    union all
    select
        outlet_number,
        rule_set_number,
        break_date
    from crossings
    where break_date < next_order_date

),

-- a state begins with the opening or the feed, and is told up to the business date
bounds as (

    select
        outlet_number,
        min(told_from) as told_from
    from int_outlet_openings
    group by outlet_number

),

final as (

    select
        unioned.outlet_number,
        unioned.rule_set_number,
        unioned.break_date as valid_from
    from unioned
    inner join bounds
        on unioned.outlet_number = bounds.outlet_number
    cross join {{ ref('int_as_of') }} as int_as_of
    where
        unioned.break_date >= bounds.told_from
        and unioned.break_date <= int_as_of.as_of_date

)

select * from final
