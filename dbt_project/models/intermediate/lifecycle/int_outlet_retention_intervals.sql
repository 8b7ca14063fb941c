-- grain: outlet that counts and interval of months [month_from, month_to) of one standing, from its first order on
-- standing: new, first_seen (its first order here, but maybe not ever), retained, resurrected (ordered in the month);
-- lost (in the month before only); dormant (in neither);
-- late_lost, late_dormant: the same, but nobody vouches for the month's end, so an order may still come
with int_outlet_activity_months as (

    select
        outlet_id,
        month_start,
        previous_month_start,
        next_month_start
    from {{ ref('int_outlet_activity_months') }}

),

int_outlet_first_orders as (

    select
        outlet_id,
        is_first_known
    from {{ ref('int_outlet_first_orders') }}

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
        {{ add_months("cast(date_trunc('month', as_of_date) as date)", 1) }} as month_after
    from {{ ref('int_as_of') }}

),

described as (

    select
        months.outlet_id,
        months.month_start,
        months.previous_month_start,
        first_orders.is_first_known,
        {{ add_months('months.month_start', 1) }} as following_month,
        {{ add_months('months.month_start', 2) }} as second_month,
        coalesce(months.next_month_start, int_as_of.month_after) as ordered_again,
        -- the first month whose end nobody vouches for
        case
            when int_outlet_known.unknown_from <= int_as_of.as_of_date
                then cast(date_trunc('month', int_outlet_known.unknown_from) as date)
            else int_as_of.month_after
        end as late_from
    from int_outlet_activity_months as months
    cross join int_as_of
    inner join int_outlet_first_orders as first_orders
        on months.outlet_id = first_orders.outlet_id
    inner join int_outlet_known
        on months.outlet_id = int_outlet_known.outlet_id

),

ordered as (

    select
        outlet_id,
        case
            when previous_month_start is null and is_first_known then 'new'
            when previous_month_start is null then 'first_seen'
            when {{ add_months('previous_month_start', 1) }} = month_start then 'retained'
            else 'resurrected'
        end as standing,
        month_start as month_from,
        following_month as month_to
    from described

),

missed as (

    select
        outlet_id,
        case when following_month < late_from then 'lost' else 'late_lost' end as standing,
        following_month as month_from,
        second_month as month_to
    from described
    where following_month < ordered_again

),

dormant as (

    select
        outlet_id,
        'dormant' as standing,
        second_month as month_from,
        least(ordered_again, late_from) as month_to
    from described
    where second_month < least(ordered_again, late_from)

),

late_dormant as (

    select
        outlet_id,
        'late_dormant' as standing,
        greatest(second_month, late_from) as month_from,
        ordered_again as month_to
    from described
    where greatest(second_month, late_from) < ordered_again

),

final as (

    select * from ordered
    union all
    select * from missed
    union all
    select * from dormant
    union all
    select * from late_dormant

)

select * from final
