{# How many of 32 slots the values of a group fall into, over whole numbers. As many slots as values proves that no value
   came twice, at a fraction of the cost of counting them; fewer slots prove nothing. #}
{% macro distinct_slots(number) -%}
    {{ adapter.dispatch('distinct_slots')(number) }}
{%- endmacro %}

{% macro duckdb__distinct_slots(number) -%}
    bit_count(bit_or(cast(1 as bigint) << cast({{ number }} & 31 as integer)))
{%- endmacro %}

{% macro spark__distinct_slots(number) -%}
    bit_count(bit_or(shiftleft(cast(1 as bigint), cast({{ number }} & 31 as int))))
{%- endmacro %}
