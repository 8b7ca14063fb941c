-- grain: outlet that counts and order day; the spell lasts until the outlet's next order day
-- outlets under one number come as they are, the few under several are put together here
with int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

numbers as (

    select
        outlet_id,
        counted_outlet_id
    from int_outlet_links
    union
    select
        counted_outlet_id as outlet_id,
        counted_outlet_id
    from int_outlet_links

),

linked_days as (

    select
        numbers.counted_outlet_id as outlet_id,
        days.business_date,
        cast(sum(days.orders) as bigint) as orders,
        cast(sum(days.net_amount) as decimal(18, 2)) as net_amount
    from {{ ref('int_outlet_order_days') }} as days
    inner join numbers
        on days.outlet_id = numbers.outlet_id
    group by
        numbers.counted_outlet_id,
        days.business_date

),

linked_neighbours as (

    {{ with_neighbours('linked_days') }}

),

linked_sequenced as (

    {{ with_rhythm('linked_neighbours') }}

),

unioned as (

    select days.*
    from {{ ref('int_outlet_days_sequenced') }} as days
    anti join numbers
        on days.outlet_id = numbers.outlet_id
    union all
    select *
    from linked_sequenced

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

final as (

    select
        unioned.outlet_id,
        unioned.business_date,
        unioned.orders,
        unioned.net_amount,
        unioned.previous_order_date,
        case
            when unioned.next_order_date <= int_as_of.as_of_date then unioned.next_order_date
        end as next_order_date,
        unioned.gap_days,
        unioned.known_gaps,
        {{ nth_of('unioned.gap_quartiles', 2) }} as median_gap_days,
        {{ nth_of('unioned.gap_quartiles', 3) }} - {{ nth_of('unioned.gap_quartiles', 1) }} as gap_spread_days
    from unioned
    cross join int_as_of
    where unioned.business_date <= int_as_of.as_of_date

)

select * from final
