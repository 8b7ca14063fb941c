-- grain: month_start, window and cell, on the month's last day as it was first published; append-only
-- counts add up over cells and not over windows or months
with kpi_inactivity_daily as (

    select
        as_of_date,
        holds_until,
        window_days,
        feed,
        beat_id,
        rep_id,
        distributor_id,
        territory,
        region,
        country,
        channel,
        abc_class,
        universe_outlets,
        active_outlets,
        lapsed_outlets,
        never_ordered_outlets,
        unknown_outlets
    from {{ ref('kpi_inactivity_daily') }}

),

dim_dates as (

    select
        date_day,
        month_start
    from {{ ref('dim_dates') }}

),

published_months as (

    select
        month_start,
        window_days
    from {{ ref('stg_month_ends_published') }}
    group by
        month_start,
        window_days

),

month_ends as (

    select
        month_start,
        date_day as month_end
    from dim_dates
    where {{ add_days('date_day', 1) }} = {{ add_months('month_start', 1) }}

),

final as (

    select
        -- publish fills in these two
        cast(null as string) as generation,
        cast(null as timestamp) as published_at,
        month_ends.month_start,
        kpi_inactivity_daily.window_days,
        kpi_inactivity_daily.feed,
        kpi_inactivity_daily.beat_id,
        kpi_inactivity_daily.rep_id,
        kpi_inactivity_daily.distributor_id,
        kpi_inactivity_daily.territory,
        kpi_inactivity_daily.region,
        kpi_inactivity_daily.country,
        kpi_inactivity_daily.channel,
        kpi_inactivity_daily.abc_class,
        kpi_inactivity_daily.universe_outlets,
        kpi_inactivity_daily.active_outlets,
        kpi_inactivity_daily.lapsed_outlets,
        kpi_inactivity_daily.never_ordered_outlets,
        kpi_inactivity_daily.unknown_outlets
    from month_ends
    inner join kpi_inactivity_daily
        on month_ends.month_end between kpi_inactivity_daily.as_of_date and kpi_inactivity_daily.holds_until
    left join published_months
        on
            month_ends.month_start = published_months.month_start
            and kpi_inactivity_daily.window_days = published_months.window_days
    where
        published_months.month_start is null
        and kpi_inactivity_daily.universe_outlets > 0

)

select * from final
