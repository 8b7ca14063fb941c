{# What a scorecard sums up. #}
{% macro scorecard_measures() -%}
    {{ return([
        'silent_outlets', 'lapsed_outlets', 'revived_outlets', 'inherited_outlets', 'missed_signals', 'target_outlets',
        'planned_visits', 'planned_visits_done', 'visits', 'visits_with_order', 'ordered_quantity', 'delivered_quantity', 'delivery_lines',
        'full_lines', 'timed_orders', 'delivery_days',
    ]) }}
{%- endmacro %}

{% macro scorecard_row(given) -%}{{ measures_row(scorecard_measures(), given) }}{%- endmacro %}

{% macro scorecard_sums() -%}{{ measures_sums(scorecard_measures()) }}{%- endmacro %}
