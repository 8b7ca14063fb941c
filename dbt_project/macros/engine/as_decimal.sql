{# A number that several steps of floating point made, as DECIMAL(18, scale), rounded half away from zero.
   DuckDB multiplies and then rounds, which takes some numbers a hair below the half for the half; Spark's cast goes by
   the digits, so it is told to multiply first. #}
{% macro as_decimal(number, scale=2) -%}
    {{ adapter.dispatch('as_decimal')(number, scale) }}
{%- endmacro %}

{% macro duckdb__as_decimal(number, scale) -%}
    cast({{ number }} as decimal(18, {{ scale }}))
{%- endmacro %}

{% macro spark__as_decimal(number, scale) -%}
    cast(round(({{ number }}) * 1e{{ scale }}) / 1e{{ scale }} as decimal(18, {{ scale }}))
{%- endmacro %}
