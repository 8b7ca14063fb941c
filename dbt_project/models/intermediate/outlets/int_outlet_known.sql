-- grain: outlet that counts, and the first day on which nobody vouches for it
with int_outlets_unioned as (

    select
        feed,
        outlet_id
    from {{ ref('int_outlets_unioned') }}

),

int_outlet_assignments_dated as (

    select
        outlet_id,
        distributor_id
    from {{ ref('int_outlet_assignments_dated') }}
    where valid_to is null

),

int_feed_watermarks as (

    select
        feed,
        watermark_date
    from {{ ref('int_feed_watermarks') }}

),

int_distributor_watermarks as (

    select
        feed,
        distributor_id,
        watermark_date
    from {{ ref('int_distributor_watermarks') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

vouched as (

    select
        int_outlets_unioned.feed,
        int_outlets_unioned.outlet_id,
        least(
            coalesce(
                int_distributor_watermarks.watermark_date, int_feed_watermarks.watermark_date, int_as_of.as_of_date
            ),
            int_as_of.as_of_date
        ) as known_to
    from int_outlets_unioned
    cross join int_as_of
    left join int_outlet_assignments_dated
        on int_outlets_unioned.outlet_id = int_outlet_assignments_dated.outlet_id
    left join int_feed_watermarks
        on int_outlets_unioned.feed = int_feed_watermarks.feed
    left join int_distributor_watermarks
        on
            int_outlets_unioned.feed = int_distributor_watermarks.feed
            and int_outlet_assignments_dated.distributor_id = int_distributor_watermarks.distributor_id

),

final as (

    select
        feed,
        outlet_id,
        {{ hash_number('outlet_id') }} as outlet_number,
        known_to,
        {{ add_days('known_to', 1) }} as unknown_from
    from vouched

)

select * from final
