{# Who is silent on the business date, by one name of the KPI's cells: what rpt_beat_silence and rpt_rep_silence share. #}
{% macro silence_counts(subject) -%}
    select
        kpi_inactivity_daily.{{ subject }},
        kpi_inactivity_daily.window_days,
        cast(sum(kpi_inactivity_daily.universe_outlets) as bigint) as universe_outlets,
        cast(sum(kpi_inactivity_daily.active_outlets) as bigint) as active_outlets,
        cast(sum(kpi_inactivity_daily.inactive_outlets) as bigint) as inactive_outlets,
        cast(sum(kpi_inactivity_daily.lapsed_outlets) as bigint) as lapsed_outlets,
        cast(sum(kpi_inactivity_daily.never_ordered_outlets) as bigint) as never_ordered_outlets,
        cast(sum(kpi_inactivity_daily.unknown_outlets) as bigint) as unknown_outlets
    from {{ ref('kpi_inactivity_daily') }} as kpi_inactivity_daily
    inner join {{ ref('int_as_of') }} as int_as_of
        on kpi_inactivity_daily.holds_until = int_as_of.as_of_date
    group by
        kpi_inactivity_daily.{{ subject }},
        kpi_inactivity_daily.window_days
{%- endmacro %}

{# What the lapsed outlets bought in 30 days before. #}
{% macro silence_amounts(subject) -%}
    select
        dim_outlets.{{ subject }},
        lapsed.window_days,
        sum(lapsed.monthly_net_amount_before) as monthly_net_amount_lost
    from {{ ref('int_outlets_lapsed') }} as lapsed
    inner join {{ ref('dim_outlets') }} as dim_outlets
        on lapsed.outlet_id = dim_outlets.outlet_id
    group by
        dim_outlets.{{ subject }},
        lapsed.window_days
{%- endmacro %}

{# `counted` and `priced` are the two above, `rules` has small_group_outlets. #}
{% macro silence_columns() -%}
        counted.window_days,
        counted.universe_outlets,
        counted.active_outlets,
        counted.inactive_outlets,
        counted.lapsed_outlets,
        counted.never_ordered_outlets,
        counted.unknown_outlets,
        {{ wilson_low('counted.lapsed_outlets', '(counted.active_outlets + counted.inactive_outlets)') }}
            as lapsed_share_low,
        {{ wilson_high('counted.lapsed_outlets', '(counted.active_outlets + counted.inactive_outlets)') }}
            as lapsed_share_high,
        counted.active_outlets + counted.inactive_outlets < rules.small_group_outlets as is_small_group,
        int_as_of.reporting_currency,
        cast(coalesce(priced.monthly_net_amount_lost, 0) as decimal(18, 2)) as monthly_net_amount_lost
{%- endmacro %}
