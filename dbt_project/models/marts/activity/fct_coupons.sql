-- grain: coupon
with stg_coupons as (

    select
        coupon_id,
        feed,
        outlet_id,
        promotion_id,
        issued_on,
        redeemed_on,
        amount
    from {{ ref('stg_coupons') }}

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

final as (

    select
        stg_coupons.coupon_id,
        stg_coupons.feed,
        stg_coupons.outlet_id,
        coalesce(int_outlet_links.counted_outlet_id, stg_coupons.outlet_id) as counted_outlet_id,
        stg_coupons.promotion_id,
        stg_coupons.issued_on,
        stg_coupons.redeemed_on,
        cast(stg_coupons.amount as decimal(18, 2)) as source_amount
    from stg_coupons
    left join int_outlet_links
        on stg_coupons.outlet_id = int_outlet_links.outlet_id

)

select * from final
