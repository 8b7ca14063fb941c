{{ config(pre_hook='{{ start_empty() }}') }}
-- grain: order, as the source writes it, of which a new file holds a header or a line; without a build before: none
with new_files as (

    select
        feed,
        file_hash
    from {{ ref('int_files_numbered') }}
    where build_number = (select max(build_number) from {{ ref('int_files_numbered') }})

),

versions as (

    select
        feed,
        order_id,
        _file_hash
    from {{ ref('stg_order_versions') }}
    union all
    select
        feed,
        order_id,
        _file_hash
    from {{ ref('stg_order_line_versions') }}

),

final as (

    select
        versions.feed,
        versions.order_id
    from versions
    semi join new_files
        on
            versions.feed = new_files.feed
            and versions._file_hash = new_files.file_hash
    where {{ 'true' if is_incremental() else 'false' }}
    group by
        versions.feed,
        versions.order_id

)

select * from final
