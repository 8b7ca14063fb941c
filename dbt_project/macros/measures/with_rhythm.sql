{# Order days with what the ten most recent gaps tell of the outlet's rhythm. #}
{% macro with_rhythm(spells) -%}
    select
        *,
        count(gap_days) over recent as known_gaps,
        {{ quartiles('gap_days', 'recent') }} as gap_quartiles
    from {{ spells }}
    window recent as (partition by outlet_id order by business_date rows between 9 preceding and current row)
{%- endmacro %}
