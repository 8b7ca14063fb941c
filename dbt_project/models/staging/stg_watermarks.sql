-- grain: distributor_id, complete_through within a feed, latest version
with source as (

    select
        distributor_id,
        complete_through,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'watermarks') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'distributor_id', 'complete_through']) }}

),

renamed as (

    select
        _feed as feed,
        {{ global_id('distributor_id') }} as distributor_id,
        complete_through
    from latest

)

select * from renamed
