-- grain: outlet and business date with a qualifying order, days past the business date of the run included
{{ config(pre_hook="{{ replace_touched(ref('int_order_days_touched'), ['outlet_id', 'business_date']) }}") }}
-- depends_on: {{ ref('int_order_days_touched') }}
with orders as (

    select
        orders.feed,
        orders.order_id,
        orders.outlet_id,
        orders.business_date,
        orders.net_amount,
        orders.quantity,
        orders.order_lines,
        orders.distinct_products
    from {{ ref('int_orders_qualified') }} as orders
    {% if is_incremental() %}
    semi join {{ ref('int_order_days_touched') }} as touched
        on
            orders.outlet_id = touched.outlet_id
            and orders.business_date = touched.business_date
    {% endif %}

),

daily as (

    select
        feed,
        outlet_id,
        business_date,
        count(*) as orders,
        cast(sum(order_lines) as bigint) as order_lines,
        max(distinct_products) as distinct_products,
        cast(sum(quantity) as decimal(18, 3)) as quantity,
        cast(sum(net_amount) as decimal(18, 2)) as net_amount
    from orders
    group by
        feed,
        outlet_id,
        business_date

),

-- most days hold one order, whose own count of products will do; only shared days are counted over lines
shared_orders as (

    select
        orders.outlet_id,
        orders.business_date,
        orders.feed,
        substr(orders.order_id, length(orders.feed) + 2) as source_order_id
    from orders
    semi join daily
        on
            orders.outlet_id = daily.outlet_id
            and orders.business_date = daily.business_date
            and daily.orders > 1

),

shared_versions as (

    select
        shared_orders.outlet_id,
        shared_orders.business_date,
        {{ all_but('versions', ['outlet_id']) }}
    from {{ ref('stg_order_line_versions') }} as versions
    inner join shared_orders
        on
            versions.feed = shared_orders.feed
            and versions.order_id = shared_orders.source_order_id
    qualify {{ latest_version(['versions.feed', 'versions.order_id', 'line_number'], 'updated_at') }}

),

shared_products as (

    select
        outlet_id,
        business_date,
        count(distinct product_id) as distinct_products
    from shared_versions
    group by
        outlet_id,
        business_date

),

final as (

    select
        daily.feed,
        daily.outlet_id,
        daily.business_date,
        daily.orders,
        daily.order_lines,
        cast(coalesce(shared_products.distinct_products, daily.distinct_products) as bigint) as distinct_products,
        daily.quantity,
        daily.net_amount
    from daily
    left join shared_products
        on
            daily.outlet_id = shared_products.outlet_id
            and daily.business_date = shared_products.business_date

)

select * from final
