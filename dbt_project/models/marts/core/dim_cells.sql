-- grain: cell of the KPI; numbers are told anew in each build, so they join tables of one generation only
with int_cells as (

    select *
    from {{ ref('int_cells') }}

)

select * from int_cells
