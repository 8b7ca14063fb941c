{# For a pre-hook: what the last build touched goes before it is put in again. #}
{% macro replace_touched(touched, columns) -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where ({{ columns | join(', ') }}) in (select {{ columns | join(', ') }} from {{ touched }})
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}

{# For a pre-hook: what the build before touched is of no more use. #}
{% macro start_empty() -%}
    {%- if is_incremental() -%}delete from {{ this }}{%- else -%}select 1{%- endif -%}
{%- endmacro %}
