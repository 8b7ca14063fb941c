-- grain: rule set, profile and period [valid_from, valid_to): the thresholds that hold for it
-- a profile is what of channel, class and outlet the rules tell apart (`*` where they do not)
-- of several rules that fit the most specific wins: outlet, class, channel, default
with rules as (

    select
        rule_set,
        scope,
        coalesce(scope_value, '') as scope_value,
        valid_from,
        rule_version,
        parameter,
        cast(value as double) as threshold,
        lead(valid_from) over (
            partition by rule_set, scope, scope_value, parameter order by valid_from, rule_version
        ) as valid_to
    from {{ ref('rules') }}
    where rule_set != 'general'

),

profiles as (

    select
        rule_set,
        channel_key,
        class_key,
        outlet_key
    from {{ ref('int_outlet_rule_profiles') }}
    group by
        rule_set,
        channel_key,
        class_key,
        outlet_key

),

starts as (

    select
        rule_set,
        valid_from
    from rules
    group by
        rule_set,
        valid_from

),

periods as (

    select
        rule_set,
        valid_from,
        coalesce(lead(valid_from) over (partition by rule_set order by valid_from), date '9999-12-31') as valid_to
    from starts

),

fitting as (

    select
        profiles.*,
        periods.valid_from,
        periods.valid_to,
        rules.parameter,
        rules.threshold,
        rules.rule_version,
        row_number() over (
            partition by
                profiles.rule_set, profiles.channel_key, profiles.class_key, profiles.outlet_key,
                periods.valid_from, rules.parameter
            order by
                case rules.scope when 'outlet' then 1 when 'class' then 2 when 'channel' then 3 else 4 end,
                rules.rule_version desc
        ) as place
    from profiles
    inner join periods
        on profiles.rule_set = periods.rule_set
    inner join rules
        on
            profiles.rule_set = rules.rule_set
            and rules.valid_from <= periods.valid_from
            and coalesce(rules.valid_to, date '9999-12-31') > periods.valid_from
            and (
                rules.scope = 'default'
                or (rules.scope = 'channel' and rules.scope_value = profiles.channel_key)
                or (rules.scope = 'class' and rules.scope_value = profiles.class_key)
                or (rules.scope = 'outlet' and rules.scope_value = profiles.outlet_key)
            )

),

final as (

    select
        rule_set,
        channel_key,
        class_key,
        outlet_key,
        valid_from,
        valid_to,
        max(rule_version) as rule_version,
        max(case when parameter = 'almost_inactive_days' then threshold end) as almost_inactive_days,
        max(case when parameter = 'inactive_days' then threshold end) as inactive_days,
        max(case when parameter = 'lost_days' then threshold end) as lost_days,
        max(case when parameter = 'almost_inactive_cycles' then threshold end) as almost_inactive_cycles,
        max(case when parameter = 'inactive_cycles' then threshold end) as inactive_cycles,
        max(case when parameter = 'lost_cycles' then threshold end) as lost_cycles,
        cast(max(case when parameter = 'new_days' then threshold end) as integer) as new_days,
        cast(max(case when parameter = 'recovered_days' then threshold end) as integer) as recovered_days
    from fitting
    where place = 1
    group by
        rule_set,
        channel_key,
        class_key,
        outlet_key,
        valid_from,
        valid_to

)

select * from final
