-- grain: outlet and interval [valid_from, valid_to); valid_to null is open
-- the first known assignment reaches back to the beginning: nothing else is known of the time before;
-- up to the day of a link the former number tells who served the outlet that counts
with int_outlet_versions as (

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
    from {{ ref('int_outlet_versions') }}

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id,
        linked_on
    from {{ ref('int_outlet_links') }}

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
        int_outlet_versions.beat_id,
        int_outlet_versions.rep_id,
        int_outlet_versions.distributor_id,
        int_outlet_versions.territory,
        int_outlet_versions.region,
        int_outlet_versions.country,
        int_outlet_versions.channel,
        coalesce(int_outlet_versions.on_hold, false) as on_hold,
        case
            when row_number() over (
                partition by int_outlets_unioned.outlet_id order by int_outlet_versions.valid_from nulls first
            ) = 1 then date '1900-01-01'
            else int_outlet_versions.valid_from
        end as valid_from,
        lead(int_outlet_versions.valid_from) over (
            partition by int_outlets_unioned.outlet_id order by int_outlet_versions.valid_from nulls first
        ) as valid_to
    from int_outlets_unioned
    left join int_outlet_versions
        on int_outlets_unioned.outlet_id = int_outlet_versions.outlet_id

),

-- each number of an outlet that counts, and the days for which it speaks
members as (

    select
        outlet_id,
        counted_outlet_id,
        linked_on as speaks_to
    from int_outlet_links
    union all
    select
        outlet_id,
        outlet_id as counted_outlet_id,
        date '9999-12-31' as speaks_to
    from int_outlets_unioned

),

speaking as (

    select
        outlet_id,
        counted_outlet_id,
        coalesce(
            lag(speaks_to) over (partition by counted_outlet_id order by speaks_to, outlet_id),
            date '1900-01-01'
        ) as speaks_from,
        speaks_to
    from members

),

spoken as (

    select
        {{ all_but('ordered', ['outlet_id', 'valid_from', 'valid_to']) }},
        speaking.counted_outlet_id as outlet_id,
        greatest(ordered.valid_from, speaking.speaks_from) as valid_from,
        nullif(
            least(coalesce(ordered.valid_to, date '9999-12-31'), speaking.speaks_to), date '9999-12-31'
        ) as valid_to
    from speaking
    inner join ordered
        on
            speaking.outlet_id = ordered.outlet_id
            and speaking.speaks_from < coalesce(ordered.valid_to, date '9999-12-31')
            and ordered.valid_from < speaking.speaks_to
    where speaking.speaks_from < speaking.speaks_to

),

described as (

    select
        spoken.feed,
        spoken.outlet_id,
        spoken.valid_from,
        spoken.valid_to,
        coalesce(spoken.beat_id, 'unknown') as beat_id,
        coalesce(spoken.rep_id, stg_beats.rep_id, 'unknown') as rep_id,
        coalesce(spoken.distributor_id, 'unknown') as distributor_id,
        coalesce(spoken.territory, stg_beats.territory, 'unknown') as territory,
        coalesce(spoken.region, stg_beats.region, 'unknown') as region,
        coalesce(spoken.country, stg_beats.country, 'unknown') as country,
        coalesce(spoken.channel, 'unknown') as channel,
        spoken.on_hold
    from spoken
    left join stg_beats
        on spoken.beat_id = stg_beats.beat_id

)

select * from described
