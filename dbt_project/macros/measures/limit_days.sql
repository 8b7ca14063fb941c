{# After how many days of silence a limit is reached: as stated, or more than so many order cycles. #}
{% macro limit_days(days, cycles, cycle_days) -%}
    cast(coalesce({{ days }}, floor({{ cycles }} * {{ cycle_days }}) + 1) as integer)
{%- endmacro %}

{# The three limits of a ladder. #}
{% macro ladder_limits(thresholds, cycle_days) -%}
        {{ limit_days(thresholds ~ '.lost_days', thresholds ~ '.lost_cycles', cycle_days) }} as lost_after_days,
        {{ limit_days(thresholds ~ '.inactive_days', thresholds ~ '.inactive_cycles', cycle_days) }}
            as inactive_after_days,
        {{ limit_days(
            thresholds ~ '.inactive_days - ' ~ thresholds ~ '.almost_inactive_days',
            thresholds ~ '.almost_inactive_cycles', cycle_days
        ) }} as almost_inactive_after_days
{%- endmacro %}
