-- grain: from_currency, to_currency, rate_on within a feed, latest version
with source as (

    select
        from_currency,
        to_currency,
        rate_on,
        rate,
        _feed,
        _file_hash,
        _loaded_at,
        _file_name,
        _row_number
    from {{ source('lake', 'exchange_rates') }}
    where {{ was_known() }}

),

latest as (

    select *
    from source
    qualify {{ latest_version(['_feed', 'from_currency', 'to_currency', 'rate_on'], 'null') }}

),

renamed as (

    select
        _feed as feed,
        from_currency,
        to_currency,
        rate_on,
        rate,
        _file_hash as file_hash
    from latest

)

select * from renamed
