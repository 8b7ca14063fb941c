{# Rows of whole numbers from one to another, both included. #}
{% macro every_number(first, last) -%}
    {{ adapter.dispatch('every_number')(first, last) }}
{%- endmacro %}

{% macro duckdb__every_number(first, last) -%}
    unnest(range({{ first }}, {{ last }} + 1))
{%- endmacro %}

{% macro spark__every_number(first, last) -%}
    explode(
        case when {{ first }} <= {{ last }} then sequence(cast({{ first }} as bigint), cast({{ last }} as bigint)) end
    )
{%- endmacro %}
