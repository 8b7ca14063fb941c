{# An item of a list, counted from 1. #}
{% macro nth_of(list, place) -%}
    {{ adapter.dispatch('nth_of')(list, place) }}
{%- endmacro %}

{% macro duckdb__nth_of(list, place) -%}
    {{ list }}[{{ place }}]
{%- endmacro %}

{% macro spark__nth_of(list, place) -%}
    element_at({{ list }}, {{ place }})
{%- endmacro %}
