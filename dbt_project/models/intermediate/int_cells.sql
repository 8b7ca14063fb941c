-- grain: cell of the KPI, of now or of a month that was published: who serves, where, in which channel, and the class
with int_outlet_cells as (

    select
        cell_number,
        feed,
        beat_id,
        rep_id,
        distributor_id,
        territory,
        region,
        country,
        channel,
        abc_class
    from {{ ref('int_outlet_cells') }}

),

int_month_ends_published as (

    select
        cell_number,
        feed,
        beat_id,
        rep_id,
        distributor_id,
        territory,
        region,
        country,
        channel,
        abc_class
    from {{ ref('int_month_ends_published') }}

),

final as (

    select * from int_outlet_cells
    union
    select * from int_month_ends_published

)

select * from final
