-- grain: beat and window, on the business date of the run
-- counts and amounts add up over beats; windows overlap and do not add up; the interval of a share never adds up
with kpi_inactivity_daily as (

    select
        beat_id,
        window_days,
        holds_until,
        universe_outlets,
        active_outlets,
        inactive_outlets,
        lapsed_outlets,
        never_ordered_outlets,
        unknown_outlets
    from {{ ref('kpi_inactivity_daily') }}

),

rules as (

    select cast(value as integer) as small_group_outlets
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'
        and parameter = 'small_group_outlets'

),

int_as_of as (

    select
        as_of_date,
        reporting_currency
    from {{ ref('int_as_of') }}

),

int_lapsed_outlets as (

    select
        outlet_id,
        window_days,
        monthly_net_amount_before
    from {{ ref('int_outlets_lapsed') }}

),

dim_outlets as (

    select
        outlet_id,
        beat_id
    from {{ ref('dim_outlets') }}

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

    select
        kpi_inactivity_daily.beat_id,
        kpi_inactivity_daily.window_days,
        cast(sum(kpi_inactivity_daily.universe_outlets) as bigint) as universe_outlets,
        cast(sum(kpi_inactivity_daily.active_outlets) as bigint) as active_outlets,
        cast(sum(kpi_inactivity_daily.inactive_outlets) as bigint) as inactive_outlets,
        cast(sum(kpi_inactivity_daily.lapsed_outlets) as bigint) as lapsed_outlets,
        cast(sum(kpi_inactivity_daily.never_ordered_outlets) as bigint) as never_ordered_outlets,
        cast(sum(kpi_inactivity_daily.unknown_outlets) as bigint) as unknown_outlets
    from kpi_inactivity_daily
    inner join int_as_of
        on kpi_inactivity_daily.holds_until = int_as_of.as_of_date
    group by
        kpi_inactivity_daily.beat_id,
        kpi_inactivity_daily.window_days

),

priced as (

    select
        dim_outlets.beat_id,
        int_lapsed_outlets.window_days,
        sum(int_lapsed_outlets.monthly_net_amount_before) as monthly_net_amount_lost
    from int_lapsed_outlets
    inner join dim_outlets
        on int_lapsed_outlets.outlet_id = dim_outlets.outlet_id
    group by
        dim_outlets.beat_id,
        int_lapsed_outlets.window_days

),

final as (

    select
        counted.beat_id,
        dim_beats.beat_name,
        dim_reps.rep_name,
        dim_beats.territory,
        dim_beats.region,
        dim_beats.country,
        counted.window_days,
        counted.universe_outlets,
        counted.active_outlets,
        counted.inactive_outlets,
        counted.lapsed_outlets,
        counted.never_ordered_outlets,
        counted.unknown_outlets,
        {{ wilson_low('counted.lapsed_outlets', '(counted.active_outlets + counted.inactive_outlets)') }}
            as lapsed_share_low,
        {{ wilson_high('counted.lapsed_outlets', '(counted.active_outlets + counted.inactive_outlets)') }}
            as lapsed_share_high,
        counted.active_outlets + counted.inactive_outlets < rules.small_group_outlets as is_small_group,
        int_as_of.reporting_currency,
        cast(coalesce(priced.monthly_net_amount_lost, 0) as decimal(18, 2)) as monthly_net_amount_lost
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
