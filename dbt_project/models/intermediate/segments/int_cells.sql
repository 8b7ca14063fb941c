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

stg_month_ends_published as (

    select
        feed,
        beat_id,
        rep_id,
        distributor_id,
        territory,
        region,
        country,
        channel,
        abc_class
    from {{ ref('stg_month_ends_published') }}

),

-- a cell is numbered once and not for each month that names it
published as (

    select distinct *
    from stg_month_ends_published

),

final as (

    select * from int_outlet_cells
    union
    select
        {{ cell_number('published', 'published.abc_class') }} as cell_number,
        published.*
    from published

)

select * from final
