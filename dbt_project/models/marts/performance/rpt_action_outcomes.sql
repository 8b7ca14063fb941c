-- grain: kind of action, `any`, and `none` for lapses left alone; and by lot, held out or not: what came of it
-- a lapse counts by its first action; one left alone is looked at on the day on which others are usually acted upon
-- uplift: the share saved above the share that returned by itself, with the interval that chance allows (Newcombe);
-- who acts chooses whom, so only `not held out` against `held out` tells cause from choice
with first_actions as (

    select *
    from {{ ref('fct_outlet_actions') }}
    where
        action_number = 1
        and outcome != 'open'

),

rules as (

    select
        max(case when parameter = 'outcome_days' then cast(value as integer) end) as outcome_days,
        max(case when parameter = 'small_group_outlets' then cast(value as integer) end) as small_group_outlets
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

usual_day as (

    select cast(round(median(days_silent)) as integer) as days_silent
    from first_actions

),

-- where nobody acts, the day of the lapse
looked_at as (

    select
        lapses.*,
        coalesce(
            usual_day.days_silent, {{ days_between('lapses.last_order_date', 'lapses.lapsed_on') }}
        ) as usual_days_silent
    from {{ ref('fct_outlet_lapses') }} as lapses
    cross join usual_day

),

all_first_actions as (

    select
        outlet_id,
        last_order_date,
        acted_on
    from {{ ref('fct_outlet_actions') }}
    where action_number = 1

),

-- lapses that still lasted on the usual day, and how they stood when the outcome of an action would have been due
waiting as (

    select
        lapses.outlet_id,
        lapses.last_order_date,
        lapses.is_holdout,
        {{ add_days('lapses.last_order_date', 'lapses.usual_days_silent + rules.outcome_days') }} as due_on,
        lapses.returned_on,
        lapses.monthly_net_amount_before,
        lapses.monthly_net_amount_after,
        {{ days_between('lapses.last_order_date', 'lapses.returned_on') }} - lapses.usual_days_silent as days_to_return
    from looked_at as lapses
    cross join rules
    where
        lapses.returned_on is null
        or lapses.returned_on > {{ add_days('lapses.last_order_date', 'lapses.usual_days_silent') }}

),

watched as (

    select
        waiting.*,
        case when waiting.returned_on <= waiting.due_on then 1 else 0 end as is_saved,
        all_first_actions.outlet_id is null as is_left_alone
    from waiting
    inner join {{ ref('int_outlet_known') }} as int_outlet_known
        on
            waiting.outlet_id = int_outlet_known.outlet_id
            and waiting.due_on <= int_outlet_known.known_to
    left join all_first_actions
        on
            waiting.outlet_id = all_first_actions.outlet_id
            and waiting.last_order_date = all_first_actions.last_order_date
            and all_first_actions.acted_on <= waiting.due_on

),

unioned as (

    select
        kind,
        case when outcome = 'saved' then 1 else 0 end as is_saved,
        days_to_return,
        monthly_net_amount_before,
        monthly_net_amount_after
    from first_actions
    union all
    select
        'any' as kind,
        case when outcome = 'saved' then 1 else 0 end as is_saved,
        days_to_return,
        monthly_net_amount_before,
        monthly_net_amount_after
    from first_actions
    union all
    select
        'none' as kind,
        is_saved,
        days_to_return,
        monthly_net_amount_before,
        monthly_net_amount_after
    from watched
    where is_left_alone
    union all
    -- whether or not anybody kept to it: only so does the lot decide, and not what makes people act
    select
        case when is_holdout then 'held out' else 'not held out' end as kind,
        is_saved,
        days_to_return,
        monthly_net_amount_before,
        monthly_net_amount_after
    from watched

),

counted as (

    select
        kind,
        count(*) as lapses,
        sum(is_saved) as saved,
        median(case when is_saved = 1 then days_to_return end) as median_days_to_return,
        sum(case when is_saved = 1 then monthly_net_amount_before end) as saved_before,
        sum(case when is_saved = 1 then monthly_net_amount_after end) as saved_after
    from unioned
    group by kind

),

shares as (

    select
        *,
        1.0 * saved / lapses as share,
        {{ wilson_low('saved', 'lapses') }} as share_low,
        {{ wilson_high('saved', 'lapses') }} as share_high
    from counted

),

compared as (

    select
        shares.*,
        shares.share - others.share as uplift,
        shares.share - others.share
        - sqrt(power(shares.share - shares.share_low, 2) + power(others.share_high - others.share, 2)) as uplift_low,
        shares.share - others.share
        + sqrt(power(shares.share_high - shares.share, 2) + power(others.share - others.share_low, 2)) as uplift_high,
        least(shares.lapses, others.lapses) as smaller_group
    from shares
    left join shares as others
        on
            case
                when shares.kind in ('visit', 'coupon', 'any') then 'none'
                when shares.kind = 'not held out' then 'held out'
            end = others.kind

),

action_costs as (

    select
        kind,
        cost
    from {{ ref('action_costs') }}

),

final as (

    select
        compared.kind,
        cast(compared.lapses as bigint) as lapses,
        cast(compared.saved as bigint) as saved,
        cast(compared.share as decimal(5, 4)) as save_rate,
        compared.share_low as save_rate_low,
        compared.share_high as save_rate_high,
        cast(compared.uplift as decimal(5, 4)) as uplift,
        cast(compared.uplift_low as decimal(5, 4)) as uplift_low,
        cast(compared.uplift_high as decimal(5, 4)) as uplift_high,
        case
            when compared.kind in ('none', 'held out') then 'what happens by itself'
            when compared.smaller_group is null or compared.smaller_group < rules.small_group_outlets
                then 'too few to tell'
            when compared.uplift_low > 0 then 'more return than by themselves'
            when compared.uplift_high < 0 then 'fewer return than by themselves'
            else 'no difference shown'
        end as verdict,
        cast(compared.median_days_to_return as decimal(9, 1)) as median_days_to_return,
        cast(100.0 * compared.saved_after / nullif(compared.saved_before, 0) as decimal(9, 1))
            as percent_of_volume_back,
        action_costs.cost as cost_of_action,
        cast(action_costs.cost * compared.lapses / nullif(compared.saved, 0) as decimal(18, 2)) as cost_of_a_return,
        acquisition.cost as cost_of_acquiring
    from compared
    cross join rules
    left join action_costs
        on compared.kind = action_costs.kind
    left join action_costs as acquisition
        on acquisition.kind = 'acquisition'

)

select * from final
