{# One number for the nine names of a cell: what carries it to millions of rows need not carry the names. #}
{% macro cell_number(served, abc_class) -%}
    {%- set names = ['feed', 'beat_id', 'rep_id', 'distributor_id', 'territory', 'region', 'country', 'channel'] -%}
    cast({{ hash_number(served ~ '.' ~ names | join(', ' ~ served ~ '.') ~ ', ' ~ abc_class, turn=1) }} as bigint)
{%- endmacro %}
