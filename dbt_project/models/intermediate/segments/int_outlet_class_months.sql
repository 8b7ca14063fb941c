-- grain: outlet and month in which it has a class: by its sales of the full months before, so as it was known then
with int_outlet_spells as (

    select
        outlet_id,
        cast(date_trunc('month', business_date) as date) as month_start,
        net_amount
    from {{ ref('int_outlet_spells') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

rules as (

    select
        max(case when parameter = 'abc_mode' then value end) as abc_mode,
        max(case when parameter = 'abc_a_percent' then cast(value as decimal(9, 4)) end) as a_percent,
        max(case when parameter = 'abc_b_percent' then cast(value as decimal(9, 4)) end) as b_percent,
        max(case when parameter = 'abc_months' then cast(value as integer) end) as abc_months
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

offsets as (

    select {{ every_number(0, 60) }} as month_offset

),

monthly as (

    select
        outlet_id,
        month_start,
        sum(net_amount) as net_amount
    from int_outlet_spells
    group by
        outlet_id,
        month_start

),

followed as (

    select
        outlet_id,
        month_start,
        net_amount,
        {{ months_between('month_start', 'lead(month_start) over outlet_months') }} as months_to_next
    from monthly
    window outlet_months as (partition by outlet_id order by month_start)

),

-- the months after one with sales, up to the next one with sales or as far as the rule looks back
spread as (

    select
        followed.outlet_id,
        {{ add_months('followed.month_start', 'offsets.month_offset') }} as month_start,
        case when offsets.month_offset = 0 then followed.net_amount end as net_amount
    from followed
    cross join rules
    inner join offsets
        on
            offsets.month_offset <= rules.abc_months
            and offsets.month_offset < coalesce(followed.months_to_next, rules.abc_months + 1)

),

rolled as (

    select
        spread.outlet_id,
        spread.month_start,
        {{ sum_of_months_before('spread.net_amount', 'spread.outlet_id', 'spread.month_start', 'rules.abc_months') }}
            as net_amount
    from spread
    cross join rules

),

counted as (

    select
        rolled.outlet_id,
        rolled.month_start,
        rolled.net_amount
    from rolled
    inner join int_as_of
        on rolled.month_start <= int_as_of.as_of_date
    where rolled.net_amount is not null

),

ranked as (

    select
        outlet_id,
        month_start,
        sum(net_amount) over (partition by month_start) as total_net_amount,
        count(*) over (partition by month_start) as ranked_outlets,
        row_number() over (partition by month_start order by net_amount desc, outlet_id) as place,
        -- value of the larger outlets before this one: the one that crosses a cut still belongs above it
        coalesce(
            sum(net_amount) over (
                partition by month_start order by net_amount desc, outlet_id
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as larger_net_amount
    from counted

),

shared as (

    select
        ranked.outlet_id,
        ranked.month_start,
        rules.a_percent,
        rules.b_percent,
        case
            when rules.abc_mode = 'rank' then (ranked.place - 1) * 100.0 / ranked.ranked_outlets
            when ranked.total_net_amount = 0 then 0
            else ranked.larger_net_amount * 100.0 / ranked.total_net_amount
        end as percent_above
    from ranked
    cross join rules

),

final as (

    select
        outlet_id,
        month_start,
        case
            when percent_above < a_percent then 'A'
            when percent_above < b_percent then 'B'
            else 'C'
        end as abc_class
    from shared

)

select * from final
