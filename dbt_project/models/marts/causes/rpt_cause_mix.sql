-- grain: kind of cause: our own mix, measured and as reported, against the mix that is often claimed
-- outlets add up over kinds; an outlet counts once, under its first cause, and under the last reason that was reported
with rpt_inactivity_causes as (

    select
        outlet_id,
        kind,
        reported_reason
    from {{ ref('rpt_inactivity_causes') }}
    where cause_rank = 1

),

reason_kinds as (

    select
        reason_codes.reason_code,
        causes.kind
    from {{ ref('reason_codes') }} as reason_codes
    inner join {{ ref('causes') }} as causes
        on reason_codes.cause = causes.cause

),

claimed_reasons as (

    select
        kind,
        claimed_percent
    from {{ ref('claimed_reasons') }}

),

votes as (

    select
        kind,
        1 as measured,
        0 as reported
    from rpt_inactivity_causes
    union all
    select
        coalesce(reason_kinds.kind, 'other') as kind,
        0 as measured,
        1 as reported
    from rpt_inactivity_causes
    left join reason_kinds
        on rpt_inactivity_causes.reported_reason = reason_kinds.reason_code
    where rpt_inactivity_causes.reported_reason is not null
    union all
    select
        kind,
        0 as measured,
        0 as reported
    from claimed_reasons

),

counted as (

    select
        kind,
        sum(measured) as measured_outlets,
        sum(reported) as reported_outlets
    from votes
    group by kind

),

final as (

    select
        counted.kind,
        cast(counted.measured_outlets as bigint) as measured_outlets,
        cast(counted.reported_outlets as bigint) as reported_outlets,
        -- of outlets of which something can be told
        cast(
            case
                when counted.kind != 'unexplained'
                    then 100.0 * counted.measured_outlets / nullif(
                        sum(case when counted.kind != 'unexplained' then counted.measured_outlets end) over (), 0
                    )
            end as decimal(5, 1)
        ) as percent_of_explained,
        cast(
            100.0 * counted.reported_outlets / nullif(sum(counted.reported_outlets) over (), 0) as decimal(5, 1)
        ) as percent_of_reported,
        cast(claimed_reasons.claimed_percent as decimal(5, 1)) as claimed_percent
    from counted
    left join claimed_reasons
        on counted.kind = claimed_reasons.kind

)

select * from final
