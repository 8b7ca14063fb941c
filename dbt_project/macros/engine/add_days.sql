{# A date some days later. #}
{% macro add_days(day, days) -%}
    {{ adapter.dispatch('add_days')(day, days) }}
{%- endmacro %}

{% macro duckdb__add_days(day, days) -%}
    cast({{ day }} + {{ days }} as date)
{%- endmacro %}
