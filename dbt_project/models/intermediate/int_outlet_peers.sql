-- grain: outlet that counts: the group of outlets like it that it is measured against
-- of one feed: the same channel, territory and class; where those are too few without the class, then the channel alone
with int_outlets_watched as (

    select
        outlet_id,
        feed,
        channel,
        territory,
        abc_class
    from {{ ref('int_outlets_watched') }}
    where first_order_date is not null

),

rules as (

    select max(case when parameter = 'cause_min_peers' then cast(value as integer) end) as min_peers
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

named as (

    select
        outlet_id,
        1 as width,
        concat_ws(' / ', feed, channel, territory, abc_class) as peer_group
    from int_outlets_watched
    union all
    select
        outlet_id,
        2 as width,
        concat_ws(' / ', feed, channel, territory) as peer_group
    from int_outlets_watched
    union all
    select
        outlet_id,
        3 as width,
        concat_ws(' / ', feed, channel) as peer_group
    from int_outlets_watched

),

counted as (

    select
        outlet_id,
        width,
        peer_group,
        count(*) over (partition by width, peer_group) - 1 as peers
    from named

),

final as (

    select
        counted.outlet_id,
        counted.width,
        counted.peer_group,
        counted.peers,
        row_number() over (
            partition by counted.outlet_id
            order by
                counted.peers >= rules.min_peers desc,
                case when counted.peers >= rules.min_peers then counted.width end,
                counted.peers desc,
                counted.width
        ) = 1 as is_chosen
    from counted
    cross join rules

)

select * from final
