with sums as (

    select
        as_of_date,
        rule_set,
        sum(outlets) as outlets
    from {{ ref('kpi_portfolio_composition') }}
    group by
        as_of_date,
        rule_set

)

select as_of_date
from sums
group by as_of_date
having min(outlets) != max(outlets)
