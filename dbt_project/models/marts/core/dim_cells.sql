-- grain: cell of the KPI; its number is cut from its names
with int_cells as (

    select *
    from {{ ref('int_cells') }}

)

select * from int_cells
