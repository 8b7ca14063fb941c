{# Each row has a value, and no two the same: one question where `unique` and `not_null` would be two. #}
{% test primary_key(model, column_name) %}

    select {{ column_name }}
    from {{ model }}
    group by {{ column_name }}
    having
        count(*) > 1
        or {{ column_name }} is null

{% endtest %}
