-- grain: outlet that counts, day and reason code as the field reported it, with the cause that it names
-- a code that seeds/reason_codes.csv does not know keeps its own word and names no cause
with stg_lapse_reasons as (

    select
        outlet_id,
        reported_on,
        reason_code,
        note
    from {{ ref('stg_lapse_reasons') }}

),

int_outlet_links as (

    select
        outlet_id,
        counted_outlet_id
    from {{ ref('int_outlet_links') }}

),

reason_codes as (

    select
        reason_code,
        cause
    from {{ ref('reason_codes') }}

),

final as (

    select
        coalesce(int_outlet_links.counted_outlet_id, reasons.outlet_id) as outlet_id,
        reasons.reported_on,
        reasons.reason_code,
        reasons.note,
        reason_codes.cause
    from stg_lapse_reasons as reasons
    inner join {{ ref('int_as_of') }} as int_as_of
        on reasons.reported_on <= int_as_of.as_of_date
    left join int_outlet_links
        on reasons.outlet_id = int_outlet_links.outlet_id
    left join reason_codes
        on reasons.reason_code = reason_codes.reason_code
    -- two numbers of one outlet may say the same on one day
    group by all

)

select * from final
