{# A number that tells rows apart; its sum over rows tells apart sets of rows, but for a chance of one in 2^64. #}
{% macro row_fingerprint(columns) -%}
    {{ adapter.dispatch('row_fingerprint')(columns) }}
{%- endmacro %}

{% macro duckdb__row_fingerprint(columns) -%}
    cast(hash({{ columns | join(', ') }}) as hugeint)
{%- endmacro %}

{% macro spark__row_fingerprint(columns) -%}
    cast(xxhash64({{ columns | join(', ') }}) as decimal(28, 0))
{%- endmacro %}
