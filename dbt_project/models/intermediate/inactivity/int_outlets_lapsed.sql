-- grain: outlet and window in which the outlet has lapsed on the business date of the run
with int_outlet_activity_intervals as (

    select
        outlet_id,
        window_days,
        valid_from,
        valid_to
    from {{ ref('int_outlet_activity_intervals') }}
    where status = 'lapsed'

),

int_outlet_run_rates as (

    select
        outlet_id,
        last_order_date,
        daily_net_amount
    from {{ ref('int_outlet_run_rates') }}

),

int_as_of as (

    select as_of_date
    from {{ ref('int_as_of') }}

),

newest as (

    select *
    from int_outlet_run_rates
    qualify row_number() over (partition by outlet_id order by last_order_date desc) = 1

),

final as (

    select
        intervals.outlet_id,
        intervals.window_days,
        newest.last_order_date,
        newest.daily_net_amount * 30 as monthly_net_amount_before
    from int_outlet_activity_intervals as intervals
    cross join int_as_of
    left join newest
        on intervals.outlet_id = newest.outlet_id
    where
        intervals.valid_from <= int_as_of.as_of_date
        and intervals.valid_to > int_as_of.as_of_date

)

select * from final
