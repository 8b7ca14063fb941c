-- grain: outlet that counts and order day: its own order cycle as its gaps up to that day tell it
-- the ten most recent gaps count; an outlet with too few takes its channel's cycle of the month before, else the rule's
with int_outlet_spells as (

    select
        *,
        cast(date_trunc('month', business_date) as date) as month_start
    from {{ ref('int_outlet_spells') }}

),

channels as (

    select
        outlet_id,
        channel
    from {{ ref('int_outlet_assignments_dated') }}
    where valid_to is null

),

int_channel_cycles as (

    select
        channel,
        month_start,
        median_gap_days
    from {{ ref('int_channel_cycles') }}

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

final as (

    select
        spells.outlet_id,
        spells.business_date,
        spells.gap_days,
        spells.next_order_date,
        spells.known_gaps,
        cast(
            case
                when spells.known_gaps >= rules.min_gaps then spells.median_gap_days
                else coalesce(int_channel_cycles.median_gap_days, rules.default_days)
            end as double
        ) as cycle_days,
        case
            when spells.known_gaps >= rules.min_gaps then 'own'
            when int_channel_cycles.median_gap_days is not null then 'channel'
            else 'default'
        end as cycle_source,
        case
            when spells.known_gaps >= rules.min_gaps then round(spells.gap_spread_days / spells.median_gap_days, 2)
        end as cycle_irregularity
    from int_outlet_spells as spells
    cross join rules
    left join channels
        on spells.outlet_id = channels.outlet_id
    left join int_channel_cycles
        on
            channels.channel = int_channel_cycles.channel
            and spells.month_start = int_channel_cycles.month_start

)

select * from final
