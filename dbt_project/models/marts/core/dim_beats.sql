-- grain: beat, and one row `unknown` for facts that name none
with stg_beats as (

    select
        beat_id,
        source_beat_id,
        coalesce(beat_name, source_beat_id) as beat_name,
        coalesce(rep_id, 'unknown') as rep_id,
        coalesce(territory, 'unknown') as territory,
        coalesce(region, 'unknown') as region,
        coalesce(country, 'unknown') as country
    from {{ ref('stg_beats') }}

),

-- what facts name, of now or of a month that was published, and no master row describes
named as (

    select beat_id
    from {{ ref('int_cells') }}
    group by beat_id

),

strangers as (

    select named.beat_id
    from named
    left join stg_beats
        on named.beat_id = stg_beats.beat_id
    where
        stg_beats.beat_id is null
        and named.beat_id is not null
        and named.beat_id != 'unknown'

),

unknown_member as (

    select
        'unknown' as beat_id,
        'unknown' as source_beat_id,
        'unknown' as beat_name,
        'unknown' as rep_id,
        'unknown' as territory,
        'unknown' as region,
        'unknown' as country

),

stranger_rows as (

    select
        strangers.beat_id,
        substr(strangers.beat_id, instr(strangers.beat_id, ':') + 1) as source_beat_id,
        {{ all_but('unknown_member', ['beat_id', 'source_beat_id']) }}
    from strangers
    cross join unknown_member

),

final as (

    select * from stg_beats
    union all
    select * from stranger_rows
    union all
    select * from unknown_member

)

select * from final
