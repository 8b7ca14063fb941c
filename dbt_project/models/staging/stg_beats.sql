-- grain: beat_id within a feed, latest version
with source as (

    select
        beat_id,
        beat_name,
        rep_id,
        territory,
        region,
        country,
        visits_per_week,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'beats') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'beat_id'], 'null') }}

),

renamed as (

    select
        _feed as feed,
        beat_id as source_beat_id,
        {{ global_id('beat_id') }} as beat_id,
        beat_name,
        {{ global_id('rep_id') }} as rep_id,
        territory,
        region,
        country,
        visits_per_week
    from latest

)

select * from renamed
