-- grain: outlet that stopped, with the number under which it most likely goes on
-- candidates meet on equal keys only (address, name and town, place): the work grows with outlets, not with pairs
with dim_outlets as (

    select
        outlet_id,
        feed,
        outlet_name,
        distributor_id,
        first_order_date,
        last_order_date,
        lifetime_orders,
        lifetime_net_amount
    from {{ ref('dim_outlets') }}
    where first_order_date is not null

),

int_outlet_traits as (

    select *
    from {{ ref('int_outlet_traits') }}

),

int_outlet_links as (

    select outlet_id
    from {{ ref('int_outlet_links') }}

),

different as (

    select
        outlet_id,
        replaced_by_outlet_id
    from {{ ref('int_outlet_links_reviewed') }}
    where kind = 'different'

),

dim_feeds as (

    select
        feed,
        first_order_date as feed_began_on
    from {{ ref('dim_feeds') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

rules as (

    select
        max(case when parameter = 'link_silent_days' then cast(value as integer) end) as silent_days,
        max(case when parameter = 'link_before_days' then cast(value as integer) end) as before_days,
        max(case when parameter = 'link_after_days' then cast(value as integer) end) as after_days,
        max(case when parameter = 'link_max_metres' then cast(value as double) end) as max_metres,
        max(case when parameter = 'link_max_neighbours' then cast(value as integer) end) as max_neighbours,
        max(case when parameter = 'link_min_score' then cast(value as integer) end) as min_score
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'

),

numbers as (

    select
        dim_outlets.*,
        dim_outlets.lifetime_net_amount / dim_outlets.lifetime_orders as order_net_amount,
        {{ all_but('int_outlet_traits', ['outlet_id']) }},
        dim_feeds.feed_began_on,
        int_as_of.as_of_date
    from dim_outlets
    cross join int_as_of
    inner join int_outlet_traits
        on dim_outlets.outlet_id = int_outlet_traits.outlet_id
    inner join dim_feeds
        on dim_outlets.feed = dim_feeds.feed
    left join int_outlet_links
        on dim_outlets.outlet_id = int_outlet_links.outlet_id
    where int_outlet_links.outlet_id is null

),

stopped as (

    select numbers.*
    from numbers
    cross join rules
    where {{ days_between('numbers.last_order_date', 'numbers.as_of_date') }} >= rules.silent_days

),

-- a number that orders from the feed's first days on may be older than the feed
begun as (

    select numbers.*
    from numbers
    cross join rules
    where {{ days_between('numbers.feed_began_on', 'numbers.first_order_date') }} >= rules.silent_days

),

steps as (

    select {{ every_number(-1, 1) }} as step

),

places as (

    select
        stopped.outlet_id,
        stopped.place_north + north.step as place_north,
        stopped.place_east + east.step as place_east
    from stopped
    cross join steps as north
    cross join steps as east
    where stopped.place_north is not null

),

keys as (

    select
        outlet_id,
        'stopped' as side,
        'address ' || address_key as meeting_key
    from stopped
    union all
    select
        outlet_id,
        'stopped' as side,
        'name ' || name_key as meeting_key
    from stopped
    union all
    select
        outlet_id,
        'stopped' as side,
        'place ' || place_north || ' ' || place_east as meeting_key
    from places
    union all
    select
        outlet_id,
        'begun' as side,
        'address ' || address_key as meeting_key
    from begun
    union all
    select
        outlet_id,
        'begun' as side,
        'name ' || name_key as meeting_key
    from begun
    union all
    select
        outlet_id,
        'begun' as side,
        'place ' || place_north || ' ' || place_east as meeting_key
    from begun
    union all
    select
        outlet_id,
        'stopped' as side,
        'both ' || name_key || ' ' || address_key as meeting_key
    from stopped
    union all
    select
        outlet_id,
        'there all along' as side,
        'both ' || name_key || ' ' || address_key as meeting_key
    from numbers

),

-- a shopping centre or a chain's office is no evidence, and many of them would be many pairs
telling_keys as (

    select keys.*
    from keys
    cross join rules
    where keys.meeting_key is not null
    qualify count(*) over (partition by keys.meeting_key, keys.side) <= rules.max_neighbours

),

met as (

    select
        former.outlet_id,
        latter.outlet_id as goes_on_as_outlet_id,
        bool_or(latter.side = 'begun') as has_begun
    from telling_keys as former
    inner join telling_keys as latter
        on
            former.meeting_key = latter.meeting_key
            and former.outlet_id != latter.outlet_id
    left join different
        on
            former.outlet_id = different.outlet_id
            and latter.outlet_id = different.replaced_by_outlet_id
    where
        former.side = 'stopped'
        and latter.side != 'stopped'
        and different.outlet_id is null
    group by
        former.outlet_id,
        latter.outlet_id

),

compared as (

    select
        former.outlet_id,
        latter.outlet_id as goes_on_as_outlet_id,
        met.has_begun,
        former.outlet_name,
        latter.outlet_name as goes_on_as_name,
        former.last_order_date,
        latter.first_order_date,
        {{ days_between('former.last_order_date', 'latter.first_order_date') }} as gap_days,
        latter.last_order_date as goes_on_last_order_date,
        former.address_key = latter.address_key as is_same_address,
        former.name_words = latter.name_words as is_same_name,
        round({{ likeness('former.name_words', 'latter.name_words') }}, 2) as name_likeness,
        -- plain geometry will do for neighbours
        round(111320 * sqrt(
            power(former.latitude - latter.latitude, 2)
            + power((former.longitude - latter.longitude) * cos(radians(former.latitude)), 2)
        )) as metres_apart,
        latter.order_net_amount / nullif(former.order_net_amount, 0) as size_ratio,
        former.feed != latter.feed
        or (
            former.distributor_id != latter.distributor_id
            and former.distributor_id != 'unknown'
            and latter.distributor_id != 'unknown'
        ) as is_other_distributor
    from met
    inner join numbers as former
        on met.outlet_id = former.outlet_id
    inner join numbers as latter
        on met.goes_on_as_outlet_id = latter.outlet_id

),

-- one stops and the other begins; or the one that was there all along goes on alone
in_time as (

    select
        compared.*,
        rules.max_metres,
        rules.after_days,
        rules.min_score,
        compared.gap_days < -rules.before_days as is_overlapping
    from compared
    cross join rules
    where
        (compared.has_begun and compared.gap_days between -rules.before_days and rules.after_days)
        or (
            compared.gap_days < -rules.before_days
            and {{ days_between('compared.last_order_date', 'compared.goes_on_last_order_date') }} >= rules.silent_days
            and compared.is_same_name
            and compared.is_same_address
        )

),

weighed as (

    select
        *,
        case
            when is_same_address then 35
            -- at the same spot another address is the same one written differently
            when not is_same_address and coalesce(metres_apart > max_metres, true) then -15
            else 0
        end as address_points,
        case
            when is_same_name then 25
            when name_likeness >= 0.85 then 15
            else 0
        end as name_points,
        cast(
            case
                when metres_apart <= max_metres then round(15 - 10 * metres_apart / max_metres)
                when metres_apart > 10 * max_metres then -15
                else 0
            end as integer
        ) as place_points,
        cast(
            case
                when is_overlapping then 0
                else round(15 * (after_days - abs(gap_days)) / cast(after_days as double))
            end as integer
        ) as timing_points,
        case
            when size_ratio between 0.5 and 2 then 10
            else 0
        end as size_points
    from in_time

),

scored as (

    select
        *,
        address_points + name_points + place_points + timing_points + size_points as score
    from weighed

),

ranked as (

    select
        *,
        count(*) over (partition by outlet_id) - 1 as other_candidates,
        row_number() over (
            partition by outlet_id order by score desc, abs(gap_days), goes_on_as_outlet_id
        ) as place
    from scored
    where score >= min_score

),

final as (

    select
        outlet_id,
        goes_on_as_outlet_id,
        case
            when is_overlapping then 'merged'
            when is_other_distributor then 'moved_distributor'
            when is_same_name or name_likeness >= 0.85 then 'recoded'
            else 'reregistered'
        end as kind,
        cast(score as integer) as score,
        address_points,
        name_points,
        place_points,
        timing_points,
        size_points,
        outlet_name,
        goes_on_as_name,
        last_order_date,
        first_order_date as goes_on_first_order_date,
        gap_days,
        coalesce(is_same_address, false) as is_same_address,
        cast(name_likeness as decimal(3, 2)) as name_likeness,
        cast(metres_apart as integer) as metres_apart,
        cast(least(size_ratio, 9999) as decimal(9, 2)) as size_ratio,
        other_candidates
    from ranked
    where place = 1

)

select * from final
