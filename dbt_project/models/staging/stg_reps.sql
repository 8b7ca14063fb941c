-- grain: rep_id within a feed, latest version
with source as (

    select
        rep_id,
        rep_name,
        territory,
        manager_name,
        active_from,
        active_to,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'reps') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'rep_id'], 'null') }}

),

renamed as (

    select
        _feed as feed,
        rep_id as source_rep_id,
        {{ global_id('rep_id') }} as rep_id,
        rep_name,
        territory,
        manager_name,
        active_from,
        active_to
    from latest

)

select * from renamed
