-- grain: day, from the first business date that a feed holds to the business date of the run
with int_as_of as (

    select
        first_business_date,
        as_of_date
    from {{ ref('int_as_of') }}

),

days as (

    select {{ every_day('least(first_business_date, as_of_date)', 'as_of_date') }} as date_day
    from int_as_of

),

final as (

    select
        date_day,
        cast(date_trunc('week', date_day) as date) as week_start,
        cast(date_trunc('month', date_day) as date) as month_start,
        cast(extract(year from date_day) as integer) as year_number,
        cast(extract(quarter from date_day) as integer) as quarter_of_year,
        cast(extract(month from date_day) as integer) as month_of_year,
        {{ weekday_of('date_day') }} as day_of_week
    from days

)

select * from final
