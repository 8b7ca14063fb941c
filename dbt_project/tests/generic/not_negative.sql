{# One test for all columns of a model: dbt and Dagster take longer over a test than DuckDB does. #}
{% test not_negative(model, columns) %}

    select {{ columns | join(', ') }}
    from {{ model }}
    where {{ columns | join(' < 0 or ') }} < 0

{% endtest %}
