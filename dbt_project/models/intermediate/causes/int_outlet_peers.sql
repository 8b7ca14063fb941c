-- grain: outlet that counts and has ordered, and width of a group of outlets like it that it can be measured against
-- of one feed: 1 the same channel, territory and class; 2 without the class; 3 the channel alone (see narrowest_group)
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

final as (

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

)

select * from final
