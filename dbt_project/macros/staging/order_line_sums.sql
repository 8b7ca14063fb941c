{# What lines say of their order. #}
{% macro order_line_sums() -%}
        feed,
        order_id,
        min(outlet_id) as outlet_id,
        min(ordered_on) as ordered_on,
        min(ordered_at) as ordered_at,
        min(rep_id) as rep_id,
        min(distributor_id) as distributor_id,
        min(currency) as currency,
        case when bool_and(coalesce(order_type, 'sale') = 'return') then 'return' else 'sale' end as order_type,
        case
            when bool_and(coalesce(order_status, 'open') = 'cancelled') then 'cancelled'
            else 'open'
        end as order_status,
        sum(case when coalesce(order_status, 'open') = 'cancelled' then 0 else net_amount end) as net_amount,
        sum(case when coalesce(order_status, 'open') = 'cancelled' then 0 else quantity end) as quantity,
        count(*) as order_lines,
        max(_loaded_at) as loaded_at
{%- endmacro %}
