-- grain: country, holiday_on within a feed, latest version
with source as (

    select
        country,
        holiday_on,
        holiday_name,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'holidays') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'country', 'holiday_on'], 'null') }}

),

renamed as (

    select
        _feed as feed,
        country,
        holiday_on,
        holiday_name
    from latest

)

select * from renamed
