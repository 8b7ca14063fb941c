-- grain: outlet; ABC class by share of value over the days of the rule, up to the business date
with int_outlet_order_days as (

    select
        outlet_id,
        business_date,
        net_amount
    from {{ ref('int_outlet_order_days') }}

),

int_outlets_unioned as (

    select outlet_id
    from {{ ref('int_outlets_unioned') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

cuts as (

    select
        max(case when parameter = 'abc_a_percent' then cast(value as decimal(9, 4)) end) as a_percent,
        max(case when parameter = 'abc_b_percent' then cast(value as decimal(9, 4)) end) as b_percent,
        max(case when parameter = 'abc_days' then cast(value as integer) end) as abc_days
    from {{ ref('rules') }}
    where
        rule_set = 'standard'
        and scope = 'default'
        and parameter in ('abc_a_percent', 'abc_b_percent', 'abc_days')

),

values_of_outlets as (

    select
        int_outlet_order_days.outlet_id,
        sum(int_outlet_order_days.net_amount) as net_amount
    from int_outlet_order_days
    cross join int_as_of
    cross join cuts
    where int_outlet_order_days.business_date > int_as_of.as_of_date - cuts.abc_days
    group by int_outlet_order_days.outlet_id

),

ranked as (

    select
        outlet_id,
        net_amount,
        sum(net_amount) over () as total_net_amount,
        -- value of the larger outlets before this one: the one that crosses a cut still belongs above it
        coalesce(
            sum(net_amount) over (
                order by net_amount desc, outlet_id
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as larger_net_amount
    from values_of_outlets
    where net_amount is not null

),

final as (

    select
        int_outlets_unioned.outlet_id,
        case
            when ranked.outlet_id is null then 'none'
            when ranked.larger_net_amount * 100 < ranked.total_net_amount * cuts.a_percent then 'A'
            when ranked.larger_net_amount * 100 < ranked.total_net_amount * cuts.b_percent then 'B'
            else 'C'
        end as abc_class
    from int_outlets_unioned
    cross join cuts
    left join ranked
        on int_outlets_unioned.outlet_id = ranked.outlet_id

)

select * from final
