-- grain: outlet that goes on under another number
with int_outlet_links as (

    select
        outlet_id,
        replaced_by_outlet_id,
        counted_outlet_id,
        kind,
        linked_on
    from {{ ref('int_outlet_links') }}

)

select * from int_outlet_links
