-- grain: feed with a hole, and day: how many days outside of holes have passed
with int_feed_days as (

    select
        feed,
        business_date
    from {{ ref('int_feed_days') }}

),

int_feed_holes as (

    select
        feed,
        hole_from,
        hole_to
    from {{ ref('int_feed_holes') }}

),

with_holes as (

    select feed
    from int_feed_holes
    group by feed

),

flagged as (

    select
        int_feed_days.feed,
        int_feed_days.business_date,
        int_feed_holes.feed is not null as is_hole
    from int_feed_days
    inner join with_holes
        on int_feed_days.feed = with_holes.feed
    left join int_feed_holes
        on
            int_feed_days.feed = int_feed_holes.feed
            and int_feed_days.business_date between int_feed_holes.hole_from and int_feed_holes.hole_to

),

final as (

    select
        feed,
        business_date,
        is_hole,
        sum(case when is_hole then 0 else 1 end) over (partition by feed order by business_date) as open_day_number
    from flagged

)

select * from final
