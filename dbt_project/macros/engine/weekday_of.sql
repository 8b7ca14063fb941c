{# The day of the week from Monday, 1, to Sunday, 7. #}
{% macro weekday_of(day) -%}
    {{ adapter.dispatch('weekday_of')(day) }}
{%- endmacro %}

{% macro duckdb__weekday_of(day) -%}
    cast(extract(isodow from {{ day }}) as integer)
{%- endmacro %}

{% macro spark__weekday_of(day) -%}
    cast(extract(dayofweek_iso from {{ day }}) as integer)
{%- endmacro %}
