{{ config(unique_key='order_id', incremental_strategy='delete+insert') }}
-- grain: order of which lines came, their latest versions summed up
-- lines of one delivery that never came again need no comparison of versions: most orders take that way
-- lines are read twice rather than named once: DuckDB would keep what is named, all lines of all time, in memory
-- depends_on: {{ ref('int_orders_touched') }}
with first_sums as (

    select
        {{ order_line_sums() }},
        count(product_id) as distinct_products,
        coalesce({{ distinct_slots('line_number') }}, 0) as line_slots,
        coalesce({{ distinct_slots(hash_number('product_id')) }}, 0) as product_slots,
        coalesce({{ distinct_slots(hash_number('product_id', 1)) }}, 0) as other_product_slots
    from {{ ref('stg_order_line_versions') }} as versions
    {% if is_incremental() %}
    semi join {{ ref('int_orders_touched') }} as touched
        on
            versions.feed = touched.feed
            and versions.order_id = touched.order_id
    {% endif %}
    group by
        versions.feed,
        versions.order_id

),

-- a line, or a product, may be there twice
judged as (

    select
        {{ all_but('first_sums', ['line_slots', 'product_slots', 'other_product_slots']) }},
        line_slots < order_lines
        or (product_slots < distinct_products and other_product_slots < distinct_products) as is_repeated
    from first_sums

),

repeated as (

    select
        feed,
        order_id
    from judged
    where is_repeated

),

latest as (

    select versions.*
    from {{ ref('stg_order_line_versions') }} as versions
    semi join repeated
        on
            versions.feed = repeated.feed
            and versions.order_id = repeated.order_id
    qualify {{ latest_version(['feed', 'order_id', 'line_number'], 'updated_at') }}

),

exact_sums as (

    select
        {{ order_line_sums() }},
        count(distinct product_id) as distinct_products
    from latest
    group by
        feed,
        order_id

),

unioned as (

    select {{ all_but('judged', ['is_repeated']) }}
    from judged
    where not is_repeated
    union all
    select *
    from exact_sums

),

final as (

    select
        feed,
        {{ global_id('order_id', 'feed') }} as order_id,
        {{ global_id('outlet_id', 'feed') }} as outlet_id,
        ordered_on,
        ordered_at,
        {{ global_id('rep_id', 'feed') }} as rep_id,
        {{ global_id('distributor_id', 'feed') }} as distributor_id,
        currency,
        order_type,
        order_status,
        net_amount,
        quantity,
        order_lines,
        distinct_products,
        loaded_at
    from unioned

)

select * from final
