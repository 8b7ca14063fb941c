-- grain: as_of_date, window and cell, every day; a view: each sparse row repeated until the next
with kpi_inactivity_daily as (

    select *
    from {{ ref('kpi_inactivity_daily') }}

),

dim_dates as (

    select date_day
    from {{ ref('dim_dates') }}

),

final as (

    select
        dim_dates.date_day as as_of_date,
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
        kpi_inactivity_daily.inactive_outlets,
        kpi_inactivity_daily.lapsed_outlets,
        kpi_inactivity_daily.never_ordered_outlets,
        kpi_inactivity_daily.unknown_outlets,
        kpi_inactivity_daily.doubtful_outlets,
        kpi_inactivity_daily.inactive_outlets_low,
        kpi_inactivity_daily.inactive_outlets_high,
        case
            when dim_dates.date_day = kpi_inactivity_daily.as_of_date then kpi_inactivity_daily.newly_inactive_outlets
            else 0
        end as newly_inactive_outlets,
        case
            when dim_dates.date_day = kpi_inactivity_daily.as_of_date then kpi_inactivity_daily.reactivated_outlets
            else 0
        end as reactivated_outlets
    from kpi_inactivity_daily
    inner join dim_dates
        on dim_dates.date_day between kpi_inactivity_daily.as_of_date and kpi_inactivity_daily.holds_until

)

select * from final
