-- grain: silent or endangered outlet that is worth the work, on the business date; each has an owner and a next step
-- rank: by what a month of it is worth, times its chance of return, with a bonus where a visit is planned anyway
with int_worklist_candidates as (

    select *
    from {{ ref('int_worklist_candidates') }}
    where prune_reason is null

),

rules as (

    select max(case when parameter = 'worklist_a_day' then cast(value as integer) end) as worklist_a_day
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

baskets as (

    select
        baskets.outlet_id,
        coalesce(products.product_name, baskets.product_id) as product_name,
        baskets.is_in_last_order,
        baskets.place,
        cast(round(baskets.quantity / baskets.order_lines) as bigint) as usual_quantity
    from {{ ref('int_outlet_baskets') }} as baskets
    left join {{ ref('dim_products') }} as products
        on baskets.product_id = products.product_id

),

last_products as (

    select
        outlet_id,
        {{ joined_text('product_name', 'place') }} as last_products
    from baskets
    where is_in_last_order
    group by outlet_id

),

suggested as (

    select
        outlet_id,
        {{ joined_text("coalesce(usual_quantity || ' x ', '') || product_name", 'place') }} as suggested_basket
    from baskets
    where place <= 5
    group by outlet_id

),

-- one that waits, or is left alone, takes nobody's time
ranked as (

    select
        candidates.*,
        not candidates.is_cooling_down
        and not candidates.is_holdout
        and candidates.expected_back_on is null as is_workable,
        row_number() over (order by candidates.score desc, candidates.outlet_id) as place
    from int_worklist_candidates as candidates

),

numbered as (

    select
        *,
        case
            when is_workable then row_number() over (partition by owner_id, is_workable order by place)
        end as place_of_owner
    from ranked

),

final as (

    select
        cast(numbered.place as integer) as rank,
        numbered.outlet_id,
        numbered.outlet_name,
        numbered.feed,
        numbered.channel,
        numbered.territory,
        numbered.beat_id,
        numbered.rep_id,
        numbered.distributor_id,
        numbered.owner_kind,
        numbered.owner_id,
        numbered.owner_name,
        cast(numbered.place_of_owner as integer) as rank_of_owner,
        -- 1 is the first day of work, and so on: as many as fit a day
        cast(floor((numbered.place_of_owner - 1) / rules.worklist_a_day) + 1 as integer) as work_day,
        case
            when numbered.is_holdout then 'leave it alone: it shows how many return by themselves'
            when numbered.expected_back_on is not null
                then 'call it before ' || numbered.expected_back_on || ', when it came back last year'
            when numbered.is_cooling_down
                then
                    'wait until ' || {{ add_days('numbered.last_contact_on', 'numbered.cooldown_days') }}
                    || ': it was contacted on ' || numbered.last_contact_on
            when numbered.state = 'never_ordered' then 'visit it and take the first order'
            else numbered.cause_next_step
        end as next_step,
        numbered.abc_class,
        numbered.state,
        {{ days_between('numbered.signal_on', 'numbered.as_of_date') }} as signal_age_days,
        numbered.last_order_date,
        numbered.days_silent,
        numbered.crosses_on,
        numbered.likely_cause,
        numbered.reporting_currency,
        coalesce(numbered.monthly_net_amount, 0) as monthly_value_at_risk,
        numbered.return_share as chance_of_return,
        numbered.return_share_low as chance_of_return_low,
        numbered.return_share_high as chance_of_return_high,
        numbered.peer_silences,
        {{ as_decimal('numbered.score') }} as expected_monthly_value,
        last_products.last_products,
        suggested.suggested_basket,
        numbered.last_visit_on,
        numbered.last_contact_on,
        numbered.next_visit_on as planned_visit_on,
        numbered.is_visit_near,
        numbered.is_cooling_down,
        numbered.is_holdout,
        numbered.expected_back_on
    from numbered
    cross join rules
    left join last_products
        on numbered.outlet_id = last_products.outlet_id
    left join suggested
        on numbered.outlet_id = suggested.outlet_id

)

select * from final
