-- grain: order_id within a feed, latest version
with stg_order_versions as (

    select *
    from {{ ref('stg_order_versions') }}

),

latest as (

    select *
    from stg_order_versions
    qualify {{ latest_version(['feed', 'order_id'], 'updated_at') }}

),

renamed as (

    select
        feed,
        {{ global_id('order_id', 'feed') }} as order_id,
        {{ global_id('outlet_id', 'feed') }} as outlet_id,
        ordered_on,
        ordered_at,
        {{ global_id('rep_id', 'feed') }} as rep_id,
        {{ global_id('distributor_id', 'feed') }} as distributor_id,
        order_status,
        order_type,
        ordered_through,
        net_amount,
        currency,
        promised_on,
        updated_at,
        _loaded_at as loaded_at
    from latest

),

dated as (

    {{ with_business_date('renamed') }}

)

select * from dated
