{{ config(unique_key='order_id', incremental_strategy='delete+insert') }}
-- grain: order, delivered as such or derived from its lines; outlet or date are null while only lines without them came
-- build_number and where it stood before tell what the last build changed
-- depends_on: {{ ref('int_orders_touched') }}, {{ ref('int_files_numbered') }}
with headers as (

    select headers.*
    from {{ ref('stg_order_versions') }} as headers
    {% if is_incremental() %}
    semi join {{ ref('int_orders_touched') }} as touched
        on
            headers.feed = touched.feed
            and headers.order_id = touched.order_id
    {% endif %}
    qualify {{ latest_version(['headers.feed', 'headers.order_id'], 'headers.updated_at') }}

),

line_sums as (

    select line_sums.*
    from {{ ref('int_order_line_sums') }} as line_sums
    {% if is_incremental() %}
    semi join {{ ref('int_orders_touched') }} as touched
        on line_sums.order_id = {{ global_id('touched.order_id', 'touched.feed') }}
    {% endif %}

),

delivered as (

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
        ordered_through,
        net_amount,
        promised_on,
        _loaded_at as loaded_at
    from headers

),

-- one row an order, header or not
joined as (

    select
        coalesce(delivered.feed, line_sums.feed) as feed,
        coalesce(delivered.order_id, line_sums.order_id) as order_id,
        case when delivered.order_id is null then line_sums.outlet_id else delivered.outlet_id end as outlet_id,
        case when delivered.order_id is null then line_sums.ordered_on else delivered.ordered_on end as ordered_on,
        case when delivered.order_id is null then line_sums.ordered_at else delivered.ordered_at end as ordered_at,
        case when delivered.order_id is null then line_sums.rep_id else delivered.rep_id end as rep_id,
        case
            when delivered.order_id is null then line_sums.distributor_id
            else delivered.distributor_id
        end as distributor_id,
        case when delivered.order_id is null then line_sums.currency else delivered.currency end as currency,
        coalesce(
            case when delivered.order_id is null then line_sums.order_type else delivered.order_type end, 'sale'
        ) as order_type,
        coalesce(
            case when delivered.order_id is null then line_sums.order_status else delivered.order_status end, 'open'
        ) as order_status,
        delivered.ordered_through,
        delivered.promised_on,
        coalesce(delivered.net_amount, line_sums.net_amount) as source_net_amount,
        line_sums.quantity,
        coalesce(line_sums.order_lines, 0) as order_lines,
        coalesce(line_sums.distinct_products, 0) as distinct_products,
        greatest(delivered.loaded_at, line_sums.loaded_at) as loaded_at
    from delivered
    full join line_sums
        on delivered.order_id = line_sums.order_id

),

{% if is_incremental() %}

-- told by an instant, and its outlet is now in another zone
moved_zones as (

    select
        before.feed,
        before.order_id,
        before.outlet_id,
        cast(null as date) as ordered_on,
        before.ordered_at,
        before.rep_id,
        before.distributor_id,
        before.currency,
        before.order_type,
        before.order_status,
        before.ordered_through,
        before.promised_on,
        before.source_net_amount,
        before.quantity,
        before.order_lines,
        before.distinct_products,
        before.loaded_at,
        before.zone as zone_before
    from {{ this }} as before
    anti join joined
        on before.order_id = joined.order_id
    where before.zone is not null

),

rows_to_date as (

    select
        *,
        cast(null as string) as zone_before
    from joined
    union all
    select *
    from moved_zones

),

dated as (

    {{ with_business_date('rows_to_date') }}

),

final as (

    select
        {{ all_but('dated', ['ordered_on', 'zone_before']) }},
        before.outlet_id as previous_outlet_id,
        before.business_date as previous_business_date,
        builds.build_number
    from dated
    cross join (select max(build_number) as build_number from {{ ref('int_files_numbered') }}) as builds
    left join {{ this }} as before
        on dated.order_id = before.order_id
    where
        dated.zone_before is null
        or dated.zone_before != dated.zone

)

{% else %}

dated as (

    {{ with_business_date('joined') }}

),

final as (

    select
        {{ all_but('dated', ['ordered_on']) }},
        cast(null as string) as previous_outlet_id,
        cast(null as date) as previous_business_date,
        1 as build_number
    from dated

)

{% endif %}

select * from final
