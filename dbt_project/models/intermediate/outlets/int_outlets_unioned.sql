-- grain: outlet, from the master or seen only in orders (then its attributes are unknown)
with int_outlet_versions as (

    select *
    from {{ ref('int_outlet_versions') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

current_rows as (

    select int_outlet_versions.*
    from int_outlet_versions
    cross join int_as_of
    -- the row that holds on the business date, else the first one to come
    qualify row_number() over (
        partition by int_outlet_versions.outlet_id
        order by
            coalesce(int_outlet_versions.valid_from, date '1900-01-01') <= int_as_of.as_of_date desc,
            case
                when coalesce(int_outlet_versions.valid_from, date '1900-01-01') <= int_as_of.as_of_date
                    then int_outlet_versions.valid_from
            end desc nulls last,
            int_outlet_versions.valid_from asc
    ) = 1

),

int_orders_unioned as (

    select
        feed,
        outlet_id
    from {{ ref('int_orders_unioned') }}
    where outlet_id is not null

),

strangers as (

    select
        int_orders_unioned.feed,
        int_orders_unioned.outlet_id
    from int_orders_unioned
    left join current_rows
        on int_orders_unioned.outlet_id = current_rows.outlet_id
    where current_rows.outlet_id is null
    group by
        int_orders_unioned.feed,
        int_orders_unioned.outlet_id

),

final as (

    select
        feed,
        outlet_id,
        source_outlet_id,
        outlet_name,
        address,
        city,
        latitude,
        longitude,
        opened_on,
        closed_on,
        on_hold,
        parent_outlet_id,
        contact_name,
        contact_phone,
        contact_email
    from current_rows
    union all
    select
        feed,
        outlet_id,
        substr(outlet_id, length(feed) + 2) as source_outlet_id,
        null as outlet_name,
        null as address,
        null as city,
        null as latitude,
        null as longitude,
        null as opened_on,
        null as closed_on,
        null as on_hold,
        null as parent_outlet_id,
        null as contact_name,
        null as contact_phone,
        null as contact_email
    from strangers

)

select * from final
