-- grain: as_of_date, window_days and cell, as the last plain run published it
with counts as (

    select *
    from {{ source('before', 'fct_cell_inactivity') }}

),

cells as (

    select *
    from {{ source('before', 'dim_cells') }}

),

joined as (

    select
        counts.as_of_date,
        counts.window_days,
        cells.feed,
        cells.beat_id,
        cells.rep_id,
        cells.distributor_id,
        cells.territory,
        cells.region,
        cells.country,
        cells.channel,
        cells.abc_class,
        counts.holds_until,
        counts.universe_outlets,
        counts.active_outlets,
        counts.inactive_outlets,
        counts.lapsed_outlets,
        counts.never_ordered_outlets,
        counts.unknown_outlets,
        counts.doubtful_outlets,
        counts.newly_inactive_outlets,
        counts.reactivated_outlets
    from counts
    inner join cells
        on counts.cell_number = cells.cell_number

)

select * from joined
