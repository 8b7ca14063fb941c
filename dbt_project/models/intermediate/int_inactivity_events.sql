-- grain: outlet that counts, window, cell, day and direction: the events of int_cell_events with the names of their cell
with int_cell_events as (

    select *
    from {{ ref('int_cell_events') }}

),

int_cells as (

    select *
    from {{ ref('int_cells') }}

),

final as (

    select
        int_cell_events.*,
        int_cells.* exclude (cell_number)
    from int_cell_events
    inner join int_cells
        on int_cell_events.cell_number = int_cells.cell_number

)

select * from final
