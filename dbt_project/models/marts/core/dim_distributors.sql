-- grain: distributor, and one row `unknown` for facts that name none
with stg_distributors as (

    select
        distributor_id,
        source_distributor_id,
        feed,
        coalesce(distributor_name, source_distributor_id) as distributor_name,
        coalesce(country, 'unknown') as country,
        time_zone,
        currency
    from {{ ref('stg_distributors') }}

),

-- what facts name, of now or of a month that was published, and no master row describes
named as (

    select distributor_id
    from {{ ref('int_cells') }}
    union
    select distributor_id
    from {{ ref('int_orders_qualified') }}

),

strangers as (

    select named.distributor_id
    from named
    left join stg_distributors
        on named.distributor_id = stg_distributors.distributor_id
    where
        stg_distributors.distributor_id is null
        and named.distributor_id is not null
        and named.distributor_id != 'unknown'

),

unknown_member as (

    select
        'unknown' as distributor_id,
        'unknown' as source_distributor_id,
        'unknown' as feed,
        'unknown' as distributor_name,
        'unknown' as country,
        cast(null as string) as time_zone,
        cast(null as string) as currency

),

stranger_rows as (

    select
        strangers.distributor_id,
        substr(strangers.distributor_id, instr(strangers.distributor_id, ':') + 1) as source_distributor_id,
        substr(strangers.distributor_id, 1, instr(strangers.distributor_id, ':') - 1) as feed,
        {{ all_but('unknown_member', ['distributor_id', 'source_distributor_id', 'feed']) }}
    from strangers
    cross join unknown_member

),

unioned as (

    select * from stg_distributors
    union all
    select * from stranger_rows
    union all
    select * from unknown_member

),

stg_feeds as (

    select
        feed,
        time_zone,
        currency
    from {{ ref('stg_feeds') }}

),

int_feed_watermarks as (

    select
        feed,
        watermark_date
    from {{ ref('int_feed_watermarks') }}

),

int_distributor_watermarks as (

    select
        distributor_id,
        watermark_date
    from {{ ref('int_distributor_watermarks') }}

),

final as (

    select
        unioned.distributor_id,
        unioned.source_distributor_id,
        unioned.feed,
        unioned.distributor_name,
        unioned.country,
        coalesce(unioned.time_zone, stg_feeds.time_zone) as time_zone,
        coalesce(unioned.currency, stg_feeds.currency) as currency,
        int_feed_watermarks.watermark_date as feed_watermark,
        coalesce(int_distributor_watermarks.watermark_date, int_feed_watermarks.watermark_date) as watermark_date
    from unioned
    left join stg_feeds
        on unioned.feed = stg_feeds.feed
    left join int_feed_watermarks
        on unioned.feed = int_feed_watermarks.feed
    left join int_distributor_watermarks
        on unioned.distributor_id = int_distributor_watermarks.distributor_id

)

select * from final
