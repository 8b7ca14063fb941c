-- grain: rep, and one row `unknown` for facts that name none
with stg_reps as (

    select
        rep_id,
        source_rep_id,
        coalesce(rep_name, source_rep_id) as rep_name,
        coalesce(territory, 'unknown') as territory,
        coalesce(manager_name, 'unknown') as manager_name,
        active_from,
        active_to
    from {{ ref('stg_reps') }}

),

-- what facts name, of now or of a month that was published, and no master row describes
named as (

    select rep_id
    from {{ ref('int_cells') }}
    union
    select rep_id
    from {{ ref('stg_beats') }}
    union
    select rep_id
    from {{ ref('int_orders_qualified') }}

),

strangers as (

    select named.rep_id
    from named
    left join stg_reps
        on named.rep_id = stg_reps.rep_id
    where
        stg_reps.rep_id is null
        and named.rep_id is not null
        and named.rep_id != 'unknown'

),

unknown_member as (

    select
        'unknown' as rep_id,
        'unknown' as source_rep_id,
        'unknown' as rep_name,
        'unknown' as territory,
        'unknown' as manager_name,
        cast(null as date) as active_from,
        cast(null as date) as active_to

),

stranger_rows as (

    select
        strangers.rep_id,
        substr(strangers.rep_id, instr(strangers.rep_id, ':') + 1) as source_rep_id,
        {{ all_but('unknown_member', ['rep_id', 'source_rep_id']) }}
    from strangers
    cross join unknown_member

),

final as (

    select * from stg_reps
    union all
    select * from stranger_rows
    union all
    select * from unknown_member

)

select * from final
