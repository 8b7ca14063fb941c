-- grain: feed, distributor (null where none) and day on which it holds orders, cancelled ones and returns too
with int_orders_unioned as (

    select
        feed,
        distributor_id,
        business_date
    from {{ ref('int_orders_unioned') }}
    where business_date is not null

),

final as (

    select
        feed,
        distributor_id,
        business_date,
        count(*) as orders
    from int_orders_unioned
    group by
        feed,
        distributor_id,
        business_date

)

select * from final
