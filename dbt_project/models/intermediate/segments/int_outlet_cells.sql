-- grain: outlet that counts and interval [valid_from, valid_to) in which it stands in one cell of the KPI
with int_outlet_assignments_dated as (

    select
        feed,
        outlet_id,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to,
        beat_id,
        rep_id,
        distributor_id,
        territory,
        region,
        country,
        channel
    from {{ ref('int_outlet_assignments_dated') }}

),

int_outlet_classes as (

    select
        outlet_id,
        abc_class,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('int_outlet_classes') }}

),

final as (

    select
        assigned.feed,
        assigned.outlet_id,
        {{ cell_number('assigned', 'int_outlet_classes.abc_class') }} as cell_number,
        greatest(assigned.valid_from, int_outlet_classes.valid_from) as valid_from,
        least(assigned.valid_to, int_outlet_classes.valid_to) as valid_to,
        assigned.beat_id,
        assigned.rep_id,
        assigned.distributor_id,
        assigned.territory,
        assigned.region,
        assigned.country,
        assigned.channel,
        int_outlet_classes.abc_class
    from int_outlet_assignments_dated as assigned
    inner join int_outlet_classes
        on
            assigned.outlet_id = int_outlet_classes.outlet_id
            and assigned.valid_from < int_outlet_classes.valid_to
            and int_outlet_classes.valid_from < assigned.valid_to

)

select * from final
