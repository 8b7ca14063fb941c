{# Whether the first order of an outlet that its feed holds is known to be the outlet's first: it opened when the feed
   was there, or the feed had been there for so long that the outlet is as good as new. Who is older than the feed, or of
   unknown age, may have ordered before. #}
{% macro is_first_known(outlet, new_days) -%}
    (
            {{ outlet }}.is_seen_from_opening
            or {{ days_between(outlet ~ '.feed_began_on', outlet ~ '.first_order_date') }} >= {{ new_days }}
        )
{%- endmacro %}
