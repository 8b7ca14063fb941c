-- grain: outlet that counts and business date with a qualifying order under any of its numbers
with int_outlet_spells as (

    select
        outlet_id,
        business_date,
        orders,
        net_amount
    from {{ ref('int_outlet_spells') }}

)

select * from int_outlet_spells
