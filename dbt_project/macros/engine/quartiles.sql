{# First quartile, median and third quartile over a window, as a list. #}
{% macro quartiles(number, over) -%}
    {{ adapter.dispatch('quartiles')(number, over) }}
{%- endmacro %}

{% macro duckdb__quartiles(number, over) -%}
    quantile_cont({{ number }}, [0.25, 0.5, 0.75]) over {{ over }}
{%- endmacro %}

{% macro spark__quartiles(number, over) -%}
    percentile({{ number }}, array(0.25, 0.5, 0.75)) over {{ over }}
{%- endmacro %}
