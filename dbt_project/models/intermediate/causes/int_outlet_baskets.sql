-- grain: outlet that counts and product that it bought in the basket_days before its last order
-- only outlets whose basket is asked for: silent or endangered ones, and those whose distributor ever ran out of stock
with outlets as (

    select
        outlet_id,
        distributor_id,
        first_order_date,
        last_order_date
    from {{ ref('int_outlets_watched') }}
    where
        last_order_date is not null
        and (
            is_silent
            or is_endangered
            or distributor_id in (select distributor_id from {{ ref('stg_stock_outs') }})
        )

),

int_orders_qualified as (

    select
        feed,
        order_id,
        outlet_id,
        business_date
    from {{ ref('int_orders_qualified') }}

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

rules as (

    select max(case when parameter = 'basket_days' then cast(value as integer) end) as basket_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

orders as (

    select
        outlets.*,
        int_orders_qualified.feed,
        int_orders_qualified.business_date,
        substr(int_orders_qualified.order_id, length(int_orders_qualified.feed) + 2) as source_order_id
    from int_orders_qualified
    left join int_outlet_links
        on int_orders_qualified.outlet_id = int_outlet_links.outlet_id
    inner join outlets
        on
            coalesce(int_outlet_links.counted_outlet_id, int_orders_qualified.outlet_id) = outlets.outlet_id
            and int_orders_qualified.business_date <= outlets.last_order_date
    cross join rules
    where {{ days_between('int_orders_qualified.business_date', 'outlets.last_order_date') }} < rules.basket_days

),

-- the lines of these orders alone: comparing the versions of all lines would take longer than the rest of the lists
lines as (

    select
        orders.outlet_id,
        orders.distributor_id,
        orders.first_order_date,
        orders.last_order_date,
        orders.business_date,
        versions.feed,
        versions.product_id,
        versions.quantity,
        versions.net_amount,
        versions.order_status
    from {{ ref('stg_order_line_versions') }} as versions
    inner join orders
        on
            versions.feed = orders.feed
            and versions.order_id = orders.source_order_id
    qualify {{ latest_version(['versions.feed', 'versions.order_id', 'line_number'], 'updated_at') }}

),

bought as (

    select
        outlet_id,
        distributor_id,
        first_order_date,
        last_order_date,
        {{ global_id('product_id', 'feed') }} as product_id,
        count(*) as order_lines,
        sum(quantity) as quantity,
        sum(net_amount) as source_net_amount,
        max(business_date) as last_bought_on,
        bool_or(business_date = last_order_date) as is_in_last_order
    from lines
    where
        product_id is not null
        and coalesce(order_status, 'open') != 'cancelled'
    group by
        outlet_id,
        distributor_id,
        first_order_date,
        last_order_date,
        feed,
        product_id

),

final as (

    select
        *,
        cast(1.0 * order_lines / sum(order_lines) over (partition by outlet_id) as decimal(9, 6)) as share_of_lines,
        row_number() over (
            partition by outlet_id order by source_net_amount desc, product_id
        ) as place
    from bought

)

select * from final
