-- grain: outlet and interval [valid_from, valid_to); valid_to null is open
-- the first known assignment reaches back to the beginning: nothing else is known of the time before
with stg_outlets as (

    select
        outlet_id,
        valid_from,
        beat_id,
        rep_id,
        distributor_id,
        territory,
        region,
        country,
        channel,
        on_hold
    from {{ ref('stg_outlets') }}

),

int_outlets_unioned as (

    select
        feed,
        outlet_id
    from {{ ref('int_outlets_unioned') }}

),

stg_beats as (

    select
        beat_id,
        rep_id,
        territory,
        region,
        country
    from {{ ref('stg_beats') }}

),

ordered as (

    select
        int_outlets_unioned.feed,
        int_outlets_unioned.outlet_id,
        stg_outlets.beat_id,
        stg_outlets.rep_id,
        stg_outlets.distributor_id,
        stg_outlets.territory,
        stg_outlets.region,
        stg_outlets.country,
        stg_outlets.channel,
        coalesce(stg_outlets.on_hold, false) as on_hold,
        case
            when row_number() over (
                partition by int_outlets_unioned.outlet_id order by stg_outlets.valid_from nulls first
            ) = 1 then date '1900-01-01'
            else stg_outlets.valid_from
        end as valid_from,
        lead(stg_outlets.valid_from) over (
            partition by int_outlets_unioned.outlet_id order by stg_outlets.valid_from nulls first
        ) as valid_to
    from int_outlets_unioned
    left join stg_outlets
        on int_outlets_unioned.outlet_id = stg_outlets.outlet_id

),

final as (

    select
        ordered.feed,
        ordered.outlet_id,
        ordered.valid_from,
        ordered.valid_to,
        coalesce(ordered.beat_id, 'unknown') as beat_id,
        coalesce(ordered.rep_id, stg_beats.rep_id, 'unknown') as rep_id,
        coalesce(ordered.distributor_id, 'unknown') as distributor_id,
        coalesce(ordered.territory, stg_beats.territory, 'unknown') as territory,
        coalesce(ordered.region, stg_beats.region, 'unknown') as region,
        coalesce(ordered.country, stg_beats.country, 'unknown') as country,
        coalesce(ordered.channel, 'unknown') as channel,
        ordered.on_hold
    from ordered
    left join stg_beats
        on ordered.beat_id = stg_beats.beat_id

)

select * from final
