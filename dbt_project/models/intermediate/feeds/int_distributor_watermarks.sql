-- grain: distributor within a feed
-- a distributor vouches for as long after its newest order day as it is usually quiet, never for longer than its feed
with held as (

    select
        feed,
        distributor_id,
        business_date
    from {{ ref('int_feed_dates') }}
    where distributor_id is not null

),

lagged as (

    select
        feed,
        distributor_id,
        business_date,
        lag(business_date) over (partition by feed, distributor_id order by business_date) as previous_date
    from held
    where business_date is not null

),

measured as (

    select
        feed,
        distributor_id,
        max(business_date) as newest_business_date,
        count(*) as order_days,
        percentile_disc(0.95) within group (
            order by {{ days_between('previous_date', 'business_date') }}
        ) as usual_gap_days
    from lagged
    group by
        feed,
        distributor_id

),

stated as (

    select
        feed,
        distributor_id,
        max(complete_through) as complete_through
    from {{ ref('stg_watermarks') }}
    where distributor_id is not null
    group by
        feed,
        distributor_id

),

int_feed_watermarks as (

    select
        feed,
        watermark_date
    from {{ ref('int_feed_watermarks') }}

),

final as (

    select
        measured.feed,
        measured.distributor_id,
        measured.newest_business_date,
        least(
            int_feed_watermarks.watermark_date,
            case
                when stated.complete_through is not null then stated.complete_through
                -- too few days to know its rhythm
                when measured.order_days < 10 then int_feed_watermarks.watermark_date
                else {{ add_days('measured.newest_business_date', 'measured.usual_gap_days - 1') }}
            end
        ) as watermark_date
    from measured
    inner join int_feed_watermarks
        on measured.feed = int_feed_watermarks.feed
    left join stated
        on
            measured.feed = stated.feed
            and measured.distributor_id = stated.distributor_id

)

select * from final
