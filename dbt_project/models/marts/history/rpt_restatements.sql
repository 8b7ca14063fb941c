-- grain: publish, as_of_date, window and cell; append-only: intervals of past days whose figures this publish changed
-- good from as_of_date to holds_until; counts add up over cells; flows belong to as_of_date alone
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
        holds_until,
        universe_outlets,
        active_outlets,
        lapsed_outlets,
        never_ordered_outlets,
        unknown_outlets,
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
        holds_until,
        universe_outlets,
        active_outlets,
        lapsed_outlets,
        never_ordered_outlets,
        unknown_outlets,
        newly_inactive_outlets,
        reactivated_outlets
    from {{ ref('stg_kpi_published') }}

),

kpi_history as (

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
    from {{ ref('kpi_history') }}

),

int_last_publish as (

    select as_of_date
    from {{ ref('int_last_publish') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

-- a day after either run's business date was in one of them no figure
both_published as (

    select least(int_last_publish.as_of_date, int_as_of.as_of_date) as last_day
    from int_last_publish
    cross join int_as_of

),

-- a window that the rules gained or lost has nothing to be compared with
both_windows as (

    select window_days
    from stg_kpi_published
    intersect
    select window_days
    from kpi_inactivity_daily

),

changed_cells as (

    select
        kpi_history.window_days,
        kpi_history.feed,
        kpi_history.beat_id,
        kpi_history.rep_id,
        kpi_history.distributor_id,
        kpi_history.territory,
        kpi_history.region,
        kpi_history.country,
        kpi_history.channel,
        kpi_history.abc_class,
        min(kpi_history.as_of_date) as changed_from
    from kpi_history
    inner join both_windows
        on kpi_history.window_days = both_windows.window_days
    cross join both_published
    where kpi_history.as_of_date <= both_published.last_day
    group by
        kpi_history.window_days,
        kpi_history.feed,
        kpi_history.beat_id,
        kpi_history.rep_id,
        kpi_history.distributor_id,
        kpi_history.territory,
        kpi_history.region,
        kpi_history.country,
        kpi_history.channel,
        kpi_history.abc_class

),

stacked as (

    select
        *,
        0 as is_now
    from stg_kpi_published
    union all
    select
        *,
        1 as is_now
    from kpi_inactivity_daily

),

-- before its first changed day a cell is alike in both, so it is opened by the row that holds on that day
in_changed_cells as (

    select
        stacked.*,
        changed_cells.changed_from
    from stacked
    inner join changed_cells
        on
            stacked.window_days = changed_cells.window_days
            and stacked.holds_until >= changed_cells.changed_from
            and stacked.feed is not distinct from changed_cells.feed
            and stacked.beat_id is not distinct from changed_cells.beat_id
            and stacked.rep_id is not distinct from changed_cells.rep_id
            and stacked.distributor_id is not distinct from changed_cells.distributor_id
            and stacked.territory is not distinct from changed_cells.territory
            and stacked.region is not distinct from changed_cells.region
            and stacked.country is not distinct from changed_cells.country
            and stacked.channel is not distinct from changed_cells.channel
            and stacked.abc_class is not distinct from changed_cells.abc_class

),

steps as (

    select
        *,
        universe_outlets - coalesce(lag(universe_outlets) over one_side, 0) as universe_step,
        active_outlets - coalesce(lag(active_outlets) over one_side, 0) as active_step,
        lapsed_outlets - coalesce(lag(lapsed_outlets) over one_side, 0) as lapsed_step,
        never_ordered_outlets - coalesce(lag(never_ordered_outlets) over one_side, 0) as never_ordered_step,
        unknown_outlets - coalesce(lag(unknown_outlets) over one_side, 0) as unknown_step
    from in_changed_cells
    window
        one_side as (
            partition by
                window_days, feed, beat_id, rep_id, distributor_id, territory, region, country, channel,
                abc_class, is_now
            order by as_of_date
        )

),

days as (

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
        changed_from,
        sum(case when is_now = 0 then universe_step else 0 end) as universe_before,
        sum(case when is_now = 1 then universe_step else 0 end) as universe_after,
        sum(case when is_now = 0 then active_step else 0 end) as active_before,
        sum(case when is_now = 1 then active_step else 0 end) as active_after,
        sum(case when is_now = 0 then lapsed_step else 0 end) as lapsed_before,
        sum(case when is_now = 1 then lapsed_step else 0 end) as lapsed_after,
        sum(case when is_now = 0 then never_ordered_step else 0 end) as never_ordered_before,
        sum(case when is_now = 1 then never_ordered_step else 0 end) as never_ordered_after,
        sum(case when is_now = 0 then unknown_step else 0 end) as unknown_before,
        sum(case when is_now = 1 then unknown_step else 0 end) as unknown_after,
        sum(case when is_now = 0 then newly_inactive_outlets else 0 end) as newly_inactive_outlets_before,
        sum(case when is_now = 1 then newly_inactive_outlets else 0 end) as newly_inactive_outlets_after,
        sum(case when is_now = 0 then reactivated_outlets else 0 end) as reactivated_outlets_before,
        sum(case when is_now = 1 then reactivated_outlets else 0 end) as reactivated_outlets_after
    from steps
    group by
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
        changed_from

),

running as (

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
        changed_from,
        sum(universe_before) over cell_days as universe_outlets_before,
        sum(universe_after) over cell_days as universe_outlets_after,
        sum(active_before) over cell_days as active_outlets_before,
        sum(active_after) over cell_days as active_outlets_after,
        sum(lapsed_before) over cell_days as lapsed_outlets_before,
        sum(lapsed_after) over cell_days as lapsed_outlets_after,
        sum(never_ordered_before) over cell_days as never_ordered_outlets_before,
        sum(never_ordered_after) over cell_days as never_ordered_outlets_after,
        sum(unknown_before) over cell_days as unknown_outlets_before,
        sum(unknown_after) over cell_days as unknown_outlets_after,
        newly_inactive_outlets_before,
        newly_inactive_outlets_after,
        reactivated_outlets_before,
        reactivated_outlets_after,
        lead(as_of_date) over cell_days as next_date
    from days
    window
        cell_days as (
            partition by
                window_days, feed, beat_id, rep_id, distributor_id, territory, region, country, channel, abc_class
            order by as_of_date
        )

),

final as (

    select
        -- publish fills in these two
        cast(null as string) as generation,
        cast(null as timestamp) as published_at,
        running.as_of_date,
        case
            when running.next_date <= both_published.last_day then {{ add_days('running.next_date', -1) }}
            else both_published.last_day
        end as holds_until,
        running.window_days,
        running.feed,
        running.beat_id,
        running.rep_id,
        running.distributor_id,
        running.territory,
        running.region,
        running.country,
        running.channel,
        running.abc_class,
        cast(running.universe_outlets_before as bigint) as universe_outlets_before,
        cast(running.universe_outlets_after as bigint) as universe_outlets_after,
        cast(running.active_outlets_before as bigint) as active_outlets_before,
        cast(running.active_outlets_after as bigint) as active_outlets_after,
        cast(running.lapsed_outlets_before as bigint) as lapsed_outlets_before,
        cast(running.lapsed_outlets_after as bigint) as lapsed_outlets_after,
        cast(running.never_ordered_outlets_before as bigint) as never_ordered_outlets_before,
        cast(running.never_ordered_outlets_after as bigint) as never_ordered_outlets_after,
        cast(running.unknown_outlets_before as bigint) as unknown_outlets_before,
        cast(running.unknown_outlets_after as bigint) as unknown_outlets_after,
        cast(running.newly_inactive_outlets_before as bigint) as newly_inactive_outlets_before,
        cast(running.newly_inactive_outlets_after as bigint) as newly_inactive_outlets_after,
        cast(running.reactivated_outlets_before as bigint) as reactivated_outlets_before,
        cast(running.reactivated_outlets_after as bigint) as reactivated_outlets_after,
        cast(running.lapsed_outlets_after - running.lapsed_outlets_before as bigint) as lapsed_outlets_change
    from running
    cross join both_published
    where
        running.as_of_date between running.changed_from and both_published.last_day
        and (
            running.universe_outlets_before != running.universe_outlets_after
            or running.active_outlets_before != running.active_outlets_after
            or running.lapsed_outlets_before != running.lapsed_outlets_after
            or running.never_ordered_outlets_before != running.never_ordered_outlets_after
            or running.unknown_outlets_before != running.unknown_outlets_after
            or running.newly_inactive_outlets_before != running.newly_inactive_outlets_after
            or running.reactivated_outlets_before != running.reactivated_outlets_after
        )

)

select * from final
