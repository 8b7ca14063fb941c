{# A layer's schema is the layer's name; readers' catalogs have no layers, all is in the target's one schema. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if target.name == 'published' else custom_schema_name or target.schema }}
{%- endmacro %}
