-- grain: outlet, window and interval [valid_from, valid_to) of one status: never_ordered, active, lapsed, unknown
-- an order opens a spell; the spell alone says when the outlet crosses the window and when it comes back,
-- so only gaps of at least the window make intervals and no outlet is multiplied by days
with int_outlet_spells as (

    select
        outlet_id,
        business_date,
        next_order_date
    from {{ ref('int_outlet_spells') }}

),

int_outlet_universe as (

    select
        feed,
        outlet_id,
        first_order_date,
        in_from,
        in_to,
        {{ add_days('known_to', 1) }} as unknown_from
    from {{ ref('int_outlet_universe') }}

),

windows as (

    select cast(value as integer) as window_days
    from {{ ref('rules') }}
    where
        rule_set = 'standard'
        and scope = 'default'
        and parameter = 'window_days'

),

silent_gaps as (

    select
        int_outlet_spells.outlet_id,
        windows.window_days,
        {{ add_days('int_outlet_spells.business_date', 'windows.window_days') }} as lapsed_from,
        int_outlet_spells.next_order_date as returned_on
    from int_outlet_spells
    inner join windows
        on
            int_outlet_spells.next_order_date is null
            or {{ days_between('int_outlet_spells.business_date', 'int_outlet_spells.next_order_date') }}
            > windows.window_days

),

lapsed as (

    select
        outlet_id,
        window_days,
        'lapsed' as status,
        lapsed_from as valid_from,
        returned_on as valid_to
    from silent_gaps

),

-- active from the first order or a return until the next crossing
activations as (

    select
        int_outlet_universe.outlet_id,
        windows.window_days,
        int_outlet_universe.first_order_date as active_from
    from int_outlet_universe
    cross join windows
    where int_outlet_universe.first_order_date is not null
    union all
    select
        outlet_id,
        window_days,
        returned_on as active_from
    from silent_gaps
    where returned_on is not null

),

numbered_activations as (

    select
        outlet_id,
        window_days,
        active_from,
        row_number() over (partition by outlet_id, window_days order by active_from) as place
    from activations

),

numbered_gaps as (

    select
        outlet_id,
        window_days,
        lapsed_from,
        row_number() over (partition by outlet_id, window_days order by lapsed_from) as place
    from silent_gaps

),

active as (

    select
        numbered_activations.outlet_id,
        numbered_activations.window_days,
        'active' as status,
        numbered_activations.active_from as valid_from,
        numbered_gaps.lapsed_from as valid_to
    from numbered_activations
    left join numbered_gaps
        on
            numbered_activations.outlet_id = numbered_gaps.outlet_id
            and numbered_activations.window_days = numbered_gaps.window_days
            and numbered_activations.place = numbered_gaps.place

),

never_ordered as (

    select
        int_outlet_universe.outlet_id,
        windows.window_days,
        'never_ordered' as status,
        int_outlet_universe.in_from as valid_from,
        int_outlet_universe.first_order_date as valid_to
    from int_outlet_universe
    cross join windows

),

unioned as (

    select * from lapsed
    union all
    select * from active
    union all
    select * from never_ordered

),

known as (

    select
        unioned.outlet_id,
        unioned.window_days,
        unioned.status,
        unioned.valid_from as crossed_on,
        greatest(unioned.valid_from, int_outlet_universe.in_from) as valid_from,
        least(
            coalesce(unioned.valid_to, date '9999-12-31'),
            int_outlet_universe.in_to,
            int_outlet_universe.unknown_from
        ) as valid_to
    from unioned
    inner join int_outlet_universe
        on unioned.outlet_id = int_outlet_universe.outlet_id

),

not_known as (

    select
        int_outlet_universe.outlet_id,
        windows.window_days,
        'unknown' as status,
        greatest(int_outlet_universe.unknown_from, int_outlet_universe.in_from) as crossed_on,
        greatest(int_outlet_universe.unknown_from, int_outlet_universe.in_from) as valid_from,
        int_outlet_universe.in_to as valid_to
    from int_outlet_universe
    cross join windows

),

final as (

    select * from known
    where valid_from < valid_to
    union all
    select * from not_known
    where valid_from < valid_to

)

select * from final
