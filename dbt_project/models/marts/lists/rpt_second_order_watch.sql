-- grain: outlet that has ordered on one day only, known to be its first, and is not lost yet, on the business date
-- peers: outlets of the channel whose first order is at least as long ago; they tell how likely a second one was by now
with int_outlets_watched as (

    select *
    from {{ ref('int_outlets_watched') }}

),

int_outlet_spells as (

    select
        outlet_id,
        business_date,
        next_order_date,
        previous_order_date
    from {{ ref('int_outlet_spells') }}

),

int_outlet_first_orders as (

    select outlet_id
    from {{ ref('int_outlet_first_orders') }}
    where is_first_known

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

watched as (

    select outlets.*
    from int_outlets_watched as outlets
    inner join int_outlet_first_orders
        on outlets.outlet_id = int_outlet_first_orders.outlet_id
    inner join int_outlet_spells
        on
            outlets.outlet_id = int_outlet_spells.outlet_id
            and outlets.last_order_date = int_outlet_spells.business_date
    where
        int_outlet_spells.previous_order_date is null
        and outlets.state != 'lost'

),

-- by channel: after how many days the second order came, or how long it has not come for
first_spells as (

    select
        outlets.channel,
        {{ days_between('spells.business_date', 'int_as_of.as_of_date') }} as days_since_first,
        {{ days_between('spells.business_date', 'spells.next_order_date') }} as days_to_second
    from int_outlet_spells as spells
    cross join int_as_of
    inner join int_outlet_first_orders
        on spells.outlet_id = int_outlet_first_orders.outlet_id
    inner join {{ ref('int_outlets_today') }} as outlets
        on spells.outlet_id = outlets.outlet_id
    where spells.previous_order_date is null

),

spans as (

    select
        channel,
        days_silent
    from watched
    group by
        channel,
        days_silent

),

peers as (

    select
        spans.channel,
        spans.days_silent,
        count(*) as peers,
        count(case when first_spells.days_to_second <= spans.days_silent then 1 end) as peers_with_second_order
    from spans
    inner join first_spells
        on
            spans.channel = first_spells.channel
            and spans.days_silent <= first_spells.days_since_first
    group by
        spans.channel,
        spans.days_silent

),

final as (

    select
        watched.outlet_id,
        watched.outlet_name,
        watched.feed,
        watched.channel,
        watched.territory,
        watched.beat_id,
        watched.rep_id,
        watched.owner_name,
        watched.state,
        watched.reporting_currency,
        watched.first_order_date,
        watched.days_silent as days_since_first_order,
        watched.last_visit_on,
        watched.next_visit_on,
        peers.peers,
        cast(100.0 * peers.peers_with_second_order / peers.peers as decimal(5, 1)) as percent_of_peers_with_second_order
    from watched
    left join peers
        on
            watched.channel = peers.channel
            and watched.days_silent = peers.days_silent

)

select * from final
