-- grain: month_start, window_days and cell, as first published, under the cell's number of today
with stg_month_ends_published as (

    select
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
        lapsed_outlets
    from {{ ref('stg_month_ends_published') }}

),

final as (

    select
        {{ cell_number('published', 'published.abc_class') }} as cell_number,
        published.*
    from stg_month_ends_published as published

)

select * from final
