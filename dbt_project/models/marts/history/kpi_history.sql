-- grain: publish, as_of_date, window and cell; append-only, sparse like the KPI
-- holds what differs from the last publish: of a day, window and cell the row of the newest publish holds
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

changed as (

    select * from kpi_inactivity_daily
    except
    select * from stg_kpi_published

),

withdrawn as (

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
        abc_class
    from stg_kpi_published
    except
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
        abc_class
    from kpi_inactivity_daily

),

unioned as (

    select
        *,
        false as is_withdrawn
    from changed
    union all
    select
        withdrawn.*,
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
    from withdrawn

),

final as (

    select
        -- publish fills in these two
        cast(null as varchar) as generation,
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
