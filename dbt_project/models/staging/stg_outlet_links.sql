-- grain: outlet_id, latest version of any feed; ids are those of the marts, since a link can join two feeds
with source as (

    select
        outlet_id,
        replaced_by_outlet_id,
        linked_on,
        kind,
        reviewed_by,
        _feed,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'outlet_links') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['outlet_id'], 'null') }}

),

renamed as (

    select
        _feed as feed,
        outlet_id,
        replaced_by_outlet_id,
        linked_on,
        kind,
        reviewed_by
    from latest

)

select * from renamed
