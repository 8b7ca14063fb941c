-- grain: product_id within a feed, latest version
with source as (

    select
        product_id,
        product_name,
        brand,
        category,
        unit_price,
        units_per_case,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'products') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'product_id'], 'null') }}

),

renamed as (

    select
        _feed as feed,
        product_id as source_product_id,
        {{ global_id('product_id') }} as product_id,
        product_name,
        brand,
        category,
        unit_price,
        units_per_case
    from latest

)

select * from renamed
