-- grain: window, channel and tenure band, on the business date of the run
-- outlets and visits add up over channels and bands, not over windows: visits are the same in each
with int_outlet_openings as (

    select
        outlet_id,
        opened_on,
        in_to
    from {{ ref('int_outlet_openings') }}

),

int_outlet_activity_intervals as (

    select
        outlet_id,
        window_days,
        status,
        valid_from,
        valid_to
    from {{ ref('int_outlet_activity_intervals') }}

),

int_outlet_cells as (

    select
        outlet_id,
        channel,
        valid_from,
        valid_to
    from {{ ref('int_outlet_cells') }}

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

stg_visits as (

    select
        outlet_id,
        visited_on
    from {{ ref('stg_visits') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

rules as (

    select cast(value as integer) as attention_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'
        and parameter = 'attention_days'

),

bounds as (

    select 0 as from_months
    union all
    select cast(value as integer) as from_months
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'
        and parameter = 'tenure_band_months'

),

bands as (

    select
        from_months,
        lead(from_months) over (order by from_months) as to_months
    from bounds

),

banded as (

    select
        int_outlet_openings.outlet_id,
        int_outlet_cells.channel,
        bands.from_months,
        bands.to_months
    from int_outlet_openings
    cross join int_as_of
    inner join bands
        on
            {{ add_months('int_outlet_openings.opened_on', 'bands.from_months') }} <= int_as_of.as_of_date
            and (
                bands.to_months is null
                or {{ add_months('int_outlet_openings.opened_on', 'bands.to_months') }} > int_as_of.as_of_date
            )
    inner join int_outlet_cells
        on
            int_outlet_openings.outlet_id = int_outlet_cells.outlet_id
            and int_outlet_cells.valid_from <= int_as_of.as_of_date
            and int_outlet_cells.valid_to > int_as_of.as_of_date
    -- open on the business date
    where int_outlet_openings.in_to > int_as_of.as_of_date

),

visited as (

    select
        coalesce(int_outlet_links.counted_outlet_id, stg_visits.outlet_id) as outlet_id,
        count(*) as visits
    from stg_visits
    cross join rules
    inner join int_as_of
        on
            stg_visits.visited_on <= int_as_of.as_of_date
            and stg_visits.visited_on > int_as_of.as_of_date - rules.attention_days
    left join int_outlet_links
        on stg_visits.outlet_id = int_outlet_links.outlet_id
    group by coalesce(int_outlet_links.counted_outlet_id, stg_visits.outlet_id)

),

counted as (

    select
        intervals.window_days,
        banded.channel,
        banded.from_months,
        banded.to_months,
        int_as_of.as_of_date,
        cast(count(*) as bigint) as outlets,
        count(*) filter (where intervals.status = 'active') as active_outlets,
        count(*) filter (where intervals.status = 'lapsed') as lapsed_outlets,
        count(*) filter (where intervals.status = 'never_ordered') as never_ordered_outlets,
        count(*) filter (where intervals.status = 'unknown') as unknown_outlets,
        count(visited.outlet_id) as visited_outlets,
        cast(coalesce(sum(visited.visits), 0) as bigint) as visits
    from banded
    cross join int_as_of
    inner join int_outlet_activity_intervals as intervals
        on
            banded.outlet_id = intervals.outlet_id
            and intervals.valid_from <= int_as_of.as_of_date
            and intervals.valid_to > int_as_of.as_of_date
    left join visited
        on banded.outlet_id = visited.outlet_id
    group by
        intervals.window_days,
        banded.channel,
        banded.from_months,
        banded.to_months,
        int_as_of.as_of_date

),

final as (

    select
        as_of_date,
        window_days,
        channel,
        case
            when to_months is null then 'over ' || from_months || ' months'
            else from_months || '-' || to_months || ' months'
        end as tenure_band,
        from_months,
        outlets,
        active_outlets,
        lapsed_outlets,
        never_ordered_outlets,
        unknown_outlets,
        visited_outlets,
        visits,
        cast(
            100.0 * outlets / sum(outlets) over (partition by window_days, channel) as decimal(5, 1)
        ) as percent_of_outlets,
        cast(
            100.0 * visits / nullif(sum(visits) over (partition by window_days, channel), 0) as decimal(5, 1)
        ) as percent_of_visits
    from counted

)

select * from final
