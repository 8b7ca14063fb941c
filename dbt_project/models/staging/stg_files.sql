-- grain: file_hash, feed, entity
with source as (

    select
        feed,
        entity,
        file_name,
        file_hash,
        status,
        rows_read,
        rows_accepted,
        rows_duplicate,
        rows_quarantined,
        loaded_at
    from {{ source('lake', 'files') }}
    where {{ was_known('loaded_at') }}

)

select * from source
