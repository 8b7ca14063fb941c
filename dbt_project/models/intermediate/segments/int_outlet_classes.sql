-- grain: outlet that counts and interval [valid_from, valid_to) of one ABC class; `none` where it sold nothing before
with int_outlet_class_months as (

    select
        outlet_id,
        month_start,
        abc_class
    from {{ ref('int_outlet_class_months') }}

),

int_outlets_unioned as (

    select outlet_id
    from {{ ref('int_outlets_unioned') }}

),

-- a month without a class follows where the next month has none
endings as (

    select
        outlet_id,
        {{ add_months('month_start', 1) }} as month_start,
        'none' as abc_class
    from int_outlet_class_months

),

beginnings as (

    select
        outlet_id,
        date '1900-01-01' as month_start,
        'none' as abc_class
    from int_outlets_unioned

),

unioned as (

    select * from int_outlet_class_months
    union all
    select endings.*
    from endings
    left join int_outlet_class_months
        on
            endings.outlet_id = int_outlet_class_months.outlet_id
            and endings.month_start = int_outlet_class_months.month_start
    where int_outlet_class_months.outlet_id is null
    union all
    select * from beginnings

),

lagged as (

    select
        *,
        lag(abc_class) over (partition by outlet_id order by month_start) as class_before
    from unioned

),

changes as (

    select
        outlet_id,
        month_start,
        abc_class
    from lagged
    where
        class_before is null
        or class_before != abc_class

),

final as (

    select
        outlet_id,
        abc_class,
        month_start as valid_from,
        lead(month_start) over (partition by outlet_id order by month_start) as valid_to
    from changes

)

select * from final
