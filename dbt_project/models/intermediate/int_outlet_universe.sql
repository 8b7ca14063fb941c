-- grain: outlet that is in the universe on some day up to the business date: [in_from, in_to), vouched for to known_to
-- opened on the earlier of its opening date and first order; a closure that a later order contradicts is ignored
with int_outlets_unioned as (

    select
        feed,
        outlet_id,
        opened_on,
        closed_on
    from {{ ref('int_outlets_unioned') }}

),

order_range as (

    select
        outlet_id,
        min(business_date) as first_order_date,
        max(business_date) as last_order_date
    from {{ ref('int_outlet_order_days') }}
    group by outlet_id

),

feed_range as (

    select
        feed,
        min(business_date) as first_order_date
    from {{ ref('int_outlet_order_days') }}
    group by feed

),

int_feed_watermarks as (

    select
        feed,
        watermark_date
    from {{ ref('int_feed_watermarks') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

bounded as (

    select
        int_outlets_unioned.feed,
        int_outlets_unioned.outlet_id,
        order_range.first_order_date,
        order_range.last_order_date,
        int_as_of.as_of_date,
        coalesce(
            least(int_outlets_unioned.opened_on, order_range.first_order_date),
            int_outlets_unioned.opened_on,
            order_range.first_order_date,
            feed_range.first_order_date,
            int_as_of.as_of_date
        ) as in_from,
        case
            when order_range.last_order_date >= int_outlets_unioned.closed_on then null
            else int_outlets_unioned.closed_on
        end as closed_on,
        least(coalesce(int_feed_watermarks.watermark_date, int_as_of.as_of_date), int_as_of.as_of_date) as known_to
    from int_outlets_unioned
    cross join int_as_of
    left join order_range
        on int_outlets_unioned.outlet_id = order_range.outlet_id
    left join feed_range
        on int_outlets_unioned.feed = feed_range.feed
    left join int_feed_watermarks
        on int_outlets_unioned.feed = int_feed_watermarks.feed

),

final as (

    select
        feed,
        outlet_id,
        first_order_date,
        last_order_date,
        in_from,
        closed_on,
        known_to,
        as_of_date,
        least(coalesce(closed_on, date '9999-12-31'), {{ add_days('as_of_date', 1) }}) as in_to
    from bounded
    where
        in_from <= as_of_date
        and in_from < coalesce(closed_on, date '9999-12-31')

)

select * from final
