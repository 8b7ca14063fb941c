-- grain: outlet that counts and order day: its own order cycle as its gaps up to that day tell it
-- the ten most recent gaps count; an outlet with too few takes its channel's cycle of the month before, else the rule's
with int_outlet_spells as (

    select
        outlet_id,
        business_date,
        gap_days
    from {{ ref('int_outlet_spells') }}

),

channels as (

    select
        outlet_id,
        channel
    from {{ ref('int_outlet_assignments_dated') }}
    where valid_to is null

),

rules as (

    select
        max(case when parameter = 'cycle_min_gaps' then cast(value as integer) end) as min_gaps,
        max(case when parameter = 'cycle_default_days' then cast(value as double) end) as default_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

windowed as (

    select
        outlet_id,
        business_date,
        gap_days,
        cast(date_trunc('month', business_date) as date) as month_start,
        count(gap_days) over recent as known_gaps,
        median(gap_days) over recent as median_gap_days,
        quantile_cont(gap_days, 0.75) over recent - quantile_cont(gap_days, 0.25) over recent as gap_spread_days
    from int_outlet_spells
    window
        recent as (
            partition by outlet_id order by business_date
            rows between 9 preceding and current row
        )

),

channel_months as (

    select
        channels.channel,
        {{ add_months('windowed.month_start', 1) }} as month_start,
        median(windowed.gap_days) as median_gap_days
    from windowed
    inner join channels
        on windowed.outlet_id = channels.outlet_id
    where windowed.gap_days is not null
    group by
        channels.channel,
        windowed.month_start

),

final as (

    select
        windowed.outlet_id,
        windowed.business_date,
        windowed.known_gaps,
        cast(
            case
                when windowed.known_gaps >= rules.min_gaps then windowed.median_gap_days
                else coalesce(channel_months.median_gap_days, rules.default_days)
            end as double
        ) as cycle_days,
        case
            when windowed.known_gaps >= rules.min_gaps then 'own'
            when channel_months.median_gap_days is not null then 'channel'
            else 'default'
        end as cycle_source,
        case
            when windowed.known_gaps >= rules.min_gaps
                then round(windowed.gap_spread_days / windowed.median_gap_days, 2)
        end as cycle_irregularity
    from windowed
    cross join rules
    left join channels
        on windowed.outlet_id = channels.outlet_id
    left join channel_months
        on
            channels.channel = channel_months.channel
            and windowed.month_start = channel_months.month_start

)

select * from final
