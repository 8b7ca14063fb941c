-- grain: order_id, line_number within a feed, latest version
with source as (

    select
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
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'order_lines') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'order_id', 'line_number'], 'updated_at') }}

),

renamed as (

    select
        _feed as feed,
        {{ global_id('order_id') }} as order_id,
        line_number,
        {{ global_id('outlet_id') }} as outlet_id,
        ordered_on,
        ordered_at,
        {{ global_id('product_id') }} as product_id,
        quantity,
        net_amount,
        currency,
        order_type,
        order_status,
        {{ global_id('rep_id') }} as rep_id,
        {{ global_id('distributor_id') }} as distributor_id,
        updated_at,
        _loaded_at as loaded_at
    from latest

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
