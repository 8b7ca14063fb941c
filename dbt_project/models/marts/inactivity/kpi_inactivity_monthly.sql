-- grain: month, window and cell; counts of the month's last day, or of the business date while it is not over
-- counts, flows and amounts add up over cells, not over windows; of months only flows and net_amount_lost add up
-- shares do not add up: divide the sums of their numerators and denominators
with int_inactivity_month_changes as (

    select *
    from {{ ref('int_inactivity_month_changes') }}

),

int_cells as (

    select *
    from {{ ref('int_cells') }}

),

int_as_of as (

    select
        as_of_date,
        cast(date_trunc('month', first_business_date) as date) as first_month_start,
        {{ add_months("cast(date_trunc('month', as_of_date) as date)", 1) }} as month_after,
        reporting_currency
    from {{ ref('int_as_of') }}

),

rules as (

    select cast(value as integer) as small_group_outlets
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'
        and parameter = 'small_group_outlets'

),

published_months as (

    select
        {{ add_months('month_start', 1) }} as month_start,
        window_days
    from {{ ref('stg_month_ends_published') }}
    group by
        month_start,
        window_days

),

running as (

    select
        *,
        sum(active_change) over cell_months as active_outlets,
        sum(lapsed_change) over cell_months as lapsed_outlets,
        sum(never_ordered_change) over cell_months as never_ordered_outlets,
        sum(unknown_change) over cell_months as unknown_outlets,
        sum(doubtful_change) over cell_months as doubtful_outlets,
        sum(daily_net_amount_change) over cell_months as daily_net_amount,
        sum(silence_start_change) over cell_months as silence_start,
        lead(month_start) over cell_months as next_month_start
    from int_inactivity_month_changes
    window
        cell_months as (
            partition by cell_number, window_days
            order by month_start
        )

),

held as (

    select
        running.*,
        int_as_of.as_of_date,
        int_as_of.first_month_start,
        int_as_of.reporting_currency,
        running.active_outlets + running.lapsed_outlets + running.never_ordered_outlets + running.unknown_outlets
        > 0 as is_inhabited,
        {{ months_between('running.month_start', 'coalesce(running.next_month_start, int_as_of.month_after)') }}
            as months_to_next
    from running
    cross join int_as_of

),

-- months without a change repeat the one before; an empty cell has a row for the month in which it emptied and no more
repeated as (

    select
        held.*,
        {{ every_number(0, 'case when held.is_inhabited then held.months_to_next - 1 else 0 end') }} as months_after
    from held

),

dated as (

    select
        {{ all_but('repeated', ['month_start']) }},
        months_after = 0 as is_changed,
        {{ add_months('month_start', 'months_after') }} as month_start,
        least({{ add_days(add_months('month_start', 'months_after + 1'), -1) }}, as_of_date) as month_end
    from repeated

),

opened as (

    select
        dated.*,
        case
            when dated.is_changed then dated.lapsed_outlets - dated.lapsed_change
            else dated.lapsed_outlets
        end as opening_lapsed_outlets,
        published_months.month_start is not null as is_opening_published
    from dated
    left join published_months
        on
            dated.month_start = published_months.month_start
            and dated.window_days = published_months.window_days

),

measured as (

    select
        {{ all_but('', ['published_opening_lapsed_outlets']) }},
        -- a cell without a row in a month that was published was empty then
        case
            when not is_opening_published then opening_lapsed_outlets
            when is_changed then published_opening_lapsed_outlets
            else 0
        end as published_opening_lapsed_outlets,
        case
            when is_changed
                then
                    (daily_net_amount - daily_net_amount_change) * ({{ days_between('month_start', 'month_end') }} + 1)
                    + month_net_amount_change
            else daily_net_amount * ({{ days_between('month_start', 'month_end') }} + 1)
        end as net_amount_lost,
        daily_net_amount * {{ days_between("date '1900-01-01'", 'month_end') }}
        - silence_start as net_amount_lost_to_date,
        active_outlets + lapsed_outlets + never_ordered_outlets as known_outlets
    from opened

),

final as (

    select
        measured.month_start,
        measured.month_end,
        measured.window_days,
        int_cells.feed,
        int_cells.beat_id,
        int_cells.rep_id,
        int_cells.distributor_id,
        int_cells.territory,
        int_cells.region,
        int_cells.country,
        int_cells.channel,
        int_cells.abc_class,
        cast(measured.known_outlets + measured.unknown_outlets as bigint) as universe_outlets,
        cast(measured.active_outlets as bigint) as active_outlets,
        cast(measured.lapsed_outlets + measured.never_ordered_outlets as bigint) as inactive_outlets,
        cast(measured.lapsed_outlets as bigint) as lapsed_outlets,
        cast(measured.never_ordered_outlets as bigint) as never_ordered_outlets,
        cast(measured.unknown_outlets as bigint) as unknown_outlets,
        cast(measured.doubtful_outlets as bigint) as doubtful_outlets,
        cast(
            measured.lapsed_outlets + measured.never_ordered_outlets - measured.doubtful_outlets as bigint
        ) as inactive_outlets_low,
        cast(
            measured.lapsed_outlets + measured.never_ordered_outlets + measured.unknown_outlets as bigint
        ) as inactive_outlets_high,
        cast(measured.published_opening_lapsed_outlets as bigint) as published_opening_lapsed_outlets,
        cast(
            measured.opening_lapsed_outlets - measured.published_opening_lapsed_outlets as bigint
        ) as restated_outlets,
        cast(measured.opening_lapsed_outlets as bigint) as opening_lapsed_outlets,
        case when measured.is_changed then measured.newly_inactive_outlets else 0 end as newly_inactive_outlets,
        case when measured.is_changed then measured.reactivated_outlets else 0 end as reactivated_outlets,
        case when measured.is_changed then measured.entered_universe_outlets else 0 end as entered_universe_outlets,
        case when measured.is_changed then measured.left_universe_outlets else 0 end as left_universe_outlets,
        case when measured.is_changed then measured.moved_in_outlets else 0 end as moved_in_outlets,
        case when measured.is_changed then measured.moved_out_outlets else 0 end as moved_out_outlets,
        case when measured.is_changed then measured.became_known_outlets else 0 end as became_known_outlets,
        case when measured.is_changed then measured.became_unknown_outlets else 0 end as became_unknown_outlets,
        cast(measured.lapsed_outlets as bigint) as closing_lapsed_outlets,
        cast(
            100.0 * (measured.lapsed_outlets + measured.never_ordered_outlets)
            / nullif(measured.known_outlets + measured.unknown_outlets, 0) as decimal(18, 1)
        ) as percent_of_universe,
        cast(
            100.0 * (measured.lapsed_outlets + measured.never_ordered_outlets)
            / nullif(measured.active_outlets, 0) as decimal(18, 1)
        ) as percent_of_active,
        cast(measured.known_outlets as bigint) as known_outlets,
        {{ wilson_low('measured.lapsed_outlets', 'measured.known_outlets') }} as lapsed_share_low,
        {{ wilson_high('measured.lapsed_outlets', 'measured.known_outlets') }} as lapsed_share_high,
        measured.known_outlets < rules.small_group_outlets as is_small_group,
        measured.reporting_currency,
        cast(measured.net_amount_lost as decimal(18, 2)) as net_amount_lost,
        cast(measured.net_amount_lost_to_date as decimal(18, 2)) as net_amount_lost_to_date
    from measured
    inner join int_cells
        on measured.cell_number = int_cells.cell_number
    cross join rules
    -- of the time before the first order that any feed holds nothing is known but openings
    where measured.month_start >= measured.first_month_start

)

select * from final
