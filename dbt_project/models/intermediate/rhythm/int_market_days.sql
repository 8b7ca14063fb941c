-- grain: feed, country and day: how many working days have passed by then
-- a weekday works where the feed usually trades on it, else Monday to Friday; holidays of the country do not
with int_feed_days as (

    select
        feed,
        day_of_week,
        is_working_day
    from {{ ref('int_feed_days') }}

),

stg_holidays as (

    select
        country,
        holiday_on
    from {{ ref('stg_holidays') }}
    group by
        country,
        holiday_on

),

markets as (

    select
        feed,
        country
    from {{ ref('int_outlet_assignments_dated') }}
    group by
        feed,
        country

),

int_as_of as (

    select
        as_of_date,
        first_business_date
    from {{ ref('int_as_of') }}

),

weekdays as (

    select
        feed,
        day_of_week,
        avg(case when is_working_day then 1 else 0 end) > 0.5 as is_usual
    from int_feed_days
    group by
        feed,
        day_of_week

),

-- a feed of few orders has no rhythm to tell its days by
rhythms as (

    select *
    from weekdays
    qualify bool_or(is_usual) over (partition by feed)

),

days as (

    select {{ every_day('first_business_date', 'as_of_date') }} as business_date
    from int_as_of

),

flagged as (

    select
        markets.feed,
        markets.country,
        days.business_date,
        stg_holidays.holiday_on is null
        and coalesce(rhythms.is_usual, {{ weekday_of('days.business_date') }} <= 5) as is_working_day
    from markets
    cross join days
    left join rhythms
        on
            markets.feed = rhythms.feed
            and {{ weekday_of('days.business_date') }} = rhythms.day_of_week
    left join stg_holidays
        on
            markets.country = stg_holidays.country
            and days.business_date = stg_holidays.holiday_on

),

final as (

    select
        feed,
        country,
        business_date,
        is_working_day,
        sum(case when is_working_day then 1 else 0 end) over (
            partition by feed, country order by business_date
        ) as working_day_number
    from flagged

)

select * from final
