-- the kinds that still count as lapsed add up to the lapsed outlets of the KPI, window by window
with reasons as (

    select
        window_days,
        sum(outlets) as outlets
    from {{ ref('rpt_false_churn') }}
    where is_counted_as_lapsed
    group by window_days

),

kpi as (

    select
        kpi_inactivity_daily.window_days,
        sum(kpi_inactivity_daily.lapsed_outlets) as outlets
    from {{ ref('kpi_inactivity_daily') }} as kpi_inactivity_daily
    inner join {{ ref('int_as_of') }} as int_as_of
        on kpi_inactivity_daily.holds_until = int_as_of.as_of_date
    group by kpi_inactivity_daily.window_days

)

select
    reasons.window_days,
    reasons.outlets,
    kpi.outlets as kpi_outlets
from reasons
full join kpi
    on reasons.window_days = kpi.window_days
where coalesce(reasons.outlets, 0) != coalesce(kpi.outlets, 0)
