-- grain: feed, channel, month of the first order, whether it is known to be the first, and months since then
-- the channel is that of the end of the first month, so that a cohort keeps its outlets
-- outlets and amounts add up over feeds, channels and cohorts; amounts alone over months since
with int_outlet_activity_months as (

    select
        outlet_id,
        month_start,
        first_month_start,
        net_amount
    from {{ ref('int_outlet_activity_months') }}

),

int_outlet_first_orders as (

    select
        outlet_id,
        is_first_known
    from {{ ref('int_outlet_first_orders') }}

),

int_outlet_cell_months as (

    select
        feed,
        outlet_id,
        month_from,
        month_to,
        channel
    from {{ ref('int_outlet_cell_months') }}

),

int_outlet_known as (

    select
        outlet_id,
        unknown_from
    from {{ ref('int_outlet_known') }}

),

int_as_of as (

    select
        as_of_date,
        cast(date_trunc('month', as_of_date) as date) as newest_month_start,
        {{ add_months("cast(date_trunc('month', as_of_date) as date)", 1) }} as month_after,
        reporting_currency
    from {{ ref('int_as_of') }}

),

joined as (

    select
        first_months.outlet_id,
        cells.feed,
        cells.channel,
        first_months.month_start as cohort_month,
        first_orders.is_first_known,
        -- the first month whose end nobody vouches for
        case
            when int_outlet_known.unknown_from <= int_as_of.as_of_date
                then cast(date_trunc('month', int_outlet_known.unknown_from) as date)
            else int_as_of.month_after
        end as late_from
    from int_outlet_activity_months as first_months
    cross join int_as_of
    inner join int_outlet_first_orders as first_orders
        on first_months.outlet_id = first_orders.outlet_id
    inner join int_outlet_cell_months as cells
        on
            first_months.outlet_id = cells.outlet_id
            and first_months.month_start >= cells.month_from
            and first_months.month_start < cells.month_to
    inner join int_outlet_known
        on first_months.outlet_id = int_outlet_known.outlet_id
    where first_months.month_start = first_months.first_month_start

),

sizes as (

    select
        feed,
        channel,
        cohort_month,
        is_first_known,
        cast(count(*) as bigint) as cohort_outlets
    from joined
    group by
        feed,
        channel,
        cohort_month,
        is_first_known

),

late as (

    select
        joined.feed,
        joined.channel,
        joined.cohort_month,
        joined.is_first_known,
        joined.late_from,
        count(*) as outlets
    from joined
    cross join int_as_of
    where joined.late_from < int_as_of.month_after
    group by
        joined.feed,
        joined.channel,
        joined.cohort_month,
        joined.is_first_known,
        joined.late_from

),

ordered as (

    select
        joined.feed,
        joined.channel,
        joined.cohort_month,
        joined.is_first_known,
        months.month_start,
        cast(count(*) as bigint) as active_outlets,
        count(*) filter (where months.month_start >= joined.late_from) as late_active_outlets,
        sum(months.net_amount) as net_amount
    from int_outlet_activity_months as months
    inner join joined
        on months.outlet_id = joined.outlet_id
    group by
        joined.feed,
        joined.channel,
        joined.cohort_month,
        joined.is_first_known,
        months.month_start

),

-- months in which nobody of the cohort ordered have a row too
spread as (

    select
        sizes.*,
        int_as_of.as_of_date,
        int_as_of.reporting_currency,
        {{ every_number(0, months_between('sizes.cohort_month', 'int_as_of.newest_month_start')) }} as months_since
    from sizes
    cross join int_as_of

),

dated as (

    select
        *,
        {{ add_months('cohort_month', 'months_since') }} as month_start,
        {{ add_days(add_months('cohort_month', 'months_since + 1'), -1) }} as month_end
    from spread

),

late_by_month as (

    select
        dated.feed,
        dated.channel,
        dated.cohort_month,
        dated.is_first_known,
        dated.month_start,
        sum(late.outlets) as late_outlets
    from dated
    inner join late
        on
            dated.feed = late.feed
            and dated.channel = late.channel
            and dated.cohort_month = late.cohort_month
            and dated.is_first_known = late.is_first_known
            and dated.month_start >= late.late_from
    group by
        dated.feed,
        dated.channel,
        dated.cohort_month,
        dated.is_first_known,
        dated.month_start

),

final as (

    select
        dated.feed,
        dated.channel,
        dated.cohort_month,
        dated.is_first_known,
        cast(dated.months_since as integer) as months_since,
        dated.month_start,
        dated.month_end <= dated.as_of_date as is_full_month,
        dated.cohort_outlets,
        coalesce(ordered.active_outlets, 0) as active_outlets,
        cast(
            coalesce(late_by_month.late_outlets, 0) - coalesce(ordered.late_active_outlets, 0) as bigint
        ) as unknown_outlets,
        cast(
            coalesce(cast(ordered.active_outlets as double), 0) / dated.cohort_outlets as decimal(5, 4)
        ) as active_share,
        dated.reporting_currency,
        cast(coalesce(ordered.net_amount, 0) as decimal(18, 2)) as net_amount
    from dated
    left join ordered
        on
            dated.feed = ordered.feed
            and dated.channel = ordered.channel
            and dated.cohort_month = ordered.cohort_month
            and dated.is_first_known = ordered.is_first_known
            and dated.month_start = ordered.month_start
    left join late_by_month
        on
            dated.feed = late_by_month.feed
            and dated.channel = late_by_month.channel
            and dated.cohort_month = late_by_month.cohort_month
            and dated.is_first_known = late_by_month.is_first_known
            and dated.month_start = late_by_month.month_start

)

select * from final
