-- grain: feed
with stg_feeds as (

    select
        feed,
        description,
        time_zone,
        currency,
        delivers
    from {{ ref('stg_feeds') }}

),

int_feed_watermarks as (

    select
        feed,
        first_business_date,
        first_order_date,
        newest_business_date,
        watermark_date
    from {{ ref('int_feed_watermarks') }}

),

holes as (

    select
        feed,
        count(*) as holes
    from {{ ref('int_feed_holes') }}
    group by feed

),

final as (

    select
        stg_feeds.feed,
        stg_feeds.description,
        stg_feeds.time_zone,
        stg_feeds.currency,
        stg_feeds.delivers,
        int_feed_watermarks.first_business_date,
        int_feed_watermarks.first_order_date,
        int_feed_watermarks.newest_business_date,
        int_feed_watermarks.watermark_date,
        coalesce(holes.holes, 0) as holes
    from stg_feeds
    left join int_feed_watermarks
        on stg_feeds.feed = int_feed_watermarks.feed
    left join holes
        on stg_feeds.feed = holes.feed

)

select * from final
