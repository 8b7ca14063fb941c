-- grain: outlet that counts and interval [in_from, in_to) in which it is open, cut at the day after the business date
-- open from the earlier of its opening date and its first order; closed until it orders again or its master says so
-- nothing is told of days before its feed began: an outlet without an order then may have had many
with int_outlets_unioned as (

    select
        feed,
        outlet_id,
        opened_on
    from {{ ref('int_outlets_unioned') }}

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

int_outlet_versions as (

    select
        outlet_id,
        closed_on,
        lead(valid_from) over (partition by outlet_id order by valid_from nulls first) as next_valid_from
    from {{ ref('int_outlet_versions') }}

),

int_outlet_spells as (

    select
        outlet_id,
        business_date
    from {{ ref('int_outlet_spells') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

-- whether an order counts or not: its feed was there
feed_starts as (

    select
        int_feed_watermarks.feed,
        int_feed_watermarks.first_order_date as began_on
    from {{ ref('int_feed_watermarks') }} as int_feed_watermarks
    inner join int_as_of
        on int_feed_watermarks.first_order_date <= int_as_of.as_of_date

),

first_orders as (

    select
        outlet_id,
        min(business_date) as first_order_date
    from int_outlet_spells
    group by outlet_id

),

-- an outlet under several numbers opened when the first of them did
first_openings as (

    select
        coalesce(int_outlet_links.counted_outlet_id, int_outlets_unioned.outlet_id) as outlet_id,
        min(int_outlets_unioned.opened_on) as opened_on
    from int_outlets_unioned
    left join int_outlet_links
        on int_outlets_unioned.outlet_id = int_outlet_links.outlet_id
    group by coalesce(int_outlet_links.counted_outlet_id, int_outlets_unioned.outlet_id)

),

opened as (

    select
        int_outlets_unioned.outlet_id,
        first_orders.first_order_date,
        int_as_of.as_of_date,
        coalesce(
            least(first_openings.opened_on, first_orders.first_order_date),
            first_openings.opened_on,
            first_orders.first_order_date,
            feed_starts.began_on,
            int_as_of.as_of_date
        ) as opened_on,
        first_openings.opened_on as stated_opened_on,
        -- a number that it had in an older feed may have ordered before
        coalesce(
            least(feed_starts.began_on, first_orders.first_order_date), int_as_of.as_of_date
        ) as feed_began_on
    from int_outlets_unioned
    cross join int_as_of
    left join int_outlet_links
        on int_outlets_unioned.outlet_id = int_outlet_links.outlet_id
    left join first_openings
        on int_outlets_unioned.outlet_id = first_openings.outlet_id
    left join first_orders
        on int_outlets_unioned.outlet_id = first_orders.outlet_id
    left join feed_starts
        on int_outlets_unioned.feed = feed_starts.feed
    where int_outlet_links.outlet_id is null

),

-- the days on which a version of the master says that the outlet is closed
stated_closures as (

    select
        outlet_id,
        closed_on as closed_from,
        coalesce(next_valid_from, date '9999-12-31') as stated_to
    from int_outlet_versions
    where closed_on < coalesce(next_valid_from, date '9999-12-31')

),

ended_closures as (

    select
        stated_closures.outlet_id,
        stated_closures.closed_from,
        least(
            stated_closures.stated_to,
            coalesce(min(int_outlet_spells.business_date), date '9999-12-31')
        ) as reopened_on
    from stated_closures
    left join int_outlet_spells
        on
            stated_closures.outlet_id = int_outlet_spells.outlet_id
            and stated_closures.closed_from <= int_outlet_spells.business_date
    group by
        stated_closures.outlet_id,
        stated_closures.closed_from,
        stated_closures.stated_to

),

boundaries as (

    select
        outlet_id,
        closed_from,
        reopened_on
    from ended_closures
    where closed_from < reopened_on
    union all
    select
        outlet_id,
        date '9999-12-31' as closed_from,
        date '9999-12-31' as reopened_on
    from opened

),

between_closures as (

    select
        outlet_id,
        closed_from,
        max(reopened_on) over (
            partition by outlet_id order by closed_from, reopened_on
            rows between unbounded preceding and 1 preceding
        ) as reopened_before
    from boundaries

),

final as (

    select
        opened.outlet_id,
        opened.first_order_date,
        opened.opened_on,
        opened.feed_began_on,
        greatest(opened.opened_on, opened.feed_began_on) as told_from,
        coalesce(opened.stated_opened_on >= opened.feed_began_on, false) as is_seen_from_opening,
        greatest(opened.opened_on, coalesce(between_closures.reopened_before, opened.opened_on)) as in_from,
        least(between_closures.closed_from, {{ add_days('opened.as_of_date', 1) }}) as in_to
    from opened
    inner join between_closures
        on opened.outlet_id = between_closures.outlet_id
    where
        greatest(opened.opened_on, coalesce(between_closures.reopened_before, opened.opened_on))
        < least(between_closures.closed_from, {{ add_days('opened.as_of_date', 1) }})

)

select * from final
