{# Join each row of `before` with the newest row of `relation` on or before its day; `kind` is left or inner.
   Columns are named where it is used: Spark's spelling brings one more. #}
{% macro as_of_join(kind, relation, before, keys, day, relation_day) -%}
    {{ adapter.dispatch('as_of_join')(kind, relation, before, keys, day, relation_day) }}
{%- endmacro %}

{% macro duckdb__as_of_join(kind, relation, before, keys, day, relation_day) -%}
    asof {{ kind }} join {{ relation }}
        on
            {% for key in keys -%}
            {{ before }}.{{ key }} = {{ relation }}.{{ key }}
            and {% endfor -%}
            {{ before }}.{{ day }} >= {{ relation }}.{{ relation_day }}
{%- endmacro %}

{% macro spark__as_of_join(kind, relation, before, keys, day, relation_day) -%}
    {{ kind }} join (
        select
            *,
            lead({{ relation_day }}, 1, date '9999-12-31') over (
                partition by {{ keys | join(', ') }} order by {{ relation_day }}
            ) as _holds_until
        from {{ relation }}
    ) as {{ relation }}
        on
            {% for key in keys -%}
            {{ before }}.{{ key }} = {{ relation }}.{{ key }}
            and {% endfor -%}
            {{ before }}.{{ day }} >= {{ relation }}.{{ relation_day }}
            and {{ before }}.{{ day }} < {{ relation }}._holds_until
{%- endmacro %}
