-- each silent or endangered outlet is on the revival list or on the prune list, exactly once, and no other is
with listed as (

    select outlet_id
    from {{ ref('rpt_revival_worklist') }}
    union all
    select outlet_id
    from {{ ref('rpt_prune_candidates') }}

),

counted as (

    select
        outlet_id,
        count(*) as times
    from listed
    group by outlet_id

),

due as (

    select outlet_id
    from {{ ref('int_outlets_watched') }}
    where
        is_silent
        or is_endangered

)

select
    due.outlet_id as due_outlet_id,
    counted.outlet_id as listed_outlet_id,
    counted.times
from due
full join counted
    on due.outlet_id = counted.outlet_id
where
    due.outlet_id is null
    or counted.times is distinct from 1
