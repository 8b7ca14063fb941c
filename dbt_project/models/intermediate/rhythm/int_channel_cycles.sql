-- grain: channel and month for which it holds: the median gap of its outlets in the month before
with int_outlet_spells as (

    select
        outlet_id,
        cast(date_trunc('month', business_date) as date) as month_start,
        gap_days
    from {{ ref('int_outlet_spells') }}
    where gap_days is not null

),

channels as (

    select
        outlet_id,
        channel
    from {{ ref('int_outlet_assignments_dated') }}
    where valid_to is null

),

final as (

    select
        channels.channel,
        {{ add_months('int_outlet_spells.month_start', 1) }} as month_start,
        median(int_outlet_spells.gap_days) as median_gap_days
    from int_outlet_spells
    inner join channels
        on int_outlet_spells.outlet_id = channels.outlet_id
    group by
        channels.channel,
        int_outlet_spells.month_start

)

select * from final
