-- grain: month, window and the cell in which the outlet stands on the business date, whoever served it then
-- counts add up over cells, not over windows or months; shares do not add up
with int_outlet_activity_intervals as (

    select
        outlet_id,
        window_days,
        status,
        is_doubtful,
        valid_from,
        valid_to
    from {{ ref('int_outlet_activity_intervals') }}

),

int_outlet_cells as (

    select *
    from {{ ref('int_outlet_cells') }}

),

int_cells as (

    select *
    from {{ ref('int_cells') }}

),

int_as_of as (

    select
        as_of_date,
        cast(date_trunc('month', first_business_date) as date) as first_month_start,
        {{ add_months("cast(date_trunc('month', as_of_date) as date)", 1) }} as month_after
    from {{ ref('int_as_of') }}

),

-- an interval counts in the months whose last day it holds: from its first month up to the one before its last
in_months as (

    select
        intervals.outlet_id,
        intervals.window_days,
        intervals.status,
        intervals.is_doubtful,
        cast(date_trunc('month', intervals.valid_from) as date) as month_from,
        case
            when intervals.valid_to <= int_as_of.as_of_date then cast(date_trunc('month', intervals.valid_to) as date)
            else int_as_of.month_after
        end as month_to
    from int_outlet_activity_intervals as intervals
    cross join int_as_of

),

cells_of_today as (

    select
        int_outlet_cells.outlet_id,
        int_outlet_cells.cell_number
    from int_outlet_cells
    inner join int_as_of
        on
            int_outlet_cells.valid_from <= int_as_of.as_of_date
            and int_outlet_cells.valid_to > int_as_of.as_of_date

),

opened as (

    select
        outlet_id,
        window_days,
        status,
        is_doubtful,
        month_from as month_start,
        1 as direction
    from in_months
    where month_from < month_to

),

ended as (

    select
        outlet_id,
        window_days,
        status,
        is_doubtful,
        month_to as month_start,
        -1 as direction
    from in_months
    where month_from < month_to

),

unioned as (

    select * from opened
    union all
    select * from ended

),

changes as (

    select
        cells_of_today.cell_number,
        unioned.window_days,
        unioned.month_start,
        cast(sum(case when unioned.status = 'active' then unioned.direction else 0 end) as integer) as active_change,
        cast(sum(case when unioned.status = 'lapsed' then unioned.direction else 0 end) as integer) as lapsed_change,
        cast(
            sum(case when unioned.status = 'never_ordered' then unioned.direction else 0 end) as integer
        ) as never_ordered_change,
        cast(sum(case when unioned.status = 'unknown' then unioned.direction else 0 end) as integer) as unknown_change,
        cast(sum(case when unioned.is_doubtful then unioned.direction else 0 end) as integer) as doubtful_change
    from unioned
    inner join cells_of_today
        on unioned.outlet_id = cells_of_today.outlet_id
    group by
        cells_of_today.cell_number,
        unioned.window_days,
        unioned.month_start

),

running as (

    select
        *,
        sum(active_change) over cell_months as active_outlets,
        sum(lapsed_change) over cell_months as lapsed_outlets,
        sum(never_ordered_change) over cell_months as never_ordered_outlets,
        sum(unknown_change) over cell_months as unknown_outlets,
        sum(doubtful_change) over cell_months as doubtful_outlets,
        lead(month_start) over cell_months as next_month_start
    from changes
    window
        cell_months as (
            partition by cell_number, window_days
            order by month_start
        )

),

-- months without a change repeat the one before
repeated as (

    select
        running.*,
        int_as_of.as_of_date,
        int_as_of.first_month_start,
        {{ every_number(
            0,
            months_between('running.month_start', 'coalesce(running.next_month_start, int_as_of.month_after)') ~ ' - 1'
        ) }} as months_after
    from running
    cross join int_as_of
    where
        running.active_outlets
        + running.lapsed_outlets
        + running.never_ordered_outlets
        + running.unknown_outlets
        > 0

),

final as (

    select
        {{ add_months('month_start', 'months_after') }} as month_start,
        least({{ add_days(add_months('month_start', 'months_after + 1'), -1) }}, as_of_date) as month_end,
        window_days,
        int_cells.feed,
        int_cells.beat_id,
        int_cells.rep_id,
        int_cells.distributor_id,
        int_cells.territory,
        int_cells.region,
        int_cells.country,
        int_cells.channel,
        int_cells.abc_class,
        cast(active_outlets + lapsed_outlets + never_ordered_outlets + unknown_outlets as bigint) as universe_outlets,
        cast(active_outlets as bigint) as active_outlets,
        cast(lapsed_outlets + never_ordered_outlets as bigint) as inactive_outlets,
        cast(lapsed_outlets as bigint) as lapsed_outlets,
        cast(never_ordered_outlets as bigint) as never_ordered_outlets,
        cast(unknown_outlets as bigint) as unknown_outlets,
        cast(doubtful_outlets as bigint) as doubtful_outlets,
        cast(lapsed_outlets + never_ordered_outlets - doubtful_outlets as bigint) as inactive_outlets_low,
        cast(lapsed_outlets + never_ordered_outlets + unknown_outlets as bigint) as inactive_outlets_high,
        cast(
            100.0 * (lapsed_outlets + never_ordered_outlets)
            / nullif(active_outlets + lapsed_outlets + never_ordered_outlets + unknown_outlets, 0) as decimal(18, 1)
        ) as percent_of_universe,
        cast(
            100.0 * (lapsed_outlets + never_ordered_outlets) / nullif(active_outlets, 0) as decimal(18, 1)
        ) as percent_of_active
    from repeated
    inner join int_cells
        on repeated.cell_number = int_cells.cell_number
    -- of the time before the first order that any feed holds nothing is known but openings
    where {{ add_months('repeated.month_start', 'repeated.months_after') }} >= repeated.first_month_start

)

select * from final
