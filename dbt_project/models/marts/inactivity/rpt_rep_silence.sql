-- grain: rep who serves the outlets today and window, on the business date of the run
-- counts and amounts add up over reps; windows overlap and do not add up; the interval of a share never adds up
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

dim_reps as (

    select
        rep_id,
        rep_name,
        territory
    from {{ ref('dim_reps') }}

),

counted as (

    {{ silence_counts('rep_id') }}

),

priced as (

    {{ silence_amounts('rep_id') }}

),

final as (

    select
        counted.rep_id,
        dim_reps.rep_name,
        dim_reps.territory,
        {{ silence_columns() }}
    from counted
    cross join int_as_of
    cross join rules
    left join priced
        on
            counted.rep_id = priced.rep_id
            and counted.window_days = priced.window_days
    left join dim_reps
        on counted.rep_id = dim_reps.rep_id

)

select * from final
