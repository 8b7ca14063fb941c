-- grain: feed
-- up to which business date the feed vouches: what it states, else the newest day that it holds
with feeds as (

    select
        feed,
        currency
    from {{ ref('stg_feeds') }}

),

held as (

    select
        feed,
        business_date,
        true as is_order
    from {{ ref('int_feed_dates') }}
    union all
    select
        feed,
        visited_on as business_date,
        false as is_order
    from {{ ref('stg_visits') }}

),

newest as (

    select
        feed,
        min(business_date) as first_business_date,
        min(case when is_order then business_date end) as first_order_date,
        max(business_date) as newest_business_date
    from held
    group by feed

),

stated as (

    select
        feed,
        max(complete_through) as complete_through
    from {{ ref('stg_watermarks') }}
    where distributor_id is null
    group by feed

),

final as (

    select
        feeds.feed,
        feeds.currency,
        newest.first_business_date,
        newest.first_order_date,
        newest.newest_business_date,
        coalesce(stated.complete_through, newest.newest_business_date) as watermark_date
    from feeds
    left join newest
        on feeds.feed = newest.feed
    left join stated
        on feeds.feed = stated.feed

)

select * from final
