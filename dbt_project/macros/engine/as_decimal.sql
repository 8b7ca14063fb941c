{# A number that several steps of floating point made, as DECIMAL(18, scale), rounded half away from zero.
   DuckDB's cast takes a billionth below the half for the half, so that 485.66499999999996 is 485.67; Spark's does not. #}
{% macro as_decimal(number, scale=2) -%}
    {{ adapter.dispatch('as_decimal')(number, scale) }}
{%- endmacro %}

{% macro duckdb__as_decimal(number, scale) -%}
    cast({{ number }} as decimal(18, {{ scale }}))
{%- endmacro %}

{% macro spark__as_decimal(number, scale) -%}
    cast(
        signum({{ number }}) * floor(abs({{ number }}) * 1e{{ scale }} + 0.500000001) / 1e{{ scale }}
        as decimal(18, {{ scale }})
    )
{%- endmacro %}
