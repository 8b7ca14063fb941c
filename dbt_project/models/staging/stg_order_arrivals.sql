-- grain: delivered row of an order or of one of its lines (line_number), every version
-- not for counting: a filter on loaded_at reads the new files alone, which the latest versions cannot
with delivered as (

    select
        order_id,
        cast(null as bigint) as line_number,
        outlet_id,
        ordered_on,
        ordered_at,
        distributor_id,
        order_status,
        order_type,
        net_amount,
        updated_at,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'orders') }}
    where {{ was_known() }}
    union all
    select
        order_id,
        line_number,
        outlet_id,
        ordered_on,
        ordered_at,
        distributor_id,
        order_status,
        order_type,
        net_amount,
        updated_at,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'order_lines') }}
    where {{ was_known() }}

),

renamed as (

    select
        _feed as feed,
        order_id as source_order_id,
        {{ global_id('order_id') }} as order_id,
        line_number,
        {{ global_id('outlet_id') }} as outlet_id,
        ordered_on,
        ordered_at,
        {{ global_id('distributor_id') }} as distributor_id,
        order_status,
        order_type,
        net_amount,
        updated_at,
        _loaded_at as loaded_at,
        _file_name as file_name,
        _row_number as row_number_in_file
    from delivered

),

zones as (

    select
        outlet_id,
        max(time_zone) as time_zone
    from {{ ref('stg_outlets') }}
    where time_zone is not null
    group by outlet_id

),

distributors as (

    select
        distributor_id,
        time_zone
    from {{ ref('stg_distributors') }}

),

feeds as (

    select
        feed,
        time_zone
    from {{ ref('stg_feeds') }}

),

dated as (

    select
        renamed.*,
        coalesce(
            renamed.ordered_on,
            {{ local_date('renamed.ordered_at', 'coalesce(zones.time_zone, distributors.time_zone, feeds.time_zone)') }}
        ) as business_date
    from renamed
    left join zones
        on renamed.outlet_id = zones.outlet_id
    left join distributors
        on renamed.distributor_id = distributors.distributor_id
    left join feeds
        on renamed.feed = feeds.feed

)

select * from dated
