{# A month opens with what the month before closed with; after a month without a row, or with none before, with nothing. #}
{% test closing_is_next_opening(model, cell, opening, closing) %}

    select *
    from (
        select
            month_start,
            {{ opening }} as opening,
            lag(month_start) over cell_months as month_before,
            lag({{ closing }}) over cell_months as closing_before
        from {{ model }}
        window cell_months as (partition by {{ cell | join(', ') }} order by month_start)
    )
    where opening != case
        when {{ add_months('month_before', 1) }} = month_start then closing_before
        else 0
    end

{% endtest %}
