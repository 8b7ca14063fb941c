-- grain: alert that is open on the business date; an alert lasts as long as what it tells of
-- alert_id stays the same while it lasts, so that nobody is told twice (orchestration/alerts/digests.py)
with int_outlets_watched as (

    select *
    from {{ ref('int_outlets_watched') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

rules as (

    select
        max(case when parameter = 'drop_days' then cast(value as integer) end) as period_days,
        max(case when parameter = 'scorecard_window_days' then cast(value as integer) end) as window_days,
        max(case when parameter = 'small_group_outlets' then cast(value as integer) end) as small_group_outlets,
        max(case when parameter = 'cause_min_peers' then cast(value as integer) end) as min_peers,
        max(case when parameter = 'cause_fill_rate_points' then cast(value as double) end) as fill_rate_points
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

endangered as (

    select
        'newly_endangered' as kind,
        outlets.owner_id,
        outlets.owner_name,
        outlets.outlet_id as subject_id,
        outlets.outlet_name as subject_name,
        cast(outlets.last_order_date as string) as since,
        outlets.signal_on as raised_on,
        outlets.outlet_name || ' has not ordered for ' || outlets.days_silent || ' days'
        || coalesce(', turns inactive on ' || outlets.crosses_on, '') as message
    from int_outlets_watched as outlets
    where outlets.is_endangered

),

lost as (

    select
        'newly_lost' as kind,
        outlets.owner_id,
        outlets.owner_name,
        outlets.outlet_id as subject_id,
        outlets.outlet_name as subject_name,
        cast(outlets.last_order_date as string) as since,
        outlets.state_since as raised_on,
        outlets.outlet_name || ' is lost: no order since ' || outlets.last_order_date as message
    from int_outlets_watched as outlets
    where outlets.state = 'lost'

),

kpi_inactivity_daily as (

    select
        kpi.feed,
        kpi.beat_id,
        kpi.as_of_date,
        kpi.holds_until,
        kpi.active_outlets,
        kpi.newly_inactive_outlets
    from {{ ref('kpi_inactivity_daily') }} as kpi
    inner join rules
        on kpi.window_days = rules.window_days

),

-- lapses of the last days by who served the outlet then, and those that could have lapsed: active now, or lapsed since
beats as (

    select
        kpi.feed,
        kpi.beat_id,
        sum(
            case
                when kpi.as_of_date > {{ add_days('int_as_of.as_of_date', '-rules.period_days') }}
                    then kpi.newly_inactive_outlets
                else 0
            end
        ) as lapses,
        sum(case when kpi.holds_until = int_as_of.as_of_date then kpi.active_outlets else 0 end) as active_outlets
    from kpi_inactivity_daily as kpi
    cross join rules
    cross join int_as_of
    group by
        kpi.feed,
        kpi.beat_id

),

beat_shares as (

    select
        feed,
        beat_id,
        lapses,
        active_outlets + lapses as outlets,
        1.0 * sum(lapses) over (partition by feed)
        / nullif(sum(active_outlets + lapses) over (partition by feed), 0) as share_of_feed
    from beats

),

-- beyond what chance explains; a small beat is left out, where a single outlet is a tenth
spikes as (

    select
        'beat_spike' as kind,
        coalesce(dim_beats.rep_id, 'unknown') as owner_id,
        coalesce(dim_reps.rep_name, dim_beats.rep_id, 'unknown') as owner_name,
        beat_shares.beat_id as subject_id,
        coalesce(dim_beats.beat_name, beat_shares.beat_id) as subject_name,
        'beat' as since,
        int_as_of.as_of_date as raised_on,
        'Beat ' || coalesce(dim_beats.beat_name, beat_shares.beat_id) || ' lost ' || beat_shares.lapses || ' of '
        || beat_shares.outlets || ' outlets in ' || rules.period_days || ' days, more than chance explains' as message
    from beat_shares
    cross join rules
    cross join int_as_of
    left join {{ ref('dim_beats') }} as dim_beats
        on beat_shares.beat_id = dim_beats.beat_id
    left join {{ ref('dim_reps') }} as dim_reps
        on dim_beats.rep_id = dim_reps.rep_id
    where
        beat_shares.beat_id != 'unknown'
        and beat_shares.outlets >= rules.small_group_outlets
        and {{ wilson_low('beat_shares.lapses', 'beat_shares.outlets') }} > beat_shares.share_of_feed

),

recent_fills as (

    select
        service.outlet_id,
        sum(service.ordered_quantity) as ordered_quantity,
        sum(service.delivered_quantity) as delivered_quantity
    from {{ ref('int_outlet_service_days') }} as service
    cross join rules
    inner join int_as_of
        on service.business_date > {{ add_days('int_as_of.as_of_date', '-rules.period_days') }}
    where service.ordered_quantity > 0
    group by service.outlet_id

),

int_outlet_peers as (

    select
        outlet_id,
        width,
        peer_group
    from {{ ref('int_outlet_peers') }}

),

group_fills as (

    select
        int_outlet_peers.width,
        int_outlet_peers.peer_group,
        count(*) as outlets,
        sum(recent_fills.ordered_quantity) as ordered_quantity,
        sum(recent_fills.delivered_quantity) as delivered_quantity
    from recent_fills
    inner join int_outlet_peers
        on recent_fills.outlet_id = int_outlet_peers.outlet_id
    group by
        int_outlet_peers.width,
        int_outlet_peers.peer_group

),

compared_fills as (

    select
        recent_fills.outlet_id,
        100.0 * recent_fills.delivered_quantity / recent_fills.ordered_quantity as percent_filled,
        100.0 * (group_fills.delivered_quantity - recent_fills.delivered_quantity)
        / nullif(group_fills.ordered_quantity - recent_fills.ordered_quantity, 0) as percent_filled_of_peers
    from recent_fills
    cross join rules
    inner join int_outlet_peers
        on recent_fills.outlet_id = int_outlet_peers.outlet_id
    inner join group_fills
        on
            int_outlet_peers.width = group_fills.width
            and int_outlet_peers.peer_group = group_fills.peer_group
    qualify row_number() over (
        partition by recent_fills.outlet_id
        order by {{ narrowest_group('(group_fills.outlets - 1)', 'group_fills.width') }}
    ) = 1

),

fulfilment as (

    select
        'fulfilment' as kind,
        outlets.owner_id,
        outlets.owner_name,
        outlets.outlet_id as subject_id,
        outlets.outlet_name as subject_name,
        'fill rate' as since,
        int_as_of.as_of_date as raised_on,
        outlets.outlet_name || ' got ' || cast(round(compared_fills.percent_filled) as integer)
        || '% of what it ordered in ' || rules.period_days || ' days, outlets like it '
        || cast(round(compared_fills.percent_filled_of_peers) as integer) || '%' as message
    from compared_fills
    inner join int_outlets_watched as outlets
        on compared_fills.outlet_id = outlets.outlet_id
    cross join rules
    cross join int_as_of
    where compared_fills.percent_filled_of_peers - compared_fills.percent_filled >= rules.fill_rate_points

),

unioned as (

    select * from endangered
    union all
    select * from lost
    union all
    select * from spikes
    union all
    select * from fulfilment

),

final as (

    select
        kind || ' / ' || subject_id || ' / ' || since as alert_id,
        kind,
        owner_id,
        owner_name,
        subject_id,
        subject_name,
        raised_on,
        message
    from unioned

)

select * from final
