-- grain: as_of_date, window and cell_number; what kpi_inactivity_daily shows with the names of the cell
with int_cell_events as (

    select
        cell_number,
        window_days,
        event_date,
        status,
        is_doubtful,
        direction,
        other_status
    from {{ ref('int_cell_events') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

-- counts as plain integers: DuckDB adds up what a sum gives in 128 bits, at many times the cost
changes as (

    select
        cell_number,
        window_days,
        event_date,
        cast(sum(case when status = 'active' then direction else 0 end) as integer) as active_change,
        cast(sum(case when status = 'lapsed' then direction else 0 end) as integer) as lapsed_change,
        cast(sum(case when status = 'never_ordered' then direction else 0 end) as integer) as never_ordered_change,
        cast(sum(case when status = 'unknown' then direction else 0 end) as integer) as unknown_change,
        cast(sum(case when is_doubtful then direction else 0 end) as integer) as doubtful_change,
        -- a crossing is a flow on its own day; entering by a move, a late feed or an opening is not
        count(*) filter (
            where direction = 1 and status = 'lapsed' and other_status = 'active'
        ) as newly_inactive_outlets,
        count(*) filter (
            where direction = 1 and status = 'active' and other_status = 'lapsed'
        ) as reactivated_outlets
    from int_cell_events
    group by
        cell_number,
        window_days,
        event_date

),

running as (

    select
        *,
        sum(active_change) over cell_days as active_outlets,
        sum(lapsed_change) over cell_days as lapsed_outlets,
        sum(never_ordered_change) over cell_days as never_ordered_outlets,
        sum(unknown_change) over cell_days as unknown_outlets,
        sum(doubtful_change) over cell_days as doubtful_outlets,
        lead(event_date) over cell_days as next_event_date
    from changes
    window
        cell_days as (
            partition by cell_number, window_days
            order by event_date
        )

),

final as (

    select
        running.event_date as as_of_date,
        running.window_days,
        running.cell_number,
        coalesce({{ add_days('running.next_event_date', -1) }}, int_as_of.as_of_date) as holds_until,
        cast(
            running.active_outlets + running.lapsed_outlets + running.never_ordered_outlets + running.unknown_outlets
            as bigint
        ) as universe_outlets,
        cast(running.active_outlets as bigint) as active_outlets,
        cast(running.lapsed_outlets + running.never_ordered_outlets as bigint) as inactive_outlets,
        cast(running.lapsed_outlets as bigint) as lapsed_outlets,
        cast(running.never_ordered_outlets as bigint) as never_ordered_outlets,
        cast(running.unknown_outlets as bigint) as unknown_outlets,
        cast(running.doubtful_outlets as bigint) as doubtful_outlets,
        cast(
            running.lapsed_outlets + running.never_ordered_outlets - running.doubtful_outlets as bigint
        ) as inactive_outlets_low,
        cast(
            running.lapsed_outlets + running.never_ordered_outlets + running.unknown_outlets as bigint
        ) as inactive_outlets_high,
        running.newly_inactive_outlets,
        running.reactivated_outlets
    from running
    cross join int_as_of

)

select * from final
