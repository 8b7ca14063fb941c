-- grain: publish of a plain run
with source as (

    select
        generation,
        published_at,
        as_of_date
    from {{ source('history', 'dim_publishes') }}
    where {{ was_known('published_at') }}

)

select * from source
