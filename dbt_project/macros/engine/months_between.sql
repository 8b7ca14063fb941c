{# Whole months from one first of a month to another. #}
{% macro months_between(first_month, second_month) -%}
    {{ adapter.dispatch('months_between')(first_month, second_month) }}
{%- endmacro %}

{% macro duckdb__months_between(first_month, second_month) -%}
    cast(datediff('month', {{ first_month }}, {{ second_month }}) as integer)
{%- endmacro %}

{% macro spark__months_between(first_month, second_month) -%}
    cast(datediff(month, {{ first_month }}, {{ second_month }}) as int)
{%- endmacro %}
