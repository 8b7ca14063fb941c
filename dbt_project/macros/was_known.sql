{# Whether a row of the lake had arrived by the moment of the run, `known_at` (UTC); without one, all rows had. #}
{% macro was_known() -%}
    {%- if var('known_at') -%}_loaded_at <= cast('{{ var("known_at") }}' as timestamp)
    {%- else -%}_loaded_at is not null
    {%- endif -%}
{%- endmacro %}
