{# An id that is unique across feeds; null stays null. #}
{% macro global_id(column, feed='_feed') -%}
    {{ feed }} || ':' || {{ column }}
{%- endmacro %}
