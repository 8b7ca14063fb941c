-- grain: as_of_date, window_days and cell, as the last plain run published it
with source as (

    select
        as_of_date,
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
        holds_until,
        universe_outlets,
        active_outlets,
        inactive_outlets,
        lapsed_outlets,
        never_ordered_outlets,
        unknown_outlets,
        doubtful_outlets,
        newly_inactive_outlets,
        reactivated_outlets
    from {{ source('before', 'kpi_inactivity_daily') }}

)

select * from source
