{# What was there, with what came and without what went, is what is there now. #}
{% test bridge_ties(model, opening, added, removed, closing) %}

    select *
    from {{ model }}
    where {{ opening }} + {{ added | join(' + ') }} - {{ removed | join(' - ') }} != {{ closing }}

{% endtest %}
