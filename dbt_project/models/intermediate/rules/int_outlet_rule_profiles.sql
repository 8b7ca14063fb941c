-- grain: outlet that counts, rule set and interval [valid_from, valid_to) in which it has one profile
-- an outlet changes its profile only in what the rules tell apart, so under plain rules it has one for ever
with rules as (

    select
        rule_set,
        scope,
        scope_value
    from {{ ref('rules') }}
    where rule_set != 'general'
    group by
        rule_set,
        scope,
        scope_value

),

rule_sets as (

    select
        rule_set,
        bool_or(scope in ('channel', 'class')) as is_by_cell
    from rules
    group by rule_set

),

outlets as (

    select outlet_id
    from {{ ref('int_outlet_known') }}

),

int_outlet_cells as (

    select
        outlet_id,
        valid_from,
        valid_to,
        channel,
        abc_class
    from {{ ref('int_outlet_cells') }}

),

intervals as (

    select
        rule_sets.rule_set,
        outlets.outlet_id,
        date '1900-01-01' as valid_from,
        date '9999-12-31' as valid_to,
        cast(null as string) as channel,
        cast(null as string) as abc_class
    from outlets
    inner join rule_sets
        on not rule_sets.is_by_cell
    union all
    select
        rule_sets.rule_set,
        int_outlet_cells.outlet_id,
        int_outlet_cells.valid_from,
        int_outlet_cells.valid_to,
        int_outlet_cells.channel,
        int_outlet_cells.abc_class
    from int_outlet_cells
    inner join rule_sets
        on rule_sets.is_by_cell

),

final as (

    select
        intervals.rule_set,
        intervals.outlet_id,
        intervals.valid_from,
        intervals.valid_to,
        coalesce(channel_rules.scope_value, '*') as channel_key,
        coalesce(class_rules.scope_value, '*') as class_key,
        coalesce(outlet_rules.scope_value, '*') as outlet_key
    from intervals
    left join rules as channel_rules
        on
            intervals.rule_set = channel_rules.rule_set
            and channel_rules.scope = 'channel'
            and intervals.channel = channel_rules.scope_value
    left join rules as class_rules
        on
            intervals.rule_set = class_rules.rule_set
            and class_rules.scope = 'class'
            and intervals.abc_class = class_rules.scope_value
    left join rules as outlet_rules
        on
            intervals.rule_set = outlet_rules.rule_set
            and outlet_rules.scope = 'outlet'
            and intervals.outlet_id = outlet_rules.scope_value

)

select * from final
