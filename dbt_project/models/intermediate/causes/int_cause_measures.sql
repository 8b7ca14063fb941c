-- grain: silent or endangered outlet that has ordered: what was done for it, and for its peers, before it fell silent
-- the window ends with its last order; peers are measured on the very same days
with int_outlets_watched as (

    select
        outlet_id,
        first_order_date,
        last_order_date,
        is_silent or is_endangered as is_subject
    from {{ ref('int_outlets_watched') }}
    where last_order_date is not null

),

rules as (

    select
        max(case when parameter = 'cause_days' then cast(value as integer) end) as cause_days,
        max(case when parameter = 'cause_min_peers' then cast(value as integer) end) as min_peers
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

int_outlet_service_days as (

    select *
    from {{ ref('int_outlet_service_days') }}

),

int_outlet_peers as (

    select
        outlet_id,
        width,
        peer_group
    from {{ ref('int_outlet_peers') }}

),

candidates as (

    select
        outlets.outlet_id,
        outlets.last_order_date,
        {{ add_days('outlets.last_order_date', '1 - rules.cause_days') }} as window_from,
        rules.cause_days,
        int_outlet_peers.width,
        int_outlet_peers.peer_group
    from int_outlets_watched as outlets
    cross join rules
    inner join int_outlet_peers
        on outlets.outlet_id = int_outlet_peers.outlet_id
    where outlets.is_subject

),

-- an outlet is a peer from its first order to its last one, so that neither the dead nor the unborn thin out a measure
life_events as (

    select
        outlet_id,
        first_order_date as business_date,
        1 as outlets_change
    from int_outlets_watched
    union all
    select
        outlet_id,
        {{ add_days('last_order_date', 1) }} as business_date,
        -1 as outlets_change
    from int_outlets_watched

),

group_changes as (

    select
        int_outlet_peers.width,
        int_outlet_peers.peer_group,
        life_events.business_date,
        sum(life_events.outlets_change) as outlets_change
    from life_events
    inner join int_outlet_peers
        on life_events.outlet_id = int_outlet_peers.outlet_id
    group by
        int_outlet_peers.width,
        int_outlet_peers.peer_group,
        life_events.business_date

),

group_sizes as (

    select
        width,
        peer_group,
        business_date,
        sum(outlets_change) over (partition by width, peer_group order by business_date) as outlets
    from group_changes

),

sized as (

    select
        candidates.*,
        cast(group_sizes.outlets - 1 as bigint) as peers
    from candidates
    {{ as_of_join(
        'inner', 'group_sizes', 'candidates', ['width', 'peer_group'], 'last_order_date', 'business_date'
    ) }}

),

subjects as (

    select sized.*
    from sized
    cross join rules
    qualify row_number() over (
        partition by sized.outlet_id
        order by {{ narrowest_group('sized.peers', 'sized.width') }}
    ) = 1

),

own as (

    select
        subjects.outlet_id,
        {{ service_sums() }}
    from subjects
    inner join int_outlet_service_days as days
        on
            subjects.outlet_id = days.outlet_id
            and days.business_date >= subjects.window_from
            and days.business_date <= subjects.last_order_date
    group by subjects.outlet_id

),

group_days as (

    select
        int_outlet_peers.width,
        int_outlet_peers.peer_group,
        days.business_date,
        {{ service_sums() }}
    from int_outlet_service_days as days
    inner join int_outlet_peers
        on days.outlet_id = int_outlet_peers.outlet_id
    group by
        int_outlet_peers.width,
        int_outlet_peers.peer_group,
        days.business_date

),

-- outlets of one group that fell silent on one day share a window
windows as (

    select
        width,
        peer_group,
        window_from,
        last_order_date
    from subjects
    group by
        width,
        peer_group,
        window_from,
        last_order_date

),

group_windows as (

    select
        windows.width,
        windows.peer_group,
        windows.last_order_date,
        {{ service_sums() }}
    from windows
    inner join group_days
        on
            windows.width = group_days.width
            and windows.peer_group = group_days.peer_group
            and group_days.business_date >= windows.window_from
            and group_days.business_date <= windows.last_order_date
    group by
        windows.width,
        windows.peer_group,
        windows.last_order_date

),

final as (

    select
        subjects.outlet_id,
        subjects.last_order_date,
        subjects.window_from,
        subjects.cause_days,
        subjects.peer_group,
        subjects.peers,
        {{ service_columns('own') }},
        {{ service_columns('group_windows', minus='own', prefix='peers_') }}
    from subjects
    left join own
        on subjects.outlet_id = own.outlet_id
    left join group_windows
        on
            subjects.width = group_windows.width
            and subjects.peer_group = group_windows.peer_group
            and subjects.last_order_date = group_windows.last_order_date

)

select * from final
