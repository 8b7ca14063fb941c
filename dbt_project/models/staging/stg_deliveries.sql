-- grain: delivery_id within a feed, latest version
with source as (

    select
        delivery_id,
        order_id,
        outlet_id,
        product_id,
        delivered_on,
        ordered_quantity,
        delivered_quantity,
        updated_at,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'deliveries') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'delivery_id'], 'updated_at') }}

),

renamed as (

    select
        _feed as feed,
        {{ global_id('delivery_id') }} as delivery_id,
        {{ global_id('order_id') }} as order_id,
        {{ global_id('outlet_id') }} as outlet_id,
        {{ global_id('product_id') }} as product_id,
        delivered_on,
        ordered_quantity,
        delivered_quantity,
        updated_at
    from latest

)

select * from renamed
