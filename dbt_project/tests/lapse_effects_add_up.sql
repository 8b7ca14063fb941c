-- what a lapse costs is told apart to the cent
select *
from {{ ref('fct_outlet_lapses') }}
where change_net_amount != frequency_effect + range_effect + drop_size_effect + price_effect + stop_effect
