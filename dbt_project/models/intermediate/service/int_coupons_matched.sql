-- grain: coupon, with the outlet that it counts for
with stg_coupons as (

    select
        feed,
        coupon_id,
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
        stg_coupons.*,
        coalesce(int_outlet_links.counted_outlet_id, stg_coupons.outlet_id) as counted_outlet_id
    from stg_coupons
    left join int_outlet_links
        on stg_coupons.outlet_id = int_outlet_links.outlet_id

)

select * from final
