{# One cause of one outlet: its measure against its peers', and how many times the rule's gap it lies off.
   `worse`: whether more of it is worse ('higher') or less ('lower'); `known`: when both sides can be told. #}
{% macro cause_row(cause, unit, own, peers, known, rule, worse='lower') -%}
    select
        outlet_id,
        '{{ cause }}' as cause,
        '{{ unit }}' as unit,
        {{ known }} as is_known,
        case when {{ known }} then cast({{ own }} as decimal(9, 1)) end as measure,
        case when {{ known }} then cast({{ peers }} as decimal(9, 1)) end as peers_measure,
        case
            when {{ known }} then
                cast({{ '(' ~ own ~ ') - (' ~ peers ~ ')' if worse == 'higher' else '(' ~ peers ~ ') - (' ~ own ~ ')' }} as double)
                / {{ rule }}
        end as weight
    from measured
{%- endmacro %}
