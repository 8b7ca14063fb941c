-- grain: coupon_id within a feed, latest version
with source as (

    select
        coupon_id,
        promotion_id,
        outlet_id,
        issued_on,
        redeemed_on,
        amount,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'coupons') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'coupon_id'], 'null') }}

),

renamed as (

    select
        _feed as feed,
        {{ global_id('coupon_id') }} as coupon_id,
        {{ global_id('promotion_id') }} as promotion_id,
        {{ global_id('outlet_id') }} as outlet_id,
        issued_on,
        redeemed_on,
        amount
    from latest

)

select * from renamed
