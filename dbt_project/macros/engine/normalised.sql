{# A name or an address as people mean it: lower case, without accents, marks and double spaces; nothing is null. #}
{% macro normalised(words) -%}
    {{ adapter.dispatch('normalised')(words) }}
{%- endmacro %}

{% macro duckdb__normalised(words) -%}
    nullif(trim(regexp_replace(lower(strip_accents({{ words }})), '[^\p{L}\p{N}]+', ' ', 'g')), '')
{%- endmacro %}
