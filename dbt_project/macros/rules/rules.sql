{# What a table can promise. Each macro selects the rows that break the promise: what the rule is about, and the key, so
   that a person can find them; no other columns, because some hold contacts. #}

{# dbt gives a test only the macros that it names, so the kind is not looked up by its name. #}
{% macro rows_that_break(kind, model, given, key) -%}
    {%- if kind == 'unique' -%}{{ rule_unique(model, given) }}
    {%- elif kind == 'not_null' -%}{{ rule_not_null(model, given, key) }}
    {%- elif kind == 'not_negative' -%}{{ rule_not_negative(model, given, key) }}
    {%- elif kind == 'check' -%}{{ rule_check(model, given, key) }}
    {%- elif kind == 'refers' -%}{{ rule_refers(model, given, key) }}
    {%- elif kind == 'values' -%}{{ rule_values(model, given, key) }}
    {%- elif kind == 'intervals_follow' -%}{{ rule_intervals_follow(model, given) }}
    {%- elif kind == 'bridge_ties' -%}{{ rule_bridge_ties(model, given, key) }}
    {%- elif kind == 'closing_is_next_opening' -%}{{ rule_closing_is_next_opening(model, given) }}
    {%- else -%}{{ exceptions.raise_compiler_error("unknown rule " ~ kind ~ ", see macros/rules") }}
    {%- endif -%}
{%- endmacro %}

{# No two rows share these values. #}
{% macro rule_unique(model, columns) -%}
    select
        {{ columns | join(', ') }},
        count(*) as times
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{%- endmacro %}

{# Each of the columns has a value. #}
{% macro rule_not_null(model, columns, key) -%}
    select {{ (key + columns) | unique | join(', ') }}
    from {{ model }}
    where {{ columns | join(' is null or ') }} is null
{%- endmacro %}

{# None of the columns is below zero. #}
{% macro rule_not_negative(model, columns, key) -%}
    select {{ (key + columns) | unique | join(', ') }}
    from {{ model }}
    where {{ columns | join(' < 0 or ') }} < 0
{%- endmacro %}

{# A condition of the contract, which a null does not break. #}
{% macro rule_check(model, expression, key) -%}
    select {{ key | join(', ') or '1 as broken' }}
    from {{ model }}
    where not ({{ expression }})
{%- endmacro %}

{# The column is empty or names a row of another table. #}
{% macro rule_refers(model, refers, key) -%}
    select {{ (key + [refers.column]) | unique | join(', ') }}
    from {{ model }}
    where
        {{ refers.column }} is not null
        and {{ refers.column }} not in (
            select {{ refers.field | default(refers.column) }}
            from {{ refers.to }}
            where {{ refers.field | default(refers.column) }} is not null
        )
{%- endmacro %}

{# The column is empty or has one of these values. #}
{% macro rule_values(model, allowed, key) -%}
    select {{ (key + [allowed.column]) | unique | join(', ') }}
    from {{ model }}
    where {{ allowed.column }} not in ('{{ allowed['values'] | join("', '") }}')
{%- endmacro %}

{# Intervals [valid_from, valid_to) of these columns follow each other without gap or overlap. #}
{% macro rule_intervals_follow(model, columns) -%}
    select *
    from (
        select
            {{ columns | join(', ') }},
            valid_to,
            lead(valid_from) over (partition by {{ columns | join(', ') }} order by valid_from) as next_from
        from {{ model }}
    ) as followed
    where next_from != valid_to
{%- endmacro %}

{# What was there, with what came and without what went, is what is there now. #}
{% macro rule_bridge_ties(model, bridge, key) -%}
    select
        {{ key | join(', ') }},
        {{ bridge.opening }},
        {{ bridge.closing }}
    from {{ model }}
    where {{ bridge.opening }} + {{ bridge.added | join(' + ') }} - {{ bridge.removed | join(' - ') }} != {{ bridge.closing }}
{%- endmacro %}

{# A month opens with what the month before closed with; after a month without a row, or with none before, with nothing. #}
{% macro rule_closing_is_next_opening(model, bridge) -%}
    select *
    from (
        select
            {{ bridge.cell | join(', ') }},
            month_start,
            {{ bridge.opening }} as opening,
            lag(month_start) over cell_months as month_before,
            lag({{ bridge.closing }}) over cell_months as closing_before
        from {{ model }}
        window cell_months as (partition by {{ bridge.cell | join(', ') }} order by month_start)
    ) as months
    where opening != case
        when {{ add_months('month_before', 1) }} = month_start then closing_before
        else 0
    end
{%- endmacro %}

{# The constraints of a model's contract as rules, where the engine does not check them while it writes. #}
{% macro unenforced_constraints(model) -%}
    {%- set found = [] -%}
    {%- if execute and target.type != 'duckdb' -%}
        {%- for node in graph.nodes.values() if node.relation_name == model | string -%}
            {%- set required = [] -%}
            {%- for column in node.columns.values() if column.constraints -%}
                {%- do required.append(column.name) -%}
            {%- endfor -%}
            {%- if required -%}{%- do found.append({'not_null': required}) -%}{%- endif -%}
            {%- for constraint in node.constraints -%}
                {%- do found.append({'check': constraint.expression}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}
