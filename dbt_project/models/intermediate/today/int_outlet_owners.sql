-- grain: outlet that counts: who answers for it on the business date; nobody is left without one
-- the rep, else the beat's rep, while at work; else their manager, or one of the territory; else the distributor
with int_outlets_today as (

    select
        outlet_id,
        beat_id,
        rep_id,
        distributor_id,
        territory,
        feed
    from {{ ref('int_outlets_today') }}
    where replaced_by_outlet_id is null

),

stg_beats as (

    select
        beat_id,
        rep_id
    from {{ ref('stg_beats') }}

),

stg_distributors as (

    select
        distributor_id,
        distributor_name
    from {{ ref('stg_distributors') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

reps as (

    select
        stg_reps.feed,
        stg_reps.rep_id,
        coalesce(stg_reps.rep_name, stg_reps.source_rep_id) as rep_name,
        stg_reps.territory,
        stg_reps.manager_name,
        coalesce(stg_reps.active_from, date '1900-01-01') <= int_as_of.as_of_date
        and coalesce(stg_reps.active_to, date '9999-12-31') >= int_as_of.as_of_date as is_at_work
    from {{ ref('stg_reps') }} as stg_reps
    cross join int_as_of

),

managers as (

    select
        feed,
        territory,
        min(manager_name) as manager_name
    from reps
    where manager_name is not null
    group by
        feed,
        territory

),

described as (

    select
        outlets.outlet_id,
        outlets.distributor_id,
        own_reps.rep_id as own_rep_id,
        own_reps.rep_name as own_rep_name,
        coalesce(own_reps.is_at_work, false) as own_rep_is_at_work,
        beat_reps.rep_id as beat_rep_id,
        beat_reps.rep_name as beat_rep_name,
        coalesce(beat_reps.is_at_work, false) as beat_rep_is_at_work,
        -- a rep that only facts name is taken to be at work
        own_reps.rep_id is null and outlets.rep_id != 'unknown' as is_rep_unlisted,
        outlets.rep_id,
        coalesce(own_reps.manager_name, beat_reps.manager_name, managers.manager_name) as manager_name,
        stg_distributors.distributor_name
    from int_outlets_today as outlets
    left join reps as own_reps
        on outlets.rep_id = own_reps.rep_id
    left join stg_beats
        on outlets.beat_id = stg_beats.beat_id
    left join reps as beat_reps
        on stg_beats.rep_id = beat_reps.rep_id
    left join managers
        on
            outlets.feed = managers.feed
            and outlets.territory = managers.territory
    left join stg_distributors
        on outlets.distributor_id = stg_distributors.distributor_id

),

chosen as (

    select
        *,
        case
            when own_rep_is_at_work or is_rep_unlisted then 'rep'
            when beat_rep_is_at_work then 'beat rep'
            when manager_name is not null then 'manager'
            when coalesce(distributor_id, 'unknown') != 'unknown' then 'distributor'
            else 'sales office'
        end as owner_kind
    from described

),

final as (

    select
        outlet_id,
        owner_kind,
        case owner_kind
            when 'rep' then rep_id
            when 'beat rep' then beat_rep_id
            when 'manager' then manager_name
            when 'distributor' then distributor_id
            else 'sales office'
        end as owner_id,
        case owner_kind
            when 'rep' then coalesce(own_rep_name, rep_id)
            when 'beat rep' then beat_rep_name
            when 'manager' then manager_name
            when 'distributor' then coalesce(distributor_name, distributor_id)
            else 'sales office'
        end as owner_name
    from chosen

)

select * from final
