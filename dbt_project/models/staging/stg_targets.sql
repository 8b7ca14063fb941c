-- grain: month_start, beat_id, rep_id within a feed, latest version
with source as (

    select
        month_start,
        beat_id,
        rep_id,
        revived_outlets,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'targets') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'month_start', 'beat_id', 'rep_id'], 'null') }}

),

renamed as (

    select
        _feed as feed,
        month_start,
        {{ global_id('beat_id') }} as beat_id,
        {{ global_id('rep_id') }} as rep_id,
        revived_outlets
    from latest

)

select * from renamed
