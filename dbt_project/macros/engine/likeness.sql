{# How alike two words are, from 0 to 1 (Jaro and Winkler). #}
{% macro likeness(first_words, second_words) -%}
    {{ adapter.dispatch('likeness')(first_words, second_words) }}
{%- endmacro %}

{% macro duckdb__likeness(first_words, second_words) -%}
    jaro_winkler_similarity({{ first_words }}, {{ second_words }})
{%- endmacro %}
