-- grain: outlet that counts, kind and day of something done for it: a visit that took place, a coupon that was given
with visits as (

    select
        counted_outlet_id as outlet_id,
        'visit' as kind,
        visited_on as acted_on
    from {{ ref('int_visits_matched') }}
    where visited_on is not null

),

coupons as (

    select
        counted_outlet_id as outlet_id,
        'coupon' as kind,
        issued_on as acted_on
    from {{ ref('int_coupons_matched') }}
    where issued_on is not null

),

-- two visits of one day are one action
final as (

    select * from visits
    union
    select * from coupons

)

select * from final
