-- grain: outlet that a list may name: all that is said of it, with the likeliest cause where it is silent or endangered
with int_outlets_watched as (

    select *
    from {{ ref('int_outlets_watched') }}

),

likeliest as (

    select
        weighed.outlet_id,
        weighed.cause,
        causes.next_step
    from {{ ref('int_causes_weighed') }} as weighed
    inner join {{ ref('causes') }} as causes
        on weighed.cause = causes.cause
    where weighed.cause_rank = 1

),

final as (

    select
        outlets.*,
        likeliest.cause as likely_cause,
        likeliest.next_step as cause_next_step
    from int_outlets_watched as outlets
    left join likeliest
        on outlets.outlet_id = likeliest.outlet_id

)

select * from final
