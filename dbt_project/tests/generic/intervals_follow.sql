{# Intervals [valid_from, valid_to) of a key follow each other without gap or overlap. #}
{% test intervals_follow(model, columns) %}

    select *
    from (
        select
            {{ columns | join(', ') }},
            valid_to,
            lead(valid_from) over (partition by {{ columns | join(', ') }} order by valid_from) as next_from
        from {{ model }}
    )
    where next_from != valid_to

{% endtest %}
