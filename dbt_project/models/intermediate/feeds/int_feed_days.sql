-- grain: feed and day that the feed vouches for, with or without orders
-- expected: the median of the same weekday in the eight weeks before and after
with int_feed_dates as (

    select
        feed,
        business_date,
        cast(sum(orders) as bigint) as orders
    from {{ ref('int_feed_dates') }}
    group by
        feed,
        business_date

),

int_feed_watermarks as (

    select
        feed,
        first_business_date,
        newest_business_date
    from {{ ref('int_feed_watermarks') }}
    where first_business_date is not null

),

days as (

    select
        feed,
        {{ every_day('first_business_date', 'newest_business_date') }} as business_date
    from int_feed_watermarks

),

counted as (

    select
        days.feed,
        days.business_date,
        {{ weekday_of('days.business_date') }} as day_of_week,
        coalesce(int_feed_dates.orders, 0) as orders
    from days
    left join int_feed_dates
        on
            days.feed = int_feed_dates.feed
            and days.business_date = int_feed_dates.business_date

),

expected as (

    select
        *,
        {{ median_over('orders', 'weekdays') }} as expected_orders
    from counted
    window
        weekdays as (
            partition by feed, day_of_week order by business_date
            rows between 8 preceding and 8 following
        )

),

final as (

    select
        *,
        -- days on which the feed seldom trades, such as Sundays, neither make nor end a hole
        expected_orders > 0.1 * max(expected_orders) over (partition by feed) as is_working_day
    from expected

)

select * from final
