{# The calendar day of an instant (UTC, without zone) in an IANA zone. #}
{% macro local_date(instant, zone) -%}
    {{ adapter.dispatch('local_date')(instant, zone) }}
{%- endmacro %}

{% macro duckdb__local_date(instant, zone) -%}
    cast(timezone({{ zone }}, timezone('UTC', {{ instant }})) as date)
{%- endmacro %}

{% macro spark__local_date(instant, zone) -%}
    cast(from_utc_timestamp({{ instant }}, {{ zone }}) as date)
{%- endmacro %}
