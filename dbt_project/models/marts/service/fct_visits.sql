-- grain: visit, planned or done
with int_visits_matched as (

    select *
    from {{ ref('int_visits_matched') }}

),

final as (

    select
        visit_id,
        feed,
        outlet_id,
        counted_outlet_id,
        rep_id,
        beat_id,
        planned_on,
        visited_on,
        outcome,
        order_id,
        visited_on is not null as is_done,
        visited_on is not null and has_order as has_order
    from int_visits_matched

)

select * from final
