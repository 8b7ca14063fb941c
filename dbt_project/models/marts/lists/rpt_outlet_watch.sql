-- grain: outlet that stands on one of the lists, on the business date
-- the lists in the order of urgency, so that each outlet is worked once: under main_list
with lists as (

    select
        outlet_id,
        1 as urgency,
        'about_to_churn' as list
    from {{ ref('rpt_about_to_churn') }}
    union all
    select
        outlet_id,
        2 as urgency,
        'almost_inactive' as list
    from {{ ref('rpt_almost_inactive') }}
    union all
    select
        outlet_id,
        3 as urgency,
        'sales_drop' as list
    from {{ ref('rpt_sales_drop') }}
    union all
    select
        outlet_id,
        4 as urgency,
        'order_drop' as list
    from {{ ref('rpt_order_drop') }}
    union all
    select
        outlet_id,
        5 as urgency,
        'slow_goodbye' as list
    from {{ ref('rpt_slow_goodbye') }}
    union all
    select
        outlet_id,
        6 as urgency,
        'second_order_watch' as list
    from {{ ref('rpt_second_order_watch') }}
    union all
    select
        outlet_id,
        7 as urgency,
        'inactive' as list
    from {{ ref('int_outlets_watched') }}
    where state = 'inactive'
    union all
    select
        outlet_id,
        8 as urgency,
        'lost' as list
    from {{ ref('rpt_lost') }}

),

flagged as (

    select
        outlet_id,
        min_by(list, urgency) as main_list,
        count(*) as lists,
        bool_or(list = 'about_to_churn') as is_about_to_churn,
        bool_or(list = 'almost_inactive') as is_almost_inactive,
        bool_or(list = 'sales_drop') as has_sales_drop,
        bool_or(list = 'order_drop') as has_order_drop,
        bool_or(list = 'slow_goodbye') as is_slow_goodbye,
        bool_or(list = 'second_order_watch') as awaits_second_order,
        bool_or(list = 'inactive') as is_inactive,
        bool_or(list = 'lost') as is_lost
    from lists
    group by outlet_id

),

int_outlets_watched as (

    select *
    from {{ ref('int_outlets_watched') }}

),

final as (

    select
        outlets.outlet_id,
        outlets.outlet_name,
        outlets.feed,
        outlets.channel,
        outlets.territory,
        outlets.beat_id,
        outlets.rep_id,
        outlets.distributor_id,
        outlets.owner_name,
        outlets.abc_class,
        outlets.state,
        flagged.main_list,
        flagged.lists,
        flagged.is_about_to_churn,
        flagged.is_almost_inactive,
        flagged.has_sales_drop,
        flagged.has_order_drop,
        flagged.is_slow_goodbye,
        flagged.awaits_second_order,
        flagged.is_inactive,
        flagged.is_lost,
        outlets.last_order_date,
        outlets.days_silent,
        outlets.recent_visits,
        outlets.recent_coupons,
        outlets.reporting_currency,
        outlets.monthly_net_amount as typical_monthly_net_amount
    from flagged
    inner join int_outlets_watched as outlets
        on flagged.outlet_id = outlets.outlet_id

)

select * from final
