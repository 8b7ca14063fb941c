-- grain: month and cell in which the outlets stand at the end of the month; only months and cells with such outlets
-- counts add up over cells; new, first seen, resurrected and lost add up over months too; rates do not add up
with int_outlet_retention_intervals as (

    select
        outlet_id,
        standing,
        month_from,
        month_to
    from {{ ref('int_outlet_retention_intervals') }}

),

int_outlet_cell_months as (

    select
        outlet_id,
        cell_number,
        month_from,
        month_to
    from {{ ref('int_outlet_cell_months') }}

),

int_cells as (

    select *
    from {{ ref('int_cells') }}

),

int_as_of as (

    select
        as_of_date,
        {{ add_months("cast(date_trunc('month', as_of_date) as date)", 1) }} as month_after
    from {{ ref('int_as_of') }}

),

placed as (

    select
        cells.cell_number,
        intervals.standing,
        greatest(intervals.month_from, cells.month_from) as month_from,
        least(intervals.month_to, cells.month_to) as month_to
    from int_outlet_retention_intervals as intervals
    inner join int_outlet_cell_months as cells
        on
            intervals.outlet_id = cells.outlet_id
            and intervals.month_from < cells.month_to
            and cells.month_from < intervals.month_to

),

began as (

    select
        {{ all_but('placed', ['month_from', 'month_to']) }},
        month_from as month_start,
        1 as direction
    from placed

),

ended as (

    select
        {{ all_but('placed', ['month_from', 'month_to']) }},
        month_to as month_start,
        -1 as direction
    from placed

),

unioned as (

    select * from began
    union all
    select * from ended

),

changes as (

    select
        cell_number,
        month_start,
        sum(case when standing = 'new' then direction else 0 end) as new_change,
        sum(case when standing = 'first_seen' then direction else 0 end) as first_seen_change,
        sum(case when standing = 'retained' then direction else 0 end) as retained_change,
        sum(case when standing = 'resurrected' then direction else 0 end) as resurrected_change,
        sum(case when standing = 'lost' then direction else 0 end) as lost_change,
        sum(case when standing = 'dormant' then direction else 0 end) as dormant_change,
        sum(case when standing = 'late_lost' then direction else 0 end) as late_lost_change,
        sum(case when standing = 'late_dormant' then direction else 0 end) as late_dormant_change
    from unioned
    group by
        cell_number,
        month_start

),

running as (

    select
        {{ all_but('changes', [
            'new_change', 'first_seen_change', 'retained_change', 'resurrected_change', 'lost_change', 'dormant_change',
            'late_lost_change', 'late_dormant_change',
        ]) }},
        cast(sum(new_change) over cell_months as bigint) as new_outlets,
        cast(sum(first_seen_change) over cell_months as bigint) as first_seen_outlets,
        cast(sum(retained_change) over cell_months as bigint) as retained_outlets,
        cast(sum(resurrected_change) over cell_months as bigint) as resurrected_outlets,
        cast(sum(lost_change) over cell_months as bigint) as lost_outlets,
        cast(sum(dormant_change) over cell_months as bigint) as dormant_outlets,
        cast(sum(late_lost_change) over cell_months as bigint) as late_lost_outlets,
        cast(sum(late_dormant_change) over cell_months as bigint) as late_dormant_outlets,
        lead(month_start) over cell_months as next_month_start
    from changes
    window
        cell_months as (partition by cell_number order by month_start)

),

-- months without a change repeat the one before: only outlets that stay dormant make such months
repeated as (

    select
        {{ all_but('running', ['month_start', 'next_month_start']) }},
        int_as_of.as_of_date,
        running.month_start as changed_month,
        {{ every_number(
            0,
            months_between('running.month_start', 'coalesce(running.next_month_start, int_as_of.month_after)') ~ ' - 1'
        ) }} as months_after
    from running
    cross join int_as_of
    where
        running.month_start < int_as_of.month_after
        and running.new_outlets + running.first_seen_outlets + running.retained_outlets + running.resurrected_outlets
        + running.lost_outlets + running.dormant_outlets + running.late_lost_outlets + running.late_dormant_outlets > 0

),

dated as (

    select
        repeated.*,
        {{ add_months('changed_month', 'months_after') }} as month_start,
        {{ add_days(add_months('changed_month', 'months_after + 1'), -1) }} as month_end
    from repeated

),

final as (

    select
        dated.month_start,
        int_cells.feed,
        int_cells.beat_id,
        int_cells.rep_id,
        int_cells.distributor_id,
        int_cells.territory,
        int_cells.region,
        int_cells.country,
        int_cells.channel,
        int_cells.abc_class,
        dated.month_end <= dated.as_of_date as is_full_month,
        dated.retained_outlets + dated.new_outlets + dated.first_seen_outlets + dated.resurrected_outlets
            as active_outlets,
        dated.retained_outlets + dated.lost_outlets + dated.late_lost_outlets as active_before_outlets,
        dated.retained_outlets,
        dated.lost_outlets,
        dated.new_outlets,
        dated.first_seen_outlets,
        dated.resurrected_outlets,
        dated.dormant_outlets,
        dated.late_lost_outlets + dated.late_dormant_outlets as unknown_outlets,
        cast(
            cast(dated.retained_outlets as double) / nullif(dated.retained_outlets + dated.lost_outlets, 0)
            as decimal(9, 4)
        ) as retention_rate,
        cast(
            cast(dated.resurrected_outlets as double) / nullif(dated.resurrected_outlets + dated.dormant_outlets, 0)
            as decimal(9, 4)
        ) as reactivation_rate,
        cast(
            cast(dated.new_outlets + dated.resurrected_outlets as double) / nullif(dated.lost_outlets, 0)
            as decimal(18, 4)
        ) as quick_ratio
    from dated
    inner join int_cells
        on dated.cell_number = int_cells.cell_number

)

select * from final
