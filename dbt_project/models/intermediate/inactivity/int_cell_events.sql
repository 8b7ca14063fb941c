-- grain: outlet that counts, window, cell, day and direction: +1 where an interval opens in a cell, -1 where it ends
-- other_status: where it came from or goes to; `out`: not open, `moved`: the same status in another cell
-- a view: two events would take twice the room of the interval that makes them
with int_outlets_placed as (

    select
        outlet_id,
        cell_number,
        window_days,
        status,
        is_doubtful,
        opened,
        ended,
        came_from,
        goes_to
    from {{ ref('int_outlets_placed') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

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
    from int_outlets_placed as placed
    cross join directions
    cross join int_as_of
    where case when directions.direction = 1 then placed.opened else placed.ended end <= int_as_of.as_of_date

)

select * from final
