{# One number for the nine names of a cell: what carries it to millions of rows need not carry the names. #}
{% macro cell_number(served, abc_class) -%}
    {%- set names = ['feed', 'beat_id', 'rep_id', 'distributor_id', 'territory', 'region', 'country', 'channel'] -%}
    {{ text_number(
        "concat_ws(chr(31), coalesce(" ~ served ~ "." ~ names | join(", ''), coalesce(" ~ served ~ ".") ~ ", ''), "
        ~ abc_class ~ ")", 15
    ) }}
{%- endmacro %}
