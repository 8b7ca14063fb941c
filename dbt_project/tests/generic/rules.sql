{# All rules of a table in one test: a node costs dbt more than its query costs the database.
   Each row that breaks a rule is a row here: the rule's number in the list, its kind, and the row as JSON. A kind is a
   macro in macros/rules. Where the engine does not enforce the constraints of a contract, they are rules as well. #}
{% test rules(model, rules) %}
    {%- set key = rules | selectattr('unique', 'defined') | map(attribute='unique') | first | default([]) %}
    {%- for rule in rules + unenforced_constraints(model) %}
    {%- set kind = rule.keys() | first %}
    select
        {{ loop.index }} as rule_number,
        '{{ kind }}' as rule,
        {{ row_as_json('failing') }} as failing_row
    from (
        {{ rows_that_break(kind, model, rule[kind], key) }}
    ) as failing
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

{% endtest %}
