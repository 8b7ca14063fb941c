-- grain: file content of a feed and entity; build_number: the build that took it in, so the highest has the new files
with stg_files as (

    select
        feed,
        entity,
        file_hash
    from {{ ref('stg_files') }}
    where status = 'landed'

),

{% if is_incremental() %}

before as (

    select
        feed,
        entity,
        file_hash
    from {{ this }}

),

builds as (

    select max(build_number) as build_number
    from {{ this }}

),

final as (

    select
        stg_files.feed,
        stg_files.entity,
        stg_files.file_hash,
        coalesce(builds.build_number, 0) + 1 as build_number
    from stg_files
    cross join builds
    anti join before
        on
            stg_files.feed = before.feed
            and stg_files.entity = before.entity
            and stg_files.file_hash = before.file_hash

)

{% else %}

final as (

    select
        *,
        1 as build_number
    from stg_files

)

{% endif %}

select * from final
