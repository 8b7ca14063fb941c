-- grain: publish of a plain run; append-only
with int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

final as (

    select
        -- publish fills in these two
        cast(null as string) as generation,
        cast(null as timestamp) as published_at,
        as_of_date
    from int_as_of

)

select * from final
