{# Sum over the months before a month, as many as `months`, of one key; rows are months of the key. #}
{% macro sum_of_months_before(amount, key, month_start, months) -%}
    {{ adapter.dispatch('sum_of_months_before')(amount, key, month_start, months) }}
{%- endmacro %}

{% macro duckdb__sum_of_months_before(amount, key, month_start, months) -%}
    sum({{ amount }}) over (
            partition by {{ key }} order by {{ month_start }}
            range between to_months({{ months }}) preceding and to_months(1) preceding
        )
{%- endmacro %}
