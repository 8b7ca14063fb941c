-- grain: coupon
with int_coupons_matched as (

    select *
    from {{ ref('int_coupons_matched') }}

),

final as (

    select
        coupon_id,
        feed,
        outlet_id,
        counted_outlet_id,
        promotion_id,
        issued_on,
        redeemed_on,
        cast(amount as decimal(18, 2)) as source_amount
    from int_coupons_matched

)

select * from final
