-- grain: state
with state_labels as (

    select
        state,
        cast(sort_order as integer) as sort_order,
        label_en,
        label_id,
        label_zh,
        label_ro,
        label_pt
    from {{ ref('state_labels') }}

)

select * from state_labels
