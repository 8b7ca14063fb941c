{# A whole number that tells texts apart; `turn` gives another one. Never stored: engines differ. #}
{% macro hash_number(text, turn=0) -%}
    {{ adapter.dispatch('hash_number')(text, turn) }}
{%- endmacro %}

{% macro duckdb__hash_number(text, turn) -%}
    (hash({{ text }}) >> {{ 8 * turn }})
{%- endmacro %}

{% macro spark__hash_number(text, turn) -%}
    shiftrightunsigned(xxhash64({{ text }}), {{ 8 * turn }})
{%- endmacro %}
