-- grain: feed
with feeds as (

    select
        feed,
        currency
    from {{ ref('stg_feeds') }}

),

held as (

    select
        feed,
        business_date
    from {{ ref('stg_orders') }}
    union all
    select
        feed,
        business_date
    from {{ ref('stg_order_lines') }}
    union all
    select
        feed,
        visited_on as business_date
    from {{ ref('stg_visits') }}

),

newest as (

    select
        feed,
        min(business_date) as first_business_date,
        max(business_date) as watermark_date
    from held
    group by feed

),

final as (

    select
        feeds.feed,
        feeds.currency,
        newest.first_business_date,
        newest.watermark_date
    from feeds
    left join newest
        on feeds.feed = newest.feed

)

select * from final
