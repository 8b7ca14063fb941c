{# A number from 0 to `buckets` - 1 that a text always falls on, on every engine and in every year: chance without dice. #}
{% macro bucket(text, buckets) -%}
    ({{ text_number(text, 12) }} % {{ buckets }})
{%- endmacro %}
