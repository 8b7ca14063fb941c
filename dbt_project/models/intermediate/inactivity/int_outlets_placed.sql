-- grain: outlet that counts, window, cell and interval [opened, ended) of one status in it
-- came_from, goes_to: the status before and after; `out`: not open, `moved`: the same status in another cell
with int_outlet_activity_intervals as (

    select
        outlet_id,
        window_days,
        status,
        is_doubtful,
        valid_from,
        valid_to,
        previous_status,
        next_status
    from {{ ref('int_outlet_activity_intervals') }}

),

int_outlet_cells as (

    select
        outlet_id,
        cell_number,
        valid_from,
        valid_to
    from {{ ref('int_outlet_cells') }}

),

final as (

    select
        int_outlet_cells.outlet_id,
        int_outlet_cells.cell_number,
        intervals.window_days,
        intervals.status,
        intervals.is_doubtful,
        greatest(intervals.valid_from, int_outlet_cells.valid_from) as opened,
        least(intervals.valid_to, int_outlet_cells.valid_to) as ended,
        case
            when intervals.valid_from >= int_outlet_cells.valid_from then intervals.previous_status
            else 'moved'
        end as came_from,
        case
            when intervals.valid_to <= int_outlet_cells.valid_to then intervals.next_status
            else 'moved'
        end as goes_to
    from int_outlet_activity_intervals as intervals
    inner join int_outlet_cells
        on
            intervals.outlet_id = int_outlet_cells.outlet_id
            and intervals.valid_from < int_outlet_cells.valid_to
            and int_outlet_cells.valid_from < intervals.valid_to

)

select * from final
