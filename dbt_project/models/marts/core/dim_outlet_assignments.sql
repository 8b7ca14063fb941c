-- grain: outlet and interval [valid_from, valid_to)
with int_outlet_assignments_dated as (

    select
        outlet_id,
        valid_from,
        valid_to,
        feed,
        beat_id,
        rep_id,
        distributor_id,
        territory,
        region,
        country,
        channel,
        on_hold
    from {{ ref('int_outlet_assignments_dated') }}

)

select * from int_outlet_assignments_dated
