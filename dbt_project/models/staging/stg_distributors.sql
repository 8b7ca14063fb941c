-- grain: distributor_id within a feed, latest version
with source as (

    select
        distributor_id,
        distributor_name,
        country,
        time_zone,
        currency,
        _feed,
        _file_hash,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'distributors') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'distributor_id'], 'null') }}

),

renamed as (

    select
        _feed as feed,
        distributor_id as source_distributor_id,
        {{ global_id('distributor_id') }} as distributor_id,
        distributor_name,
        country,
        time_zone,
        currency,
        _file_hash as file_hash
    from latest

)

select * from renamed
