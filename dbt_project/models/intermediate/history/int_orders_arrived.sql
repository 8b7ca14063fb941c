-- grain: order of which a row was taken in since the last publish
-- a model of its own: it reads the new files alone, and int_orders_arrived_versions then each old file once
with stg_order_arrivals as (

    select
        feed,
        source_order_id,
        _loaded_at
    from {{ ref('stg_order_arrivals') }}

),

int_last_publish as (

    select published_at
    from {{ ref('int_last_publish') }}

),

final as (

    select
        stg_order_arrivals.feed,
        stg_order_arrivals.source_order_id
    from stg_order_arrivals
    inner join int_last_publish
        on stg_order_arrivals._loaded_at > int_last_publish.published_at
    group by
        stg_order_arrivals.feed,
        stg_order_arrivals.source_order_id

)

select * from final
