-- grain: outlet that counts, rule set, order day and interval of the spell under one set of thresholds
-- only spells that matter: silent up to the first limit, or begun by a return after a silence, or not yet over
with int_outlet_cycles as (

    select
        outlet_id,
        business_date,
        gap_days,
        coalesce(next_order_date, date '9999-12-31') as next_order_date,
        cycle_days
    from {{ ref('int_outlet_cycles') }}

),

int_outlet_thresholds as (

    select *
    from {{ ref('int_outlet_thresholds') }}

),

limits as (

    select
        spells.outlet_id,
        thresholds.rule_set,
        spells.business_date as last_order_date,
        spells.gap_days as gap_before_days,
        spells.next_order_date,
        greatest(spells.business_date, thresholds.valid_from) as valid_from,
        least(spells.next_order_date, thresholds.valid_to) as valid_to,
        spells.cycle_days,
        thresholds.rule_version,
        thresholds.recovered_days,
        {{ ladder_limits('thresholds', 'spells.cycle_days') }}
    from int_outlet_cycles as spells
    inner join int_outlet_thresholds as thresholds
        on
            spells.outlet_id = thresholds.outlet_id
            and spells.business_date < thresholds.valid_to
            and thresholds.valid_from < spells.next_order_date

),

final as (

    select *
    from limits
    where
        {{ days_between('last_order_date', 'next_order_date') }} > almost_inactive_after_days
        or gap_before_days >= inactive_after_days

)

select * from final
