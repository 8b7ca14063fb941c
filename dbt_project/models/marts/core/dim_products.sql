-- grain: product, and one row `unknown` for facts that name none
with stg_products as (

    select
        product_id,
        source_product_id,
        coalesce(product_name, source_product_id) as product_name,
        coalesce(brand, 'unknown') as brand,
        coalesce(category, 'unknown') as category,
        unit_price,
        units_per_case
    from {{ ref('stg_products') }}

),

-- what facts name and no master row describes
named as (

    select {{ global_id('product_id', 'feed') }} as product_id
    from {{ ref('stg_order_line_versions') }}
    group by
        feed,
        product_id

),

strangers as (

    select named.product_id
    from named
    left join stg_products
        on named.product_id = stg_products.product_id
    where
        stg_products.product_id is null
        and named.product_id is not null
        and named.product_id != 'unknown'

),

unknown_member as (

    select
        'unknown' as product_id,
        'unknown' as source_product_id,
        'unknown' as product_name,
        'unknown' as brand,
        'unknown' as category,
        cast(null as decimal(18, 4)) as unit_price,
        cast(null as bigint) as units_per_case

),

stranger_rows as (

    select
        strangers.product_id,
        substr(strangers.product_id, instr(strangers.product_id, ':') + 1) as source_product_id,
        {{ all_but('unknown_member', ['product_id', 'source_product_id']) }}
    from strangers
    cross join unknown_member

),

final as (

    select * from stg_products
    union all
    select * from stranger_rows
    union all
    select * from unknown_member

)

select * from final
