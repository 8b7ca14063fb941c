-- grain: order and outlet and business date that it names or named, of orders that arrived or changed since the last
-- publish on a day whose figures were published by then
with int_orders_arrived_versions as (

    select *
    from {{ ref('int_orders_arrived_versions') }}

),

-- a header may be found after its lines; the order then stands on the header, whatever its lines say
told_apart as (

    select
        *,
        {{ latest_version(['order_id', 'line_number'], 'updated_at') }} as is_latest,
        {{ latest_version(['order_id', 'line_number', 'was_published'], 'updated_at') }} as is_latest_of_its_time
    from int_orders_arrived_versions

),

now as (

    select *
    from told_apart
    where is_latest

),

published as (

    select *
    from told_apart
    where
        was_published
        and is_latest_of_its_time

),

changed as (

    select
        now.order_id,
        now.line_number,
        now._loaded_at
    from now
    left join published
        on
            now.order_id = published.order_id
            and now.line_number is not distinct from published.line_number
    where
        not now.was_published
        and (
            published.order_id is null
            or now.outlet_id is distinct from published.outlet_id
            or now.business_date is distinct from published.business_date
            or now.order_status is distinct from published.order_status
            or now.order_type is distinct from published.order_type
            or now.net_amount is distinct from published.net_amount
        )

),

published_orders as (

    select order_id
    from published
    group by order_id

),

changed_orders as (

    select
        changed.order_id,
        max(changed._loaded_at) as loaded_at,
        max(published_orders.order_id) is not null as order_was_published
    from changed
    left join published_orders
        on changed.order_id = published_orders.order_id
    group by changed.order_id

),

sides as (

    select
        feed,
        order_id,
        outlet_id,
        business_date,
        published_as_of_date,
        order_status,
        order_type,
        1 as is_now,
        0 as is_published
    from now
    union all
    select
        feed,
        order_id,
        outlet_id,
        business_date,
        published_as_of_date,
        order_status,
        order_type,
        0 as is_now,
        1 as is_published
    from published

),

final as (

    select
        sides.feed,
        sides.order_id,
        sides.outlet_id,
        sides.business_date,
        changed_orders.loaded_at,
        max(sides.is_now) = 1 as is_now,
        max(sides.is_published) = 1 as was_published,
        changed_orders.order_was_published,
        min(case when sides.is_now = 1 and sides.order_status != 'cancelled' then 0 else 1 end) = 1 as is_cancelled
    from sides
    inner join changed_orders
        on sides.order_id = changed_orders.order_id
    where
        sides.outlet_id is not null
        and sides.business_date <= sides.published_as_of_date
    group by
        sides.feed,
        sides.order_id,
        sides.outlet_id,
        sides.business_date,
        changed_orders.loaded_at,
        changed_orders.order_was_published

)

select * from final
