-- grain: outlet that counts, product that it buys, and first day on which its distributor had none
with stock_outs as (

    select
        stock_outs.distributor_id,
        stock_outs.product_id,
        stock_outs.starts_on,
        stock_outs.ends_on
    from {{ ref('stg_stock_outs') }} as stock_outs
    inner join {{ ref('int_as_of') }} as int_as_of
        on stock_outs.starts_on <= int_as_of.as_of_date

),

int_outlet_baskets as (

    select
        outlet_id,
        distributor_id,
        product_id,
        share_of_lines
    from {{ ref('int_outlet_baskets') }}

),

final as (

    select
        baskets.outlet_id,
        stock_outs.product_id,
        stock_outs.starts_on,
        max(stock_outs.ends_on) as ends_on,
        max(baskets.share_of_lines) as share_of_lines
    from int_outlet_baskets as baskets
    inner join stock_outs
        on
            baskets.distributor_id = stock_outs.distributor_id
            and baskets.product_id = stock_outs.product_id
    group by
        baskets.outlet_id,
        stock_outs.product_id,
        stock_outs.starts_on

)

select * from final
