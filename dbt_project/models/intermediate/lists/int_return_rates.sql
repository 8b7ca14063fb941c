-- grain: channel and band of silence: of outlets that were silent as long, how many ordered again soon after
-- the base rate of a return; a band holds up to the next one
with int_outlet_spells as (

    select
        outlet_id,
        business_date,
        next_order_date
    from {{ ref('int_outlet_spells') }}

),

int_outlets_today as (

    select
        outlet_id,
        channel
    from {{ ref('int_outlets_today') }}

),

int_outlet_known as (

    select
        outlet_id,
        known_to
    from {{ ref('int_outlet_known') }}

),

bands as (

    select cast(value as integer) as band_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'
        and parameter = 'return_band_days'

),

rules as (

    select max(case when parameter = 'return_days' then cast(value as integer) end) as return_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

-- silences that reached the band long enough ago to know what came of it
reached as (

    select
        int_outlets_today.channel,
        bands.band_days,
        case
            when
                {{ days_between('spells.business_date', 'spells.next_order_date') }}
                <= bands.band_days + rules.return_days
                then 1
            else 0
        end as has_returned
    from int_outlet_spells as spells
    inner join bands
        on
            spells.next_order_date is null
            or {{ days_between('spells.business_date', 'spells.next_order_date') }} > bands.band_days
    cross join rules
    inner join int_outlet_known
        on
            spells.outlet_id = int_outlet_known.outlet_id
            and {{ add_days('spells.business_date', 'bands.band_days + rules.return_days') }}
            <= int_outlet_known.known_to
    inner join int_outlets_today
        on spells.outlet_id = int_outlets_today.outlet_id

),

counted as (

    select
        channel,
        band_days,
        count(*) as silences,
        sum(has_returned) as returns
    from reached
    group by
        channel,
        band_days

),

final as (

    select
        channel,
        band_days,
        lead(band_days, 1, 100000) over (partition by channel order by band_days) as next_band_days,
        silences,
        cast(returns as bigint) as returns,
        cast(1.0 * returns / silences as decimal(5, 4)) as return_share,
        {{ wilson_low('returns', 'silences') }} as return_share_low,
        {{ wilson_high('returns', 'silences') }} as return_share_high
    from counted

)

select * from final
