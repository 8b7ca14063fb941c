-- grain: outlet with contact data
-- kept apart from every other mart, so that a reader of numbers sees no person
with int_outlets_unioned as (

    select
        outlet_id,
        contact_name,
        contact_phone,
        contact_email
    from {{ ref('int_outlets_unioned') }}

),

final as (

    select *
    from int_outlets_unioned
    where coalesce(contact_name, contact_phone, contact_email) is not null

)

select * from final
