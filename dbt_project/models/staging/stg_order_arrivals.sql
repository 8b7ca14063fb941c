-- grain: delivered row of an order or of one of its lines (line_number), every version
-- not for counting: a filter on _loaded_at reads the new files alone, which the latest versions cannot
with delivered as (

    select
        feed,
        order_id as source_order_id,
        cast(null as bigint) as line_number,
        outlet_id,
        ordered_on,
        ordered_at,
        distributor_id,
        order_status,
        order_type,
        net_amount,
        updated_at,
        _loaded_at,
        _file_name,
        _row_number
    from {{ ref('stg_order_versions') }}
    union all
    select
        feed,
        order_id as source_order_id,
        line_number,
        outlet_id,
        ordered_on,
        ordered_at,
        distributor_id,
        order_status,
        order_type,
        net_amount,
        updated_at,
        _loaded_at,
        _file_name,
        _row_number
    from {{ ref('stg_order_line_versions') }}

),

renamed as (

    select
        {{ all_but('delivered', ['outlet_id', 'distributor_id']) }},
        {{ global_id('outlet_id', 'feed') }} as outlet_id,
        {{ global_id('distributor_id', 'feed') }} as distributor_id,
        {{ global_id('source_order_id', 'feed') }} as order_id
    from delivered

),

dated as (

    {{ with_business_date('renamed') }}

)

select * from dated
