{# A whole number that a text always has, on every engine and in every year, of up to 15 hexadecimal digits. #}
{% macro text_number(text, digits) -%}
    {{ adapter.dispatch('text_number')(text, digits) }}
{%- endmacro %}

{% macro duckdb__text_number(text, digits) -%}
    cast('0x' || substr(md5({{ text }}), 1, {{ digits }}) as bigint)
{%- endmacro %}

{% macro spark__text_number(text, digits) -%}
    cast(conv(substr(md5({{ text }}), 1, {{ digits }}), 16, 10) as bigint)
{%- endmacro %}
