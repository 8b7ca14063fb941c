-- grain: outlet_id, valid_from within a feed, latest version; without valid_from one row a delivery
with source as (

    select
        outlet_id,
        valid_from,
        outlet_name,
        channel,
        beat_id,
        rep_id,
        distributor_id,
        territory,
        region,
        country,
        time_zone,
        address,
        city,
        latitude,
        longitude,
        opened_on,
        closed_on,
        on_hold,
        parent_outlet_id,
        replaces_outlet_id,
        contact_name,
        contact_phone,
        contact_email,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'outlets') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(
        ['_feed', 'outlet_id', 'valid_from', 'case when valid_from is null then _loaded_at end']
    ) }}

),

renamed as (

    select
        _feed as feed,
        outlet_id as source_outlet_id,
        {{ global_id('outlet_id') }} as outlet_id,
        valid_from,
        outlet_name,
        channel,
        {{ global_id('beat_id') }} as beat_id,
        {{ global_id('rep_id') }} as rep_id,
        {{ global_id('distributor_id') }} as distributor_id,
        territory,
        region,
        country,
        time_zone,
        address,
        city,
        latitude,
        longitude,
        opened_on,
        closed_on,
        on_hold,
        {{ global_id('parent_outlet_id') }} as parent_outlet_id,
        {{ global_id('replaces_outlet_id') }} as replaces_outlet_id,
        _loaded_at as loaded_at,
        contact_name,
        contact_phone,
        contact_email
    from latest

)

select * from renamed
