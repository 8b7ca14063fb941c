{# A number from 0 to `buckets` - 1 that a text always falls on, on every engine and in every year: chance without dice. #}
{% macro bucket(text, buckets) -%}
    {{ adapter.dispatch('bucket')(text, buckets) }}
{%- endmacro %}

{% macro duckdb__bucket(text, buckets) -%}
    (cast('0x' || substr(md5({{ text }}), 1, 12) as bigint) % {{ buckets }})
{%- endmacro %}
