-- grain: order_id, line_number within a feed, latest version
with stg_order_line_versions as (

    select *
    from {{ ref('stg_order_line_versions') }}

),

-- orders of which a line may have come more than once; all others need no comparison of versions
repeated as (

    select
        feed,
        order_id
    from stg_order_line_versions
    group by
        feed,
        order_id
    having coalesce({{ distinct_slots('line_number') }}, 0) < count(*)

),

latest as (

    select stg_order_line_versions.*
    from stg_order_line_versions
    anti join repeated
        on
            stg_order_line_versions.feed = repeated.feed
            and stg_order_line_versions.order_id = repeated.order_id
    union all
    select stg_order_line_versions.*
    from stg_order_line_versions
    semi join repeated
        on
            stg_order_line_versions.feed = repeated.feed
            and stg_order_line_versions.order_id = repeated.order_id
    qualify {{ latest_version(['feed', 'order_id', 'line_number'], 'updated_at') }}

),

renamed as (

    select
        feed,
        {{ global_id('order_id', 'feed') }} as order_id,
        line_number,
        {{ global_id('outlet_id', 'feed') }} as outlet_id,
        ordered_on,
        ordered_at,
        {{ global_id('product_id', 'feed') }} as product_id,
        quantity,
        net_amount,
        currency,
        order_type,
        order_status,
        {{ global_id('rep_id', 'feed') }} as rep_id,
        {{ global_id('distributor_id', 'feed') }} as distributor_id,
        updated_at,
        _loaded_at as loaded_at
    from latest

),

dated as (

    {{ with_business_date('renamed') }}

)

select * from dated
