{# Facts that add up, brought under each other: each source fills its measures and leaves the others 0. #}
{% macro measures_row(measures, given) -%}
    {%- for measure in measures %}
        {{ given.get(measure, '0') }} as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro measures_sums(measures) -%}
    {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# What int_outlet_service_days counts; all of it adds up over days and outlets. #}
{% macro service_measures() -%}
    {{ return([
        'planned_visits', 'planned_visits_done', 'visits', 'visits_with_order', 'ordered_quantity', 'delivered_quantity',
        'coupons', 'told_orders', 'assisted_orders', 'short_share',
    ]) }}
{%- endmacro %}

{% macro service_row(given) -%}{{ measures_row(service_measures(), given) }}{%- endmacro %}

{% macro service_sums() -%}{{ measures_sums(service_measures()) }}{%- endmacro %}

{# Nothing counted is 0; `minus` takes an outlet itself out of its group. #}
{% macro service_columns(relation, minus='', prefix='') -%}
    {%- for measure in service_measures() %}
        coalesce({{ relation }}.{{ measure }}, 0)
        {%- if minus %} - coalesce({{ minus }}.{{ measure }}, 0){% endif %} as {{ prefix }}{{ measure }}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
