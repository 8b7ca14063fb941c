-- grain: publish, order, outlet and business date that it names or named; append-only
with int_orders_late as (

    select
        feed,
        order_id,
        outlet_id,
        business_date,
        loaded_at,
        is_now,
        was_published,
        order_was_published,
        is_cancelled
    from {{ ref('int_orders_late') }}

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

int_outlet_cells as (

    select *
    from {{ ref('int_outlet_cells') }}

),

counted as (

    select
        int_orders_late.*,
        coalesce(int_outlet_links.counted_outlet_id, int_orders_late.outlet_id) as counted_outlet_id
    from int_orders_late
    left join int_outlet_links
        on int_orders_late.outlet_id = int_outlet_links.outlet_id

),

final as (

    select
        -- publish fills in these two
        cast(null as string) as generation,
        cast(null as timestamp) as published_at,
        counted.order_id,
        counted.outlet_id,
        counted.counted_outlet_id,
        counted.business_date,
        case
            when not counted.order_was_published then 'arrived'
            when not counted.is_now then 'moved_away'
            when not counted.was_published then 'moved_here'
            when counted.is_cancelled then 'cancelled'
            else 'corrected'
        end as what_happened,
        counted.loaded_at,
        {{ days_between('counted.business_date', 'cast(counted.loaded_at as date)') }} as days_late,
        counted.feed,
        int_outlet_cells.beat_id,
        int_outlet_cells.rep_id,
        int_outlet_cells.distributor_id,
        int_outlet_cells.territory,
        int_outlet_cells.region,
        int_outlet_cells.country,
        int_outlet_cells.channel,
        int_outlet_cells.abc_class
    from counted
    left join int_outlet_cells
        on
            counted.counted_outlet_id = int_outlet_cells.outlet_id
            and counted.business_date >= int_outlet_cells.valid_from
            and counted.business_date < int_outlet_cells.valid_to

)

select * from final
