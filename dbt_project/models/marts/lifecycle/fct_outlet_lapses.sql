-- grain: outlet and lapse, those that ended included: what it cost, and what had eroded before
-- amounts add up over outlets; changes are a month's, losses negative, and add up to change_net_amount to the cent:
-- between the two spans before the last order by fewer orders, fewer lines an order, less a line, lower prices; then by
-- the stop itself
with int_outlet_lapses as (

    select *
    from {{ ref('int_outlet_lapses') }}

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

int_outlet_order_days as (

    select
        outlet_id,
        business_date,
        orders,
        order_lines,
        quantity,
        net_amount
    from {{ ref('int_outlet_order_days') }}

),

int_as_of as (

    select
        as_of_date,
        reporting_currency
    from {{ ref('int_as_of') }}

),

rules as (

    select
        max(case when parameter = 'erosion_days' then cast(value as integer) end) as erosion_days,
        max(case when parameter = 'risk_days' then cast(value as integer) end) as risk_days,
        max(case when parameter = 'volume_days' then cast(value as integer) end) as volume_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

days as (

    select
        coalesce(int_outlet_links.counted_outlet_id, order_days.outlet_id) as outlet_id,
        order_days.business_date,
        order_days.orders,
        order_days.order_lines,
        order_days.quantity,
        coalesce(order_days.net_amount, 0) as net_amount
    from int_outlet_order_days as order_days
    left join int_outlet_links
        on order_days.outlet_id = int_outlet_links.outlet_id

),

placed as (

    select
        lapses.outlet_id,
        lapses.last_order_date,
        days.orders,
        days.order_lines,
        days.quantity,
        days.net_amount,
        case
            when days.business_date <= {{ add_days('lapses.last_order_date', '-rules.erosion_days') }} then 'before'
            when days.business_date <= lapses.last_order_date then 'last'
            else 'after'
        end as span
    from int_outlet_lapses as lapses
    cross join rules
    inner join days
        on
            lapses.outlet_id = days.outlet_id
            and days.business_date > {{ add_days('lapses.last_order_date', '-2 * rules.erosion_days') }}
            and (
                days.business_date <= lapses.last_order_date
                or (
                    days.business_date >= lapses.returned_on
                    and days.business_date < {{ add_days('lapses.returned_on', 'rules.volume_days') }}
                )
            )
    cross join int_as_of
    where days.business_date <= int_as_of.as_of_date

),

summed as (

    select
        outlet_id,
        last_order_date,
        cast(sum(case when span = 'before' then orders else 0 end) as double) as orders_before,
        cast(sum(case when span = 'last' then orders else 0 end) as double) as orders_last,
        cast(sum(case when span = 'before' then order_lines else 0 end) as double) as lines_before,
        cast(sum(case when span = 'last' then order_lines else 0 end) as double) as lines_last,
        cast(coalesce(sum(case when span = 'before' then quantity end), 0) as double) as quantity_before,
        cast(coalesce(sum(case when span = 'last' then quantity end), 0) as double) as quantity_last,
        sum(case when span = 'before' then net_amount else 0 end) as amount_before,
        sum(case when span = 'last' then net_amount else 0 end) as amount_last,
        sum(case when span = 'after' then net_amount end) as amount_after
    from placed
    group by
        outlet_id,
        last_order_date

),

-- a month's worth; an outlet that is too young for the first span has only stopped
monthly as (

    select
        summed.*,
        rules.volume_days,
        cast(30 as double) / rules.erosion_days as month_share,
        summed.orders_before > 0 as has_before,
        summed.lines_before > 0 and summed.lines_last > 0 as has_lines,
        summed.quantity_before > 0 and summed.quantity_last > 0
        and summed.lines_before > 0 and summed.lines_last > 0 as has_quantities,
        cast(summed.amount_before * 30 / rules.erosion_days as decimal(18, 2)) as monthly_before,
        cast(summed.amount_last * 30 / rules.erosion_days as decimal(18, 2)) as monthly_last
    from summed
    cross join rules

),

-- each factor in turn goes from what it was to what it became
effects as (

    select
        *,
        case when has_before then monthly_last - monthly_before else 0 end as eroded,
        case
            when has_before
                then {{ as_decimal('month_share * (orders_last - orders_before) * amount_before / orders_before') }}
            else 0
        end as frequency_effect,
        case
            when has_before and has_lines
                then {{ as_decimal(
                    'month_share * (lines_last - orders_last * lines_before / orders_before)'
                    ~ ' * amount_before / lines_before'
                ) }}
            else 0
        end as range_effect,
        case
            when has_before and has_quantities
                then {{ as_decimal(
                    'month_share * (quantity_last - lines_last * quantity_before / lines_before)'
                    ~ ' * amount_before / quantity_before'
                ) }}
            else 0
        end as measured_drop_size_effect
    from monthly

),

-- what is left is the price; without quantities nobody can tell it from the size of the drop
settled as (

    select
        *,
        case
            when has_quantities then measured_drop_size_effect
            else eroded - frequency_effect - range_effect
        end as drop_size_effect,
        case
            when has_quantities then eroded - frequency_effect - range_effect - measured_drop_size_effect
            else 0
        end as price_effect
    from effects

),

final as (

    select
        lapses.outlet_id,
        lapses.last_order_date,
        lapses.lapsed_on,
        lapses.returned_on,
        lapses.days_silent,
        lapses.is_holdout,
        int_as_of.reporting_currency,
        cast(lapses.daily_net_amount * 30 as decimal(18, 2)) as monthly_net_amount_before,
        cast(lapses.daily_net_amount * lapses.days_silent as decimal(18, 2)) as net_amount_lost,
        case
            when lapses.returned_on is null
                then cast(lapses.daily_net_amount * rules.risk_days as decimal(18, 2))
        end as net_amount_at_risk,
        case when lapses.returned_on is not null then cast(settled.amount_after as decimal(18, 2)) end
            as net_amount_revived,
        -- of the days since the return, as many as are past
        case
            when lapses.returned_on is not null
                then cast(
                    settled.amount_after * 30 / least(
                        rules.volume_days, {{ days_between('lapses.returned_on', 'int_as_of.as_of_date') }} + 1
                    ) as decimal(18, 2)
                )
        end as monthly_net_amount_after,
        cast(
            -case when settled.has_before then settled.monthly_before else settled.monthly_last end as decimal(18, 2)
        ) as change_net_amount,
        cast(settled.frequency_effect as decimal(18, 2)) as frequency_effect,
        cast(settled.range_effect as decimal(18, 2)) as range_effect,
        cast(settled.drop_size_effect as decimal(18, 2)) as drop_size_effect,
        cast(settled.price_effect as decimal(18, 2)) as price_effect,
        cast(-settled.monthly_last as decimal(18, 2)) as stop_effect
    from int_outlet_lapses as lapses
    cross join int_as_of
    cross join rules
    left join settled
        on
            lapses.outlet_id = settled.outlet_id
            and lapses.last_order_date = settled.last_order_date

)

select * from final
