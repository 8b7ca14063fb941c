{# All columns of a relation but some. #}
{% macro all_but(relation, columns) -%}
    {{ adapter.dispatch('all_but')(relation ~ '.*' if relation else '*', columns | join(', ')) }}
{%- endmacro %}

{% macro duckdb__all_but(star, columns) -%}
    {{ star }} exclude ({{ columns }})
{%- endmacro %}

{% macro spark__all_but(star, columns) -%}
    {{ star }} except ({{ columns }})
{%- endmacro %}
