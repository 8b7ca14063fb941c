-- grain: outlet with a time zone of its own
with stg_outlets as (

    select
        outlet_id,
        time_zone
    from {{ ref('stg_outlets') }}
    where time_zone is not null

),

final as (

    select
        outlet_id,
        max(time_zone) as time_zone
    from stg_outlets
    group by outlet_id

)

select * from final
