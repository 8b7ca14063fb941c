{# A date some days later. #}
{% macro add_days(day, days) -%}
    {{ adapter.dispatch('add_days')(day, days) }}
{%- endmacro %}

{% macro duckdb__add_days(day, days) -%}
    cast({{ day }} + {{ days }} as date)
{%- endmacro %}

{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, cast({{ days }} as int))
{%- endmacro %}
