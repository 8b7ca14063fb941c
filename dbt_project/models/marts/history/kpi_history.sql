-- grain: publish, as_of_date, window and cell; append-only, sparse like the KPI
-- holds what differs from the last publish: of a day, window and cell the row of the newest publish holds
{% set compared = [
    'as_of_date', 'window_days', 'feed', 'beat_id', 'rep_id',
    'distributor_id', 'territory', 'region', 'country', 'channel',
    'abc_class', 'universe_outlets', 'active_outlets', 'inactive_outlets', 'lapsed_outlets',
    'never_ordered_outlets', 'unknown_outlets', 'doubtful_outlets', 'newly_inactive_outlets', 'reactivated_outlets'
] %}

with kpi_inactivity_daily as (

    select
        as_of_date,
        window_days,
        feed,
        beat_id,
        rep_id,
        distributor_id,
        territory,
        region,
        country,
        channel,
        abc_class,
        universe_outlets,
        active_outlets,
        inactive_outlets,
        lapsed_outlets,
        never_ordered_outlets,
        unknown_outlets,
        doubtful_outlets,
        newly_inactive_outlets,
        reactivated_outlets
    from {{ ref('kpi_inactivity_daily') }}

),

stg_kpi_published as (

    select
        as_of_date,
        window_days,
        feed,
        beat_id,
        rep_id,
        distributor_id,
        territory,
        region,
        country,
        channel,
        abc_class,
        universe_outlets,
        active_outlets,
        inactive_outlets,
        lapsed_outlets,
        never_ordered_outlets,
        unknown_outlets,
        doubtful_outlets,
        newly_inactive_outlets,
        reactivated_outlets
    from {{ ref('stg_kpi_published') }}

),

now_months as (

    select
        date_trunc('month', as_of_date) as month_start,
        sum({{ row_fingerprint(compared) }}) as fingerprint
    from kpi_inactivity_daily
    group by date_trunc('month', as_of_date)

),

published_months as (

    select
        date_trunc('month', as_of_date) as month_start,
        sum({{ row_fingerprint(compared) }}) as fingerprint
    from stg_kpi_published
    group by date_trunc('month', as_of_date)

),

-- most months are as they were: only the others are worth a comparison row by row
changed_months as (

    select coalesce(now_months.month_start, published_months.month_start) as month_start
    from now_months
    full join published_months
        on now_months.month_start = published_months.month_start
    where now_months.fingerprint is distinct from published_months.fingerprint

),

now as (

    select kpi_inactivity_daily.*
    from kpi_inactivity_daily
    inner join changed_months
        on date_trunc('month', kpi_inactivity_daily.as_of_date) = changed_months.month_start

),

published as (

    select stg_kpi_published.*
    from stg_kpi_published
    inner join changed_months
        on date_trunc('month', stg_kpi_published.as_of_date) = changed_months.month_start

),

changed as (

    select
        now.*,
        false as is_withdrawn
    from now
    left join published
        on
            now.as_of_date = published.as_of_date
            and now.window_days = published.window_days
            and now.feed is not distinct from published.feed
            and now.beat_id is not distinct from published.beat_id
            and now.rep_id is not distinct from published.rep_id
            and now.distributor_id is not distinct from published.distributor_id
            and now.territory is not distinct from published.territory
            and now.region is not distinct from published.region
            and now.country is not distinct from published.country
            and now.channel is not distinct from published.channel
            and now.abc_class is not distinct from published.abc_class
    where
        published.as_of_date is null
        or now.universe_outlets != published.universe_outlets
        or now.active_outlets != published.active_outlets
        or now.inactive_outlets != published.inactive_outlets
        or now.lapsed_outlets != published.lapsed_outlets
        or now.never_ordered_outlets != published.never_ordered_outlets
        or now.unknown_outlets != published.unknown_outlets
        or now.doubtful_outlets != published.doubtful_outlets
        or now.newly_inactive_outlets != published.newly_inactive_outlets
        or now.reactivated_outlets != published.reactivated_outlets

),

withdrawn as (

    select
        published.as_of_date,
        published.window_days,
        published.feed,
        published.beat_id,
        published.rep_id,
        published.distributor_id,
        published.territory,
        published.region,
        published.country,
        published.channel,
        published.abc_class,
        0 as universe_outlets,
        0 as active_outlets,
        0 as inactive_outlets,
        0 as lapsed_outlets,
        0 as never_ordered_outlets,
        0 as unknown_outlets,
        0 as doubtful_outlets,
        0 as newly_inactive_outlets,
        0 as reactivated_outlets,
        true as is_withdrawn
    from published
    left join now
        on
            published.as_of_date = now.as_of_date
            and published.window_days = now.window_days
            and published.feed is not distinct from now.feed
            and published.beat_id is not distinct from now.beat_id
            and published.rep_id is not distinct from now.rep_id
            and published.distributor_id is not distinct from now.distributor_id
            and published.territory is not distinct from now.territory
            and published.region is not distinct from now.region
            and published.country is not distinct from now.country
            and published.channel is not distinct from now.channel
            and published.abc_class is not distinct from now.abc_class
    where now.as_of_date is null

),

unioned as (

    select * from changed
    union all
    select * from withdrawn

),

final as (

    select
        -- publish fills in these two
        cast(null as string) as generation,
        cast(null as timestamp) as published_at,
        as_of_date,
        window_days,
        feed,
        beat_id,
        rep_id,
        distributor_id,
        territory,
        region,
        country,
        channel,
        abc_class,
        cast(universe_outlets as bigint) as universe_outlets,
        cast(active_outlets as bigint) as active_outlets,
        cast(inactive_outlets as bigint) as inactive_outlets,
        cast(lapsed_outlets as bigint) as lapsed_outlets,
        cast(never_ordered_outlets as bigint) as never_ordered_outlets,
        cast(unknown_outlets as bigint) as unknown_outlets,
        cast(doubtful_outlets as bigint) as doubtful_outlets,
        cast(newly_inactive_outlets as bigint) as newly_inactive_outlets,
        cast(reactivated_outlets as bigint) as reactivated_outlets,
        is_withdrawn
    from unioned

)

select * from final
