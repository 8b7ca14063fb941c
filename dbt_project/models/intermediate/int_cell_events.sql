-- grain: outlet that counts, window, cell, day and direction: +1 where an interval opens in a cell, -1 where it ends
-- other_status: where it came from or goes to; `out`: not open, `moved`: the same status in another cell
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

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

placed as (

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

),

directions as (

    select 1 as direction
    union all
    select -1 as direction

),

final as (

    select
        placed.outlet_id,
        placed.cell_number,
        placed.window_days,
        placed.status,
        placed.is_doubtful,
        case when directions.direction = 1 then placed.opened else placed.ended end as event_date,
        directions.direction,
        case when directions.direction = 1 then placed.came_from else placed.goes_to end as other_status
    from placed
    cross join directions
    cross join int_as_of
    where case when directions.direction = 1 then placed.opened else placed.ended end <= int_as_of.as_of_date

)

select * from final
