{# Order days with the ones before and after; `days` has a row per outlet and day. #}
{% macro with_neighbours(days) -%}
    select
        outlet_id,
        business_date,
        orders,
        net_amount,
        lag(business_date) over outlet_days as previous_order_date,
        lead(business_date) over outlet_days as next_order_date,
        {{ days_between('lag(business_date) over outlet_days', 'business_date') }} as gap_days
    from {{ days }}
    window outlet_days as (partition by outlet_id order by business_date)
{%- endmacro %}
