-- grain: visit, planned or not; has_order: an order that counts came of it
-- a feed that names the orders of its visits is taken at its word, else an order of the same day counts
with stg_visits as (

    select
        feed,
        visit_id,
        outlet_id,
        rep_id,
        beat_id,
        planned_on,
        visited_on,
        outcome,
        order_id
    from {{ ref('stg_visits') }}

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

int_orders_qualified as (

    select order_id
    from {{ ref('int_orders_qualified') }}

),

int_outlet_order_days as (

    select
        outlet_id,
        business_date
    from {{ ref('int_outlet_order_days') }}

),

naming_feeds as (

    select feed
    from stg_visits
    where order_id is not null
    group by feed

),

final as (

    select
        visits.feed,
        visits.visit_id,
        visits.outlet_id,
        coalesce(int_outlet_links.counted_outlet_id, visits.outlet_id) as counted_outlet_id,
        visits.rep_id,
        visits.beat_id,
        visits.planned_on,
        visits.visited_on,
        visits.outcome,
        visits.order_id,
        case
            when naming_feeds.feed is not null then int_orders_qualified.order_id is not null
            else int_outlet_order_days.outlet_id is not null
        end as has_order
    from stg_visits as visits
    left join int_outlet_links
        on visits.outlet_id = int_outlet_links.outlet_id
    left join naming_feeds
        on visits.feed = naming_feeds.feed
    left join int_orders_qualified
        on visits.order_id = int_orders_qualified.order_id
    left join int_outlet_order_days
        on
            visits.outlet_id = int_outlet_order_days.outlet_id
            and visits.visited_on = int_outlet_order_days.business_date

)

select * from final
