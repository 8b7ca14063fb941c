-- grain: distributor_id, product_id, starts_on within a feed, latest version
with source as (

    select
        distributor_id,
        product_id,
        starts_on,
        ends_on,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'stock_outs') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'distributor_id', 'product_id', 'starts_on'], 'null') }}

),

renamed as (

    select
        _feed as feed,
        {{ global_id('distributor_id') }} as distributor_id,
        {{ global_id('product_id') }} as product_id,
        starts_on,
        ends_on
    from latest

)

select * from renamed
