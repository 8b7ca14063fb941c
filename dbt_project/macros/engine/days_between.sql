{# Whole days from one date to another. #}
{% macro days_between(first_day, second_day) -%}
    {{ adapter.dispatch('days_between')(first_day, second_day) }}
{%- endmacro %}

{% macro duckdb__days_between(first_day, second_day) -%}
    cast({{ second_day }} - {{ first_day }} as integer)
{%- endmacro %}

{% macro spark__days_between(first_day, second_day) -%}
    datediff({{ second_day }}, {{ first_day }})
{%- endmacro %}
