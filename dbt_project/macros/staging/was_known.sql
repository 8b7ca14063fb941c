{# Whether a row of the lake had arrived by the moment of the run, `known_at` (UTC); without one, all rows had. #}
{% macro was_known(arrived_at='_loaded_at') -%}
    {%- if var('known_at') -%}{{ arrived_at }} <= cast('{{ var("known_at") }}' as timestamp)
    {%- else -%}{{ arrived_at }} is not null
    {%- endif -%}
{%- endmacro %}
