-- grain: silent outlet that is not worth the work of winning it back, on the business date
-- nothing is taken away by this list
with int_worklist_candidates as (

    select *
    from {{ ref('int_worklist_candidates') }}
    where prune_reason is not null

),

final as (

    select
        outlet_id,
        outlet_name,
        feed,
        channel,
        territory,
        beat_id,
        rep_id,
        owner_kind,
        owner_id,
        owner_name,
        state,
        prune_reason,
        opened_on,
        last_order_date,
        days_silent,
        days_open,
        reporting_currency,
        coalesce(monthly_net_amount, 0) as typical_monthly_net_amount,
        'confirm that it is closed or take it off the beat' as next_step
    from int_worklist_candidates

)

select * from final
