-- grain: outlet_id, reported_on within a feed, latest version
with source as (

    select
        outlet_id,
        reported_on,
        reason_code,
        note,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'lapse_reasons') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'outlet_id', 'reported_on'], 'null') }}

),

renamed as (

    select
        _feed as feed,
        {{ global_id('outlet_id') }} as outlet_id,
        reported_on,
        reason_code,
        note
    from latest

)

select * from renamed
