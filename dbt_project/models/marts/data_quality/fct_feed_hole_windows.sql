-- grain: feed, hole and window
-- windows overlap and do not add up; nor do holes, where a silence spans two of them
with int_feed_holes as (

    select
        feed,
        hole_from,
        hole_to
    from {{ ref('int_feed_holes') }}

),

int_outlet_activity_intervals as (

    select
        outlet_id,
        window_days,
        valid_from,
        valid_to,
        next_status
    from {{ ref('int_outlet_activity_intervals') }}
    where is_doubtful

),

int_outlet_known as (

    select
        feed,
        outlet_id
    from {{ ref('int_outlet_known') }}

),

windows as (

    select cast(value as integer) as window_days
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'
        and parameter = 'window_days'

),

doubtful as (

    select
        int_outlet_known.feed,
        intervals.outlet_id,
        intervals.window_days,
        {{ add_days('intervals.valid_from', '-intervals.window_days') }} as last_order_date,
        intervals.valid_to,
        intervals.next_status
    from int_outlet_activity_intervals as intervals
    inner join int_outlet_known
        on intervals.outlet_id = int_outlet_known.outlet_id

),

final as (

    select
        int_feed_holes.feed,
        int_feed_holes.hole_from,
        windows.window_days,
        count(distinct doubtful.outlet_id) as doubtful_outlets,
        -- a doubtful lapse that goes on as a certain one was only told too early
        count(distinct case when doubtful.next_status != 'lapsed' then doubtful.outlet_id end) as silenced_outlets
    from int_feed_holes
    cross join windows
    left join doubtful
        on
            int_feed_holes.feed = doubtful.feed
            and windows.window_days = doubtful.window_days
            and int_feed_holes.hole_from < doubtful.valid_to
            and int_feed_holes.hole_to > doubtful.last_order_date
    group by
        int_feed_holes.feed,
        int_feed_holes.hole_from,
        windows.window_days

)

select * from final
