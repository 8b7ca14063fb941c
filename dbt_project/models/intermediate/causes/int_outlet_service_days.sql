-- grain: outlet that counts and day on which something was done for it or went wrong
-- sums that add up over days and outlets
with int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

int_visits_matched as (

    select
        counted_outlet_id as outlet_id,
        planned_on,
        visited_on,
        has_order
    from {{ ref('int_visits_matched') }}

),

int_order_deliveries as (

    select
        outlet_id,
        business_date,
        ordered_quantity,
        delivered_quantity
    from {{ ref('int_order_deliveries') }}

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

int_coupons_matched as (

    select
        counted_outlet_id as outlet_id,
        issued_on as business_date
    from {{ ref('int_coupons_matched') }}

),

int_orders_qualified as (

    select
        outlet_id,
        business_date,
        ordered_through
    from {{ ref('int_orders_qualified') }}
    where ordered_through is not null

),

baskets as (

    select
        outlet_id,
        distributor_id,
        first_order_date,
        last_order_date,
        product_id,
        share_of_lines
    from {{ ref('int_outlet_baskets') }}

),

self_service as (

    select value as ordered_through
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'
        and parameter = 'self_service_word'

),

-- products and days: two stock-outs of one product that overlap count once
short_days as (

    select
        stock_outs.distributor_id,
        stock_outs.product_id,
        {{ every_day(
            'stock_outs.starts_on', 'least(coalesce(stock_outs.ends_on, int_as_of.as_of_date), int_as_of.as_of_date)'
        ) }} as business_date
    from {{ ref('stg_stock_outs') }} as stock_outs
    cross join int_as_of
    where stock_outs.starts_on <= int_as_of.as_of_date

),

distinct_short_days as (

    select
        distributor_id,
        product_id,
        business_date
    from short_days
    group by
        distributor_id,
        product_id,
        business_date

),

unioned as (

    select
        outlet_id,
        planned_on as business_date,
        {{ service_row({
            'planned_visits': '1', 'planned_visits_done': 'case when visited_on is not null then 1 else 0 end'
        }) }}
    from int_visits_matched
    where planned_on is not null
    union all
    select
        outlet_id,
        visited_on as business_date,
        {{ service_row({'visits': '1', 'visits_with_order': 'case when has_order then 1 else 0 end'}) }}
    from int_visits_matched
    where visited_on is not null
    union all
    select
        outlet_id,
        business_date,
        {{ service_row({'ordered_quantity': 'ordered_quantity', 'delivered_quantity': 'delivered_quantity'}) }}
    from int_order_deliveries
    union all
    select
        outlet_id,
        business_date,
        {{ service_row({'coupons': '1'}) }}
    from int_coupons_matched
    union all
    select
        coalesce(int_outlet_links.counted_outlet_id, orders.outlet_id) as outlet_id,
        orders.business_date,
        {{ service_row({
            'told_orders': '1',
            'assisted_orders': 'case when self_service.ordered_through is null then 1 else 0 end'
        }) }}
    from int_orders_qualified as orders
    left join int_outlet_links
        on orders.outlet_id = int_outlet_links.outlet_id
    left join self_service
        on orders.ordered_through = self_service.ordered_through
    union all
    select
        baskets.outlet_id,
        distinct_short_days.business_date,
        {{ service_row({'short_share': 'baskets.share_of_lines'}) }}
    from baskets
    inner join distinct_short_days
        on
            baskets.distributor_id = distinct_short_days.distributor_id
            and baskets.product_id = distinct_short_days.product_id
            -- it misses nothing before its first order or after its last one
            and distinct_short_days.business_date between baskets.first_order_date and baskets.last_order_date

),

final as (

    select
        unioned.outlet_id,
        unioned.business_date,
        {{ service_sums() }}
    from unioned
    inner join int_as_of
        on unioned.business_date <= int_as_of.as_of_date
    group by
        unioned.outlet_id,
        unioned.business_date

)

select * from final
