-- grain: as_of_date, window and cell; sparse: a row where something in the cell changes, good until holds_until
-- counts add up over cells and not over windows or days; flows belong to as_of_date alone
-- a view, so that the names of a cell are written once and not on each of its rows
with fct_cell_inactivity as (

    select *
    from {{ ref('fct_cell_inactivity') }}

),

dim_cells as (

    select *
    from {{ ref('dim_cells') }}

),

final as (

    select
        fct_cell_inactivity.as_of_date,
        fct_cell_inactivity.window_days,
        dim_cells.feed,
        dim_cells.beat_id,
        dim_cells.rep_id,
        dim_cells.distributor_id,
        dim_cells.territory,
        dim_cells.region,
        dim_cells.country,
        dim_cells.channel,
        dim_cells.abc_class,
        fct_cell_inactivity.holds_until,
        fct_cell_inactivity.universe_outlets,
        fct_cell_inactivity.active_outlets,
        fct_cell_inactivity.inactive_outlets,
        fct_cell_inactivity.lapsed_outlets,
        fct_cell_inactivity.never_ordered_outlets,
        fct_cell_inactivity.unknown_outlets,
        fct_cell_inactivity.doubtful_outlets,
        fct_cell_inactivity.inactive_outlets_low,
        fct_cell_inactivity.inactive_outlets_high,
        fct_cell_inactivity.newly_inactive_outlets,
        fct_cell_inactivity.reactivated_outlets
    from fct_cell_inactivity
    inner join dim_cells
        on fct_cell_inactivity.cell_number = dim_cells.cell_number

)

select * from final
