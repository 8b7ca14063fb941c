-- grain: order line as often as it was delivered; ids as the source writes them
-- not for reading: the latest versions are summed up in int_order_line_sums
with source as (

    select
        _feed as feed,
        order_id,
        line_number,
        outlet_id,
        ordered_on,
        ordered_at,
        product_id,
        quantity,
        net_amount,
        currency,
        order_type,
        order_status,
        rep_id,
        distributor_id,
        updated_at,
        _file_hash,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'order_lines') }}
    where {{ was_known() }}

)

select * from source
