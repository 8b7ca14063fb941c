-- grain: delivered row of an order of which a row was taken in since the last publish, every version, early ones too
-- a model of its own: it reads each old file once, and what compares the versions with each other reads them often
with stg_order_arrivals as (

    select
        feed,
        source_order_id,
        order_id,
        line_number,
        outlet_id,
        business_date,
        coalesce(order_status, 'open') as order_status,
        coalesce(order_type, 'sale') as order_type,
        net_amount,
        updated_at,
        _loaded_at,
        _file_name,
        _row_number
    from {{ ref('stg_order_arrivals') }}

),

int_last_publish as (

    select
        published_at,
        as_of_date
    from {{ ref('int_last_publish') }}

),

int_orders_arrived as (

    select
        feed,
        source_order_id
    from {{ ref('int_orders_arrived') }}

),

final as (

    select
        stg_order_arrivals.*,
        int_last_publish.as_of_date as published_as_of_date,
        stg_order_arrivals._loaded_at <= int_last_publish.published_at as was_published
    from stg_order_arrivals
    inner join int_orders_arrived
        on
            stg_order_arrivals.feed = int_orders_arrived.feed
            and stg_order_arrivals.source_order_id = int_orders_arrived.source_order_id
    cross join int_last_publish

)

select * from final
