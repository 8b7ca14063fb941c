-- grain: month_start, window_days and cell, as first published, under the cell's number of today
-- a month without a row has not been published yet; a cell without a row in a month that has some was empty
with source as (

    select
        generation,
        published_at,
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
    from {{ source('history', 'kpi_month_ends_published') }}
    where {{ was_known('published_at') }}

),

numbered as (

    select
        {{ cell_number('source', 'source.abc_class') }} as cell_number,
        source.*
    from source

)

select * from numbered
