-- grain: the last publish of a plain run; no row before the first
with stg_publishes as (

    select
        generation,
        published_at,
        as_of_date
    from {{ ref('stg_publishes') }}

),

final as (

    select *
    from stg_publishes
    qualify row_number() over (order by generation desc) = 1

)

select * from final
