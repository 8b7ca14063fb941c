{# Rows of orders or lines with the day on which they count: as stated, else the day of their instant where the outlet is.
   `zone` is null where the day was stated. #}
{% macro with_business_date(relation) -%}
    select
        {{ relation }}.*,
        case
            when {{ relation }}.ordered_on is null
                then coalesce(outlet_zones.time_zone, distributors.time_zone, feeds.time_zone)
        end as zone,
        coalesce(
            {{ relation }}.ordered_on,
            {{ local_date(
                relation ~ '.ordered_at', 'coalesce(outlet_zones.time_zone, distributors.time_zone, feeds.time_zone)'
            ) }}
        ) as business_date
    from {{ relation }}
    left join {{ ref('stg_outlet_zones') }} as outlet_zones
        on {{ relation }}.outlet_id = outlet_zones.outlet_id
    left join {{ ref('stg_distributors') }} as distributors
        on {{ relation }}.distributor_id = distributors.distributor_id
    left join {{ ref('stg_feeds') }} as feeds
        on {{ relation }}.feed = feeds.feed
{%- endmacro %}
