-- grain: outlet and day from which the master says so; valid_from null: since always
-- a later delivery without effective date holds from the newest business date that the feed had by then
with stg_outlets as (

    select *
    from {{ ref('stg_outlets') }}

),

held as (

    select
        feed,
        loaded_at,
        max(business_date) as newest_business_date
    from {{ ref('int_orders_unioned') }}
    group by
        feed,
        loaded_at

),

deliveries as (

    select
        feed,
        loaded_at
    from stg_outlets
    where valid_from is null
    group by
        feed,
        loaded_at

),

dated_deliveries as (

    select
        deliveries.feed,
        deliveries.loaded_at,
        max(held.newest_business_date) as delivered_on
    from deliveries
    left join held
        on
            deliveries.feed = held.feed
            and deliveries.loaded_at >= held.loaded_at
    group by
        deliveries.feed,
        deliveries.loaded_at

),

numbered as (

    select
        *,
        row_number() over (partition by outlet_id, valid_from is null order by loaded_at) as delivery_number
    from stg_outlets

),

effective as (

    select
        {{ all_but('numbered', ['valid_from', 'delivery_number']) }},
        case
            when numbered.valid_from is not null then numbered.valid_from
            when numbered.delivery_number > 1 then dated_deliveries.delivered_on
        end as valid_from
    from numbered
    left join dated_deliveries
        on
            numbered.feed = dated_deliveries.feed
            and numbered.loaded_at = dated_deliveries.loaded_at

),

final as (

    select *
    from effective
    qualify row_number() over (partition by outlet_id, valid_from order by loaded_at desc) = 1

)

select * from final
