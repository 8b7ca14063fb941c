-- grain: as_of_date (month ends and the business date), rule set, state and rep
-- outlets and amounts add up over states and reps, not over dates or rule sets; shares do not add up
-- an interval of a state counts where it holds a month's end, so no outlet is multiplied by months
with int_outlet_states as (

    select
        outlet_id,
        rule_set,
        state,
        valid_from,
        valid_to
    from {{ ref('int_outlet_states') }}

),

int_outlet_cell_months as (

    select
        outlet_id,
        rep_id,
        month_from,
        month_to
    from {{ ref('int_outlet_cell_months') }}

),

int_outlet_activity_months as (

    select
        outlet_id,
        month_start,
        net_amount
    from {{ ref('int_outlet_activity_months') }}

),

int_outlet_spells as (

    select
        outlet_id,
        business_date,
        net_amount
    from {{ ref('int_outlet_spells') }}

),

int_as_of as (

    select
        as_of_date,
        first_business_date,
        cast(date_trunc('month', as_of_date) as date) as newest_month_start,
        {{ add_months("cast(date_trunc('month', as_of_date) as date)", 1) }} as month_after,
        {{ add_months('as_of_date', -12) }} as year_before,
        {{ add_months("cast(date_trunc('month', as_of_date) as date)", -11) }} as twelve_months_from,
        reporting_currency
    from {{ ref('int_as_of') }}

),

states_in_months as (

    select
        int_outlet_states.outlet_id,
        int_outlet_states.rule_set,
        int_outlet_states.state,
        cast(date_trunc('month', int_outlet_states.valid_from) as date) as month_from,
        case
            when int_outlet_states.valid_to <= int_as_of.as_of_date
                then cast(date_trunc('month', int_outlet_states.valid_to) as date)
            else int_as_of.month_after
        end as month_to
    from int_outlet_states
    cross join int_as_of

),

placed as (

    select
        states.outlet_id,
        states.rule_set,
        states.state,
        cells.rep_id,
        greatest(states.month_from, cells.month_from) as month_from,
        least(states.month_to, cells.month_to) as month_to
    from states_in_months as states
    inner join int_outlet_cell_months as cells
        on
            states.outlet_id = cells.outlet_id
            and states.month_from < cells.month_to
            and cells.month_from < states.month_to
    where states.month_from < states.month_to

),

-- a month's sales count for itself and the eleven months after it
sales_changes as (

    select
        outlet_id,
        month_start,
        net_amount as net_amount_change
    from int_outlet_activity_months
    union all
    select
        outlet_id,
        {{ add_months('month_start', 12) }} as month_start,
        -net_amount as net_amount_change
    from int_outlet_activity_months
    union all
    -- on a business date within a month the year begins within a month too
    select
        days.outlet_id,
        int_as_of.newest_month_start as month_start,
        days.net_amount as net_amount_change
    from int_outlet_spells as days
    inner join int_as_of
        on
            days.business_date > int_as_of.year_before
            and days.business_date < int_as_of.twelve_months_from
    where {{ add_days('int_as_of.as_of_date', 1) }} < int_as_of.month_after

),

summed_changes as (

    select
        outlet_id,
        month_start,
        sum(net_amount_change) as net_amount_change
    from sales_changes
    group by
        outlet_id,
        month_start

),

-- what the outlet bought in the twelve months up to each month from month_from on
yearly_sales as (

    select
        outlet_id,
        month_start as month_from,
        coalesce(
            lead(month_start) over (partition by outlet_id order by month_start), date '9999-12-01'
        ) as month_to,
        sum(net_amount_change) over (partition by outlet_id order by month_start) as net_amount
    from summed_changes

),

valued as (

    select
        placed.rule_set,
        placed.state,
        placed.rep_id,
        greatest(placed.month_from, yearly_sales.month_from) as month_from,
        least(placed.month_to, yearly_sales.month_to) as month_to,
        yearly_sales.net_amount
    from placed
    inner join yearly_sales
        on
            placed.outlet_id = yearly_sales.outlet_id
            and placed.month_from < yearly_sales.month_to
            and yearly_sales.month_from < placed.month_to
    where yearly_sales.net_amount != 0

),

counted as (

    select
        rule_set,
        state,
        rep_id,
        month_from,
        month_to,
        1 as outlets,
        0 as net_amount
    from placed
    union all
    select
        rule_set,
        state,
        rep_id,
        month_from,
        month_to,
        0 as outlets,
        net_amount
    from valued

),

directions as (

    select 1 as direction
    union all
    select -1 as direction

),

-- what begins in a month and what ends in it
changes as (

    select
        counted.rule_set,
        counted.state,
        counted.rep_id,
        case when directions.direction = 1 then counted.month_from else counted.month_to end as month_start,
        sum(counted.outlets * directions.direction) as outlets_change,
        sum(counted.net_amount * directions.direction) as net_amount_change
    from counted
    cross join directions
    group by
        counted.rule_set,
        counted.state,
        counted.rep_id,
        case when directions.direction = 1 then counted.month_from else counted.month_to end

),

running as (

    select
        rule_set,
        state,
        rep_id,
        month_start,
        sum(outlets_change) over state_months as outlets,
        sum(net_amount_change) over state_months as net_amount,
        lead(month_start) over state_months as next_month_start
    from changes
    window state_months as (partition by rule_set, state, rep_id order by month_start)

),

-- months without a change repeat the one before
repeated as (

    select
        running.rule_set,
        running.state,
        running.rep_id,
        running.outlets,
        running.net_amount,
        running.month_start as changed_month,
        int_as_of.as_of_date as newest_date,
        int_as_of.first_business_date,
        int_as_of.reporting_currency,
        {{ every_number(
            0,
            months_between('running.month_start', 'coalesce(running.next_month_start, int_as_of.month_after)') ~ ' - 1'
        ) }} as months_after
    from running
    cross join int_as_of
    where
        running.outlets > 0
        and running.month_start < int_as_of.month_after

),

dated as (

    select
        least({{ add_days(add_months('changed_month', 'months_after + 1'), -1) }}, newest_date) as as_of_date,
        rule_set,
        state,
        rep_id,
        outlets,
        net_amount,
        reporting_currency,
        first_business_date
    from repeated

),

totalled as (

    select
        *,
        sum(case when state != 'closed' then outlets end) over (
            partition by as_of_date, rule_set, rep_id
        ) as rep_outlets,
        sum(case when state != 'closed' then net_amount end) over (
            partition by as_of_date, rule_set, rep_id
        ) as rep_net_amount
    from dated

),

final as (

    select
        as_of_date,
        rule_set,
        state,
        rep_id,
        cast(outlets as bigint) as outlets,
        cast(coalesce(rep_outlets, 0) as bigint) as rep_outlets,
        cast(
            case when state != 'closed' then 100.0 * outlets / rep_outlets end as decimal(5, 1)
        ) as percent_of_outlets,
        reporting_currency,
        cast(net_amount as decimal(18, 2)) as net_amount_last_year,
        cast(
            case when state != 'closed' then 100.0 * net_amount / nullif(rep_net_amount, 0) end as decimal(5, 1)
        ) as percent_of_net_amount
    from totalled
    -- of the time before the first order that any feed holds nothing is known but openings
    where as_of_date >= first_business_date

)

select * from final
