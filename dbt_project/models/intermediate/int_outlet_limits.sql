-- grain: outlet that counts, rule set, order day and interval of the spell under one set of thresholds
-- the limits in days of silence: from which day on the outlet is almost inactive, inactive, lost
with int_outlet_spells as (

    select
        outlet_id,
        business_date,
        gap_days,
        coalesce(next_order_date, date '9999-12-31') as next_order_date
    from {{ ref('int_outlet_spells') }}

),

int_outlet_cycles as (

    select
        outlet_id,
        business_date,
        cycle_days
    from {{ ref('int_outlet_cycles') }}

),

int_outlet_thresholds as (

    select *
    from {{ ref('int_outlet_thresholds') }}

),

final as (

    select
        spells.outlet_id,
        thresholds.rule_set,
        thresholds.rule_version,
        spells.business_date as last_order_date,
        spells.gap_days as gap_before_days,
        spells.next_order_date,
        greatest(spells.business_date, thresholds.valid_from) as valid_from,
        least(spells.next_order_date, thresholds.valid_to) as valid_to,
        int_outlet_cycles.cycle_days,
        thresholds.new_days,
        thresholds.recovered_days,
        -- more than so many cycles have passed: the first whole day behind them
        cast(
            coalesce(thresholds.lost_days, floor(thresholds.lost_cycles * int_outlet_cycles.cycle_days) + 1) as integer
        ) as lost_after_days,
        cast(
            coalesce(thresholds.inactive_days, floor(thresholds.inactive_cycles * int_outlet_cycles.cycle_days) + 1)
            as integer
        ) as inactive_after_days,
        cast(
            coalesce(
                thresholds.inactive_days - thresholds.almost_inactive_days,
                floor(thresholds.almost_inactive_cycles * int_outlet_cycles.cycle_days) + 1
            ) as integer
        ) as almost_inactive_after_days
    from int_outlet_spells as spells
    inner join int_outlet_cycles
        on
            spells.outlet_id = int_outlet_cycles.outlet_id
            and spells.business_date = int_outlet_cycles.business_date
    inner join int_outlet_thresholds as thresholds
        on
            spells.outlet_id = thresholds.outlet_id
            and spells.business_date < thresholds.valid_to
            and thresholds.valid_from < spells.next_order_date

)

select * from final
