{{ config(pre_hook="{{ replace_touched(ref('int_order_days_touched'), ['outlet_id']) }}") }}
-- grain: outlet, under its own number only, and order day, with the days around it
-- depends_on: {{ ref('int_order_days_touched') }}
with days as (

    select
        days.outlet_id,
        days.business_date,
        days.orders,
        days.net_amount
    from {{ ref('int_outlet_order_days') }} as days
    {% if is_incremental() %}
    semi join {{ ref('int_order_days_touched') }} as touched
        on days.outlet_id = touched.outlet_id
    {% endif %}

),

neighbours as (

    {{ with_neighbours('days') }}

),

final as (

    {{ with_rhythm('neighbours') }}

)

select * from final
