-- grain: cell of the KPI: who serves, where, in which channel, and the class
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

final as (

    select
        cell_number,
        min(feed) as feed,
        min(beat_id) as beat_id,
        min(rep_id) as rep_id,
        min(distributor_id) as distributor_id,
        min(territory) as territory,
        min(region) as region,
        min(country) as country,
        min(channel) as channel,
        min(abc_class) as abc_class
    from int_outlet_cells
    group by cell_number

)

select * from final
