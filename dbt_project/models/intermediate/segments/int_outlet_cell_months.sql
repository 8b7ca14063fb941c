-- grain: outlet that counts and interval of months [month_from, month_to) at whose ends it stands in one cell
-- the newest month ends on the business date
with int_outlet_cells as (

    select
        outlet_id,
        cell_number,
        feed,
        rep_id,
        channel,
        valid_from,
        valid_to
    from {{ ref('int_outlet_cells') }}

),

int_as_of as (

    select
        as_of_date,
        {{ add_months("cast(date_trunc('month', as_of_date) as date)", 1) }} as month_after
    from {{ ref('int_as_of') }}

),

in_months as (

    select
        {{ all_but('int_outlet_cells', ['valid_from', 'valid_to']) }},
        cast(date_trunc('month', int_outlet_cells.valid_from) as date) as month_from,
        case
            when int_outlet_cells.valid_to <= int_as_of.as_of_date
                then cast(date_trunc('month', int_outlet_cells.valid_to) as date)
            else int_as_of.month_after
        end as month_to
    from int_outlet_cells
    inner join int_as_of
        on int_outlet_cells.valid_from <= int_as_of.as_of_date

),

final as (

    select *
    from in_months
    where month_from < month_to

)

select * from final
