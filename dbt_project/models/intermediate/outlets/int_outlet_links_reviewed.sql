-- grain: outlet of which a person said whether it goes on under another number
-- what a workspace's own feed says wins over the seed; kind `different`: it does not, whatever it looks like
with stg_outlet_links as (

    select
        outlet_id,
        replaced_by_outlet_id,
        linked_on,
        kind
    from {{ ref('stg_outlet_links') }}

),

outlet_links as (

    select
        outlet_id,
        replaced_by_outlet_id,
        linked_on,
        kind
    from {{ ref('outlet_links') }}

),

delivered_nowhere as (

    select outlet_links.*
    from outlet_links
    left join stg_outlet_links
        on outlet_links.outlet_id = stg_outlet_links.outlet_id
    where stg_outlet_links.outlet_id is null

),

final as (

    select * from stg_outlet_links
    union all
    select * from delivered_nowhere

)

select * from final
