-- grain: beat and window, on the business date of the run
-- counts and amounts add up over beats; windows overlap and do not add up; the interval of a share never adds up
with rules as (

    select cast(value as integer) as small_group_outlets
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'
        and parameter = 'small_group_outlets'

),

int_as_of as (

    select reporting_currency
    from {{ ref('int_as_of') }}

),

dim_beats as (

    select
        beat_id,
        beat_name,
        rep_id,
        territory,
        region,
        country
    from {{ ref('dim_beats') }}

),

dim_reps as (

    select
        rep_id,
        rep_name
    from {{ ref('dim_reps') }}

),

counted as (

    {{ silence_counts('beat_id') }}

),

priced as (

    {{ silence_amounts('beat_id') }}

),

final as (

    select
        counted.beat_id,
        dim_beats.beat_name,
        dim_reps.rep_name,
        dim_beats.territory,
        dim_beats.region,
        dim_beats.country,
        {{ silence_columns() }}
    from counted
    cross join int_as_of
    cross join rules
    left join priced
        on
            counted.beat_id = priced.beat_id
            and counted.window_days = priced.window_days
    left join dim_beats
        on counted.beat_id = dim_beats.beat_id
    left join dim_reps
        on dim_beats.rep_id = dim_reps.rep_id

)

select * from final
