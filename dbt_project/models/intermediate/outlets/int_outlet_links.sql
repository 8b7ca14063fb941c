-- grain: outlet that goes on under another number
-- chains of up to five numbers end at the one in use, which counts for them all
with reviewed as (

    select
        outlet_id,
        replaced_by_outlet_id,
        linked_on,
        kind,
        1 as preference
    from {{ ref('int_outlet_links_reviewed') }}

),

stated as (

    select
        replaces_outlet_id as outlet_id,
        outlet_id as replaced_by_outlet_id,
        cast(null as date) as linked_on,
        'recoded' as kind,
        2 as preference
    from {{ ref('stg_outlets') }}
    where
        replaces_outlet_id is not null
        and replaces_outlet_id != outlet_id

),

unioned as (

    select * from reviewed
    union
    select * from stated

),

-- what a person reviewed wins over what a feed states
preferred as (

    select *
    from unioned
    qualify row_number() over (partition by outlet_id order by preference, replaced_by_outlet_id) = 1

),

direct as (

    select *
    from preferred
    where kind != 'different'

),

followed as (

    select
        direct.outlet_id,
        direct.replaced_by_outlet_id,
        direct.linked_on,
        direct.kind,
        coalesce(
            fifth.replaced_by_outlet_id,
            fourth.replaced_by_outlet_id,
            third.replaced_by_outlet_id,
            second.replaced_by_outlet_id,
            direct.replaced_by_outlet_id
        ) as counted_outlet_id
    from direct
    left join direct as second
        on direct.replaced_by_outlet_id = second.outlet_id
    left join direct as third
        on second.replaced_by_outlet_id = third.outlet_id
    left join direct as fourth
        on third.replaced_by_outlet_id = fourth.outlet_id
    left join direct as fifth
        on fourth.replaced_by_outlet_id = fifth.outlet_id

),


openings as (

    select
        outlet_id,
        min(opened_on) as opened_on
    from {{ ref('stg_outlets') }}
    group by outlet_id

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

first_orders as (

    select
        days.outlet_id,
        min(days.business_date) as first_order_date
    from {{ ref('int_outlet_order_days') }} as days
    inner join int_as_of
        on days.business_date <= int_as_of.as_of_date
    semi join followed
        on days.outlet_id = followed.replaced_by_outlet_id
    group by days.outlet_id

),

final as (

    select
        followed.outlet_id,
        followed.replaced_by_outlet_id,
        followed.counted_outlet_id,
        followed.kind,
        coalesce(
            followed.linked_on,
            first_orders.first_order_date,
            openings.opened_on,
            int_as_of.as_of_date
        ) as linked_on
    from followed
    cross join int_as_of
    left join first_orders
        on followed.replaced_by_outlet_id = first_orders.outlet_id
    left join openings
        on followed.replaced_by_outlet_id = openings.outlet_id
    -- two numbers that replace each other replace nothing
    where followed.counted_outlet_id != followed.outlet_id

)

select * from final
