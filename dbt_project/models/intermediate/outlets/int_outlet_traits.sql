-- grain: outlet, replaced numbers included: by what its outlets can be known again under another number
with int_outlets_unioned as (

    select
        outlet_id,
        outlet_name,
        address,
        city,
        latitude,
        longitude
    from {{ ref('int_outlets_unioned') }}

),

normalised as (

    select
        outlet_id,
        {{ normalised('outlet_name') }} as name_words,
        {{ normalised('address') }} as address_words,
        {{ normalised('city') }} as city_words,
        latitude,
        longitude,
        -- a side of about a hundred metres
        cast(floor(latitude * 1000) as bigint) as place_north,
        cast(floor(longitude * 1000) as bigint) as place_east
    from int_outlets_unioned

),

final as (

    select
        outlet_id,
        name_words,
        address_words,
        latitude,
        longitude,
        place_north,
        place_east,
        name_words || ' / ' || city_words as name_key,
        address_words || ' / ' || city_words as address_key
    from normalised

)

select * from final
