-- grain: promotion_id within a feed, latest version
with source as (

    select
        promotion_id,
        promotion_name,
        starts_on,
        ends_on,
        channel,
        territory,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'promotions') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'promotion_id'], 'null') }}

),

renamed as (

    select
        _feed as feed,
        {{ global_id('promotion_id') }} as promotion_id,
        promotion_name,
        starts_on,
        ends_on,
        channel,
        territory
    from latest

)

select * from renamed
