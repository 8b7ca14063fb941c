select
    as_of_date,
    holds_until
from {{ ref('rpt_restatements') }}
where holds_until < as_of_date
