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

{# A frame of Spark's needs bounds that are written down: the rows of the longest look-back, then those within the rule. #}
{% macro spark__sum_of_months_before(amount, key, month_start, months) -%}
    aggregate(
            filter(
                collect_list(named_struct('month_start', {{ month_start }}, 'amount', {{ amount }})) over (
                    partition by {{ key }} order by {{ month_start }}
                    rows between 60 preceding and 1 preceding
                ),
                earlier -> earlier.amount is not null and earlier.month_start >= add_months({{ month_start }}, - {{ months }})
            ),
            cast(null as decimal(38, 2)),
            (total, earlier) -> cast(coalesce(total, 0) + earlier.amount as decimal(38, 2))
        )
{%- endmacro %}
