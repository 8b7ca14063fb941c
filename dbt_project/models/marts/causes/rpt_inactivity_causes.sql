-- grain: silent or endangered outlet and cause, on the business date; `unexplained` where nothing stands out
with int_causes_weighed as (

    select *
    from {{ ref('int_causes_weighed') }}

),

int_cause_measures as (

    select
        outlet_id,
        window_from,
        last_order_date,
        peer_group,
        peers
    from {{ ref('int_cause_measures') }}

),

causes as (

    select
        cause,
        kind,
        label_en,
        next_step
    from {{ ref('causes') }}

),

latest_reasons as (

    select
        reasons.outlet_id,
        reasons.reported_on,
        reasons.reason_code
    from {{ ref('int_lapse_reasons_matched') }} as reasons
    inner join int_cause_measures as measures
        on
            reasons.outlet_id = measures.outlet_id
            and measures.window_from <= reasons.reported_on
    qualify row_number() over (
        partition by reasons.outlet_id order by reasons.reported_on desc, reasons.reason_code
    ) = 1

),

final as (

    select
        weighed.outlet_id,
        weighed.cause,
        causes.kind,
        cast(weighed.cause_rank as integer) as cause_rank,
        weighed.is_evident,
        weighed.is_known,
        weighed.unit,
        cast(weighed.measure as decimal(20, 1)) as measure,
        weighed.peers_measure,
        cast(weighed.weight as decimal(9, 2)) as weight,
        case
            when weighed.cause = 'unexplained' and weighed.measure = 0
                then 'no visits, deliveries, coupons or stock-outs are delivered for it: nothing can be told'
            when weighed.cause = 'unexplained'
                then 'it was treated like its ' || measures.peers || ' peers'
            when not weighed.is_known then 'not known: too little was delivered'
            when weighed.unit = 'reported by the field' then 'the field reports: ' || causes.label_en
            when weighed.cause = 'young' then cast(weighed.measure as integer) || ' ' || weighed.unit
            else
                weighed.unit || ': ' || weighed.measure || ', its ' || measures.peers || ' peers '
                || weighed.peers_measure
        end as evidence,
        measures.window_from,
        measures.last_order_date as window_to,
        measures.peer_group,
        cast(measures.peers as bigint) as peers,
        latest_reasons.reason_code as reported_reason,
        latest_reasons.reported_on,
        causes.next_step
    from int_causes_weighed as weighed
    inner join int_cause_measures as measures
        on weighed.outlet_id = measures.outlet_id
    inner join causes
        on weighed.cause = causes.cause
    left join latest_reasons
        on weighed.outlet_id = latest_reasons.outlet_id

)

select * from final
