-- grain: feed
with source as (

    select
        feed,
        time_zone,
        currency,
        delivers,
        description,
        orders_from_lines,
        -- a feed that has not delivered yet hides nothing
        coalesce(first_loaded_at, timestamp '1900-01-01 00:00:00') as known_since
    from {{ source('lake', 'feeds') }}

),

known as (

    select {{ all_but('source', ['known_since']) }}
    from source
    where {{ was_known('known_since') }}

)

select * from known
