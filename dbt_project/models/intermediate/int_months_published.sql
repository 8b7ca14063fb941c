-- grain: month_start, window_days and cell, as first published
-- a month without a row has not been published before this run; a cell without a row in a month that has was empty
with stg_month_ends_published as (

    select
        generation,
        month_start,
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
    from {{ ref('stg_month_ends_published') }}

),

final as (

    select * from stg_month_ends_published

)

select * from final
