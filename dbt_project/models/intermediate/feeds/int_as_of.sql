-- grain: one row, the run
-- the newest day that any feed holds, never the day on which the run happens to take place
with int_feed_watermarks as (

    select
        currency,
        first_business_date,
        watermark_date
    from {{ ref('int_feed_watermarks') }}

),

final as (

    select
        coalesce(cast(nullif('{{ var("as_of_date") }}', '') as date), max(watermark_date)) as as_of_date,
        min(first_business_date) as first_business_date,
        coalesce(
            nullif('{{ var("reporting_currency") }}', ''),
            case when count(distinct currency) = 1 then min(currency) end
        ) as reporting_currency
    from int_feed_watermarks

)

select * from final
