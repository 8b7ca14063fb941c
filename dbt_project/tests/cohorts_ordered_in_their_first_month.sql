select
    feed,
    channel,
    cohort_month
from {{ ref('kpi_retention_cohorts') }}
where
    months_since = 0
    and active_outlets != cohort_outlets
