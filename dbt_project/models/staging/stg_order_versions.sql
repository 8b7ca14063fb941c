-- grain: order header as often as it was delivered; ids as the source writes them
-- not for reading: of each order the latest version is in int_orders_unioned
with source as (

    select
        _feed as feed,
        order_id,
        outlet_id,
        ordered_on,
        ordered_at,
        rep_id,
        distributor_id,
        order_status,
        order_type,
        ordered_through,
        net_amount,
        currency,
        promised_on,
        updated_at,
        _file_hash,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'orders') }}
    where {{ was_known() }}

)

select * from source
