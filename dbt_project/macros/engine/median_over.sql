{# The median over a window with a frame. #}
{% macro median_over(number, over) -%}
    {{ adapter.dispatch('median_over')(number, over) }}
{%- endmacro %}

{% macro duckdb__median_over(number, over) -%}
    median({{ number }}) over {{ over }}
{%- endmacro %}

{% macro spark__median_over(number, over) -%}
    percentile({{ number }}, 0.5) over {{ over }}
{%- endmacro %}
