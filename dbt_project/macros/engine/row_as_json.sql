{# A row of a relation as JSON text. #}
{% macro row_as_json(relation) -%}
    {{ adapter.dispatch('row_as_json')(relation) }}
{%- endmacro %}

{% macro duckdb__row_as_json(relation) -%}
    cast(to_json({{ relation }}) as varchar)
{%- endmacro %}

{% macro spark__row_as_json(relation) -%}
    to_json(struct({{ relation }}.*), map('ignoreNullFields', 'false'))
{%- endmacro %}
