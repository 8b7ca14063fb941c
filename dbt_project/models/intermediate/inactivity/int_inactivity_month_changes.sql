-- grain: cell, window and month in which something of the cell changes; what kpi_inactivity_monthly sums up
-- flows are of lapsed outlets, each in the cell in which the outlet is lapsed
-- money as changes too: a lapse adds a rate per day and its end takes it away, so no outlet is multiplied by months
with int_cell_events as (

    select
        outlet_id,
        cell_number,
        window_days,
        event_date,
        status,
        is_doubtful,
        direction,
        other_status
    from {{ ref('int_cell_events') }}

),

int_outlet_run_rates as (

    select
        outlet_id,
        last_order_date,
        daily_net_amount
    from {{ ref('int_outlet_run_rates') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

-- lapsed before and after the day: a flow only where the cell is another one; a doubtful lapse that becomes certain
-- is none, nor is a new assignment to the same cell
continued as (

    select
        outlet_id,
        cell_number,
        window_days,
        event_date,
        'lapsed' as status,
        sum(direction) as direction,
        cast(sum(case when is_doubtful then direction else 0 end) as integer) as doubtful_change,
        case when sum(direction) = 0 then 'lapsed' else 'moved' end as other_status
    from int_cell_events
    where
        status = 'lapsed'
        and other_status in ('lapsed', 'moved')
    group by
        outlet_id,
        cell_number,
        window_days,
        event_date

),

-- each change of a lapsed outlet once
lapsed as (

    select
        outlet_id,
        cell_number,
        window_days,
        event_date,
        status,
        direction,
        case when is_doubtful then direction else 0 end as doubtful_change,
        other_status
    from int_cell_events
    where
        status = 'lapsed'
        and other_status not in ('lapsed', 'moved')
    union all
    select * from continued

),

silences as (

    select
        outlet_id,
        last_order_date,
        -- without an exchange rate nothing is known of its worth
        coalesce(daily_net_amount, 0) as daily_net_amount,
        coalesce(
            lead(last_order_date) over (partition by outlet_id order by last_order_date), date '9999-12-31'
        ) as next_last_order_date
    from int_outlet_run_rates

),

-- only a lapse has a price; the others are not part of the join, where they would all stand under one empty key
priced as (

    select
        {{ all_but('lapsed', ['outlet_id']) }},
        coalesce(silences.daily_net_amount, 0) * lapsed.direction as daily_net_amount_change,
        coalesce({{ days_between("date '1900-01-01'", 'silences.last_order_date') }}, 0) as last_order_day_number
    from lapsed
    left join silences
        on
            lapsed.outlet_id = silences.outlet_id
            and lapsed.event_date > silences.last_order_date
            and lapsed.event_date <= silences.next_last_order_date

),

unioned as (

    select * from priced
    union all
    select
        cell_number,
        window_days,
        event_date,
        status,
        direction,
        case when is_doubtful then direction else 0 end as doubtful_change,
        other_status,
        0 as daily_net_amount_change,
        0 as last_order_day_number
    from int_cell_events
    where status != 'lapsed'

),

dated as (

    select
        *,
        cast(date_trunc('month', event_date) as date) as month_start
    from unioned

),

bounded as (

    select
        dated.cell_number,
        dated.window_days,
        dated.month_start,
        dated.event_date,
        least(
            {{ add_days(add_months('dated.month_start', 1), -1) }}, int_as_of.as_of_date
        ) as month_end,
        dated.status,
        dated.direction,
        dated.doubtful_change,
        dated.other_status,
        dated.daily_net_amount_change,
        dated.last_order_day_number,
        0 as published_opening
    from dated
    cross join int_as_of

),

-- what was first said of the end of a month is the published opening of the next
published_openings as (

    select
        published.cell_number,
        published.window_days,
        {{ add_months('published.month_start', 1) }} as month_start,
        {{ add_months('published.month_start', 1) }} as event_date,
        {{ add_months('published.month_start', 1) }} as month_end,
        'published' as status,
        0 as direction,
        0 as doubtful_change,
        'published' as other_status,
        0 as daily_net_amount_change,
        0 as last_order_day_number,
        published.lapsed_outlets as published_opening
    from {{ ref('stg_month_ends_published') }} as published
    inner join int_as_of
        on {{ add_months('published.month_start', 1) }} <= int_as_of.as_of_date
    where published.lapsed_outlets > 0

),

changes as (

    select * from bounded
    union all
    select * from published_openings

),

final as (

    select
        cell_number,
        window_days,
        month_start,
        cast(sum(case when status = 'active' then direction else 0 end) as integer) as active_change,
        cast(sum(case when status = 'lapsed' then direction else 0 end) as integer) as lapsed_change,
        cast(sum(case when status = 'never_ordered' then direction else 0 end) as integer) as never_ordered_change,
        cast(sum(case when status = 'unknown' then direction else 0 end) as integer) as unknown_change,
        cast(sum(doubtful_change) as integer) as doubtful_change,
        count(*) filter (
            where status = 'lapsed' and direction = 1 and other_status = 'active'
        ) as newly_inactive_outlets,
        count(*) filter (
            where status = 'lapsed' and direction = -1 and other_status = 'active'
        ) as reactivated_outlets,
        count(*) filter (
            where status = 'lapsed' and direction = 1 and other_status = 'out'
        ) as entered_universe_outlets,
        count(*) filter (
            where status = 'lapsed' and direction = -1 and other_status = 'out'
        ) as left_universe_outlets,
        count(*) filter (where status = 'lapsed' and direction = 1 and other_status = 'moved') as moved_in_outlets,
        count(*) filter (where status = 'lapsed' and direction = -1 and other_status = 'moved') as moved_out_outlets,
        count(*) filter (
            where status = 'lapsed' and direction = 1 and other_status = 'unknown'
        ) as became_known_outlets,
        count(*) filter (
            where status = 'lapsed' and direction = -1 and other_status = 'unknown'
        ) as became_unknown_outlets,
        cast(sum(daily_net_amount_change) as decimal(28, 4)) as daily_net_amount_change,
        -- from the day of the change to the end of its month
        cast(
            sum(daily_net_amount_change * ({{ days_between('event_date', 'month_end') }} + 1)) as decimal(28, 4)
        ) as month_net_amount_change,
        -- rate times day number of the last order: with the rates it tells what was lost since then on any day
        cast(sum(daily_net_amount_change * last_order_day_number) as decimal(28, 4)) as silence_start_change,
        cast(sum(published_opening) as integer) as published_opening_lapsed_outlets
    from changes
    group by
        cell_number,
        window_days,
        month_start

)

select * from final
