{# Rows of one column `date_day` from one date to another, both included. #}
{% macro every_day(first_day, last_day) -%}
    {{ adapter.dispatch('every_day')(first_day, last_day) }}
{%- endmacro %}

{% macro duckdb__every_day(first_day, last_day) -%}
    cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date)
{%- endmacro %}

{# A sequence of Spark's would count down where DuckDB's has no rows. #}
{% macro spark__every_day(first_day, last_day) -%}
    explode(
        case when {{ first_day }} <= {{ last_day }} then sequence(cast({{ first_day }} as date), cast({{ last_day }} as date)) end
    )
{%- endmacro %}
