-- grain: visit_id within a feed, latest version
with source as (

    select
        visit_id,
        outlet_id,
        rep_id,
        beat_id,
        planned_on,
        visited_on,
        outcome,
        order_id,
        updated_at,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'visits') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'visit_id'], 'updated_at') }}

),

renamed as (

    select
        _feed as feed,
        {{ global_id('visit_id') }} as visit_id,
        {{ global_id('outlet_id') }} as outlet_id,
        {{ global_id('rep_id') }} as rep_id,
        {{ global_id('beat_id') }} as beat_id,
        planned_on,
        visited_on,
        outcome,
        {{ global_id('order_id') }} as order_id,
        updated_at
    from latest

)

select * from renamed
