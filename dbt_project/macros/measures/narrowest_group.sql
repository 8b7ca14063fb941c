{# Order of the groups that an outlet can be measured against: the narrowest with enough peers, else the one with most.
   `rules` has min_peers. #}
{% macro narrowest_group(peers, width) -%}
    case when {{ peers }} >= rules.min_peers then {{ width }} end nulls last,
            {{ peers }} desc,
            {{ width }}
{%- endmacro %}
