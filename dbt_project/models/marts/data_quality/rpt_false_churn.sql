-- grain: kind and window, on the business date of the run
-- kinds exclude each other and add up; windows overlap and do not
-- each silent outlet has the first kind that fits: links, closed, late_feed, on_hold, hole_only, seasonal, else plain
with int_outlet_spells as (

    select
        outlet_id,
        business_date
    from {{ ref('int_outlet_spells') }}

),

int_outlet_openings as (

    select
        outlet_id,
        in_from,
        in_to
    from {{ ref('int_outlet_openings') }}

),

int_outlet_known as (

    select
        outlet_id,
        unknown_from
    from {{ ref('int_outlet_known') }}

),

int_outlet_activity_intervals as (

    select
        outlet_id,
        window_days,
        valid_from,
        valid_to
    from {{ ref('int_outlet_activity_intervals') }}
    where is_doubtful

),

int_outlets_seasonal as (

    select outlet_id
    from {{ ref('int_outlets_seasonal') }}

),

dim_outlets as (

    select
        outlet_id,
        closed_on,
        last_order_date
    from {{ ref('dim_outlets') }}

),

dim_outlet_links as (

    select
        outlet_id,
        counted_outlet_id,
        kind
    from {{ ref('dim_outlet_links') }}

),

dim_outlet_assignments as (

    select
        outlet_id,
        valid_from,
        valid_to,
        on_hold
    from {{ ref('dim_outlet_assignments') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

windows as (

    select cast(value as integer) as window_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'
        and parameter = 'window_days'

),

last_orders as (

    select
        outlet_id,
        max(business_date) as last_order_date
    from int_outlet_spells
    group by outlet_id

),

open_today as (

    select int_outlet_openings.outlet_id
    from int_outlet_openings
    cross join int_as_of
    where
        int_outlet_openings.in_from <= int_as_of.as_of_date
        and int_outlet_openings.in_to > int_as_of.as_of_date

),

held_today as (

    select dim_outlet_assignments.outlet_id
    from dim_outlet_assignments
    cross join int_as_of
    where
        dim_outlet_assignments.on_hold
        and dim_outlet_assignments.valid_from <= int_as_of.as_of_date
        and coalesce(dim_outlet_assignments.valid_to, date '9999-12-31') > int_as_of.as_of_date

),

doubtful_today as (

    select
        intervals.outlet_id,
        intervals.window_days
    from int_outlet_activity_intervals as intervals
    cross join int_as_of
    where
        intervals.valid_from <= int_as_of.as_of_date
        and intervals.valid_to > int_as_of.as_of_date

),

silent as (

    select
        last_orders.outlet_id,
        windows.window_days,
        case
            when open_today.outlet_id is null then 'closed'
            when int_outlet_known.unknown_from <= int_as_of.as_of_date then 'late_feed'
            when held_today.outlet_id is not null then 'on_hold'
            when doubtful_today.outlet_id is not null then 'hole_only'
            when int_outlets_seasonal.outlet_id is not null then 'seasonal'
            else 'plain'
        end as kind
    from last_orders
    cross join int_as_of
    inner join windows
        on {{ days_between('last_orders.last_order_date', 'int_as_of.as_of_date') }} >= windows.window_days
    inner join int_outlet_known
        on last_orders.outlet_id = int_outlet_known.outlet_id
    left join open_today
        on last_orders.outlet_id = open_today.outlet_id
    left join held_today
        on last_orders.outlet_id = held_today.outlet_id
    left join doubtful_today
        on
            last_orders.outlet_id = doubtful_today.outlet_id
            and windows.window_days = doubtful_today.window_days
    left join int_outlets_seasonal
        on last_orders.outlet_id = int_outlets_seasonal.outlet_id

),

-- the numbers of an outlet; the one with its last order stands for it, with or without the links
family_numbers as (

    select
        dim_outlets.outlet_id,
        dim_outlets.closed_on,
        dim_outlets.last_order_date,
        dim_outlet_links.kind,
        row_number() over (
            partition by coalesce(dim_outlet_links.counted_outlet_id, dim_outlets.outlet_id)
            order by dim_outlets.last_order_date desc, dim_outlet_links.kind nulls first, dim_outlets.outlet_id
        ) as place
    from dim_outlets
    left join dim_outlet_links
        on dim_outlets.outlet_id = dim_outlet_links.outlet_id
    where dim_outlets.last_order_date is not null

),

-- without its link a former number would be an outlet that fell silent, unless its own row closes it
linked as (

    select
        family_numbers.outlet_id,
        windows.window_days,
        family_numbers.kind
    from family_numbers
    cross join int_as_of
    inner join windows
        on {{ days_between('family_numbers.last_order_date', 'int_as_of.as_of_date') }} >= windows.window_days
    inner join int_outlet_known
        on family_numbers.outlet_id = int_outlet_known.outlet_id
    where
        family_numbers.place > 1
        and family_numbers.kind is not null
        and int_outlet_known.unknown_from > int_as_of.as_of_date
        and not coalesce(
            family_numbers.closed_on <= int_as_of.as_of_date
            and family_numbers.closed_on > family_numbers.last_order_date,
            false
        )

),

unioned as (

    select * from linked
    union all
    select * from silent

),

kinds as (

    select
        'merged' as kind,
        false as is_counted_as_lapsed
    union all
    select
        'recoded' as kind,
        false as is_counted_as_lapsed
    union all
    select
        'reregistered' as kind,
        false as is_counted_as_lapsed
    union all
    select
        'moved_distributor' as kind,
        false as is_counted_as_lapsed
    union all
    select
        'closed' as kind,
        false as is_counted_as_lapsed
    union all
    select
        'late_feed' as kind,
        false as is_counted_as_lapsed
    union all
    select
        'on_hold' as kind,
        true as is_counted_as_lapsed
    union all
    select
        'hole_only' as kind,
        true as is_counted_as_lapsed
    union all
    select
        'seasonal' as kind,
        true as is_counted_as_lapsed
    union all
    select
        'plain' as kind,
        true as is_counted_as_lapsed

),

final as (

    select
        kinds.kind,
        windows.window_days,
        kinds.is_counted_as_lapsed,
        count(unioned.outlet_id) as outlets
    from kinds
    cross join windows
    left join unioned
        on
            kinds.kind = unioned.kind
            and windows.window_days = unioned.window_days
    group by
        kinds.kind,
        windows.window_days,
        kinds.is_counted_as_lapsed

)

select * from final
