-- grain: feed
with source as (

    select
        feed,
        time_zone,
        currency,
        delivers,
        description,
        orders_from_lines
    from {{ source('lake', 'feeds') }}

)

select * from source
