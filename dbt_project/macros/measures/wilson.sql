{# Wilson's interval (95%) for a share: how far the share of a small group could be off by chance. Null without trials. #}
{% macro wilson_low(successes, trials) -%}
    {{ wilson_bound(successes, trials, '-') }}
{%- endmacro %}

{% macro wilson_high(successes, trials) -%}
    {{ wilson_bound(successes, trials, '+') }}
{%- endmacro %}

{# 1.959964: so many standard deviations to either side hold 95%. #}
{% macro wilson_bound(successes, trials, side) -%}
    cast(
        case
            when {{ trials }} > 0 then round(
                greatest(
                    0,
                    least(
                        1,
                        (
                            {{ successes }} + power(1.959964, 2) / 2
                            {{ side }} 1.959964 * sqrt(
                                cast({{ successes }} as double) * ({{ trials }} - {{ successes }}) / {{ trials }}
                                + power(1.959964, 2) / 4
                            )
                        ) / ({{ trials }} + power(1.959964, 2))
                    )
                ), 4
            )
        end as decimal(5, 4)
    )
{%- endmacro %}
