{# Texts of a group in one, parted by commas, in an order. #}
{% macro joined_text(text, order_by) -%}
    {{ adapter.dispatch('joined_text')(text, order_by) }}
{%- endmacro %}

{% macro duckdb__joined_text(text, order_by) -%}
    string_agg({{ text }}, ', ' order by {{ order_by }})
{%- endmacro %}

{% macro spark__joined_text(text, order_by) -%}
    listagg({{ text }}, ', ') within group (order by {{ order_by }})
{%- endmacro %}
