-- grain: outlet that counts, rule set and interval [valid_from, valid_to) of one set of thresholds
with int_outlet_rule_profiles as (

    select *
    from {{ ref('int_outlet_rule_profiles') }}

),

int_rule_periods as (

    select *
    from {{ ref('int_rule_periods') }}

),

final as (

    select
        profiles.outlet_id,
        profiles.rule_set,
        greatest(profiles.valid_from, periods.valid_from) as valid_from,
        least(profiles.valid_to, periods.valid_to) as valid_to,
        periods.rule_version,
        periods.almost_inactive_days,
        periods.inactive_days,
        periods.lost_days,
        periods.almost_inactive_cycles,
        periods.inactive_cycles,
        periods.lost_cycles,
        periods.new_days,
        periods.recovered_days
    from int_outlet_rule_profiles as profiles
    inner join int_rule_periods as periods
        on
            profiles.rule_set = periods.rule_set
            and profiles.channel_key = periods.channel_key
            and profiles.class_key = periods.class_key
            and profiles.outlet_key = periods.outlet_key
            and profiles.valid_from < periods.valid_to
            and periods.valid_from < profiles.valid_to

)

select * from final
