{# Keeps of each key the version that was updated, then delivered, last. #}
{% macro latest_version(key, updated_at='null') -%}
    row_number() over (
        partition by {{ key | join(', ') }}
        order by {{ updated_at }} desc nulls last, _loaded_at desc, _file_name desc, _row_number desc
    ) = 1
{%- endmacro %}
