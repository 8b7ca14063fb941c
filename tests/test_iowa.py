"""The real orders: our KPI's known values, and two references that somebody else computed."""

from decimal import Decimal

import duckdb
import pytest

from tests.conftest import REAL_DATA

pytestmark = pytest.mark.real_data

LAPSED = {
    "2021-06-30": (1879, [109, 51, 28]),
    "2021-12-31": (1948, [174, 91, 73]),
    "2022-03-11": (1966, [281, 133, 96]),
    "2022-06-30": (2024, [211, 135, 117]),
    "2022-10-31": (2083, [279, 172, 145]),
}


@pytest.mark.parametrize("on", LAPSED)
def test_lapsed_outlets(iowa, on):
    ordered, lapsed = LAPSED[on]
    found = iowa.ask(
        "select sum(lapsed_outlets)::bigint, sum(lapsed_outlets + active_outlets)::bigint "
        "from kpi_inactivity_daily_filled where as_of_date = ? group by window_days order by window_days",
        on,
    )
    assert [row[0] for row in found] == lapsed
    assert {row[1] for row in found} == {ordered}


def test_orders_are_invoice_store_and_date(iowa):
    assert (
        iowa.ask("select sum(orders)::bigint, min(business_date), max(business_date) from fct_outlet_order_days")[0][0]
        == 186_442
    )


@pytest.fixture(scope="module")
def lake(iowa):
    with duckdb.connect() as connection:
        connection.execute(f"create view lines as select * from read_parquet('{iowa.home}/lake/order_lines/*.parquet')")
        for name in ("reference_store_rfm_2022", "reference_sales_by_month"):
            connection.execute(f"create view {name} as select * from '{REAL_DATA}/iowa/{name}.parquet'")
        yield connection


def test_reference_rfm(lake):
    """2,003 stores: days since the last line, distinct lines, and sum of sales after 2021-12-31, returns included."""
    differing = lake.execute(
        """
        with rebuilt as (
            select outlet_id, date '2022-10-31' - max(ordered_on) as recency,
                count(*) as frequency, sum(net_amount) as monetary
            from lines where ordered_on > date '2021-12-31' group by outlet_id
        )
        select count(*), count(*) filter (
            rebuilt.recency = reference."Recency"::int and rebuilt.frequency = reference."Frequency"::int
            and abs(rebuilt.monetary - reference."Monetary"::decimal(18, 4)) < 0.01
        )
        from reference_store_rfm_2022 as reference left join rebuilt on rebuilt.outlet_id = reference."Store Number"
        """
    ).fetchall()[0]
    assert differing == (2003, 2003)


def test_reference_sales_by_month(lake):
    months = lake.execute(
        """
        with rebuilt as (
            select year(ordered_on) as year, month(ordered_on) as month, sum(net_amount) as sale
            from lines group by all
        )
        select rebuilt.sale, reference.sale
        from reference_sales_by_month as reference join rebuilt using (year, month)
        """
    ).fetchall()
    assert len(months) == 22
    for ours, theirs in months:
        assert abs(ours - Decimal(str(theirs))) < Decimal("0.01")


def test_closed_from_the_report_date_on_not_before(iowa):
    assert iowa.ask("select count(*), min(closed_on) from dim_outlets where closed_on is not null")[0][0] == 339
    assert iowa.ask("select count(*) from dim_outlets where state = 'closed'") == [(0,)]


def test_lists_work_without_visits_deliveries_and_coupons(iowa):
    """Each list that orders alone can make is there; what nobody can know is said."""
    for name in ("about_to_churn", "sales_drop", "order_drop", "almost_inactive", "lost", "slow_goodbye"):
        assert iowa.ask(f"select count(*) > 0 from rpt_{name}") == [(True,)], name
    assert iowa.ask(
        "select count(*) from rpt_inactivity_causes where is_evident and cause not in ('unexplained', 'young')"
    ) == [(0,)]
    said = "no visits, deliveries, coupons or stock-outs are delivered for it: nothing can be told"
    assert iowa.ask("select distinct evidence from rpt_inactivity_causes where cause = 'unexplained'") == [(said,)]
    assert iowa.ask(
        "select count(*) from rpt_inactivity_causes where not is_known and evidence not like 'not known%'"
    ) == [(0,)]
    assert iowa.ask(
        "select count(*) from rpt_revival_worklist where likely_cause is null and state <> 'never_ordered'"
    ) == [(0,)]


def test_lapses_of_the_real_orders_add_up(iowa):
    assert iowa.ask(
        "select count(*) > 500, sum(change_net_amount) = sum(frequency_effect + range_effect + drop_size_effect "
        "+ price_effect + stop_effect) from fct_outlet_lapses"
    ) == [(True, True)]
    ((open_lapses, lapsed),) = iowa.ask(
        "select count(*) filter (returned_on is null), (select sum(lapsed_outlets) from kpi_inactivity_daily_filled "
        "where window_days = 60 and as_of_date = (select max(date_day) from dim_dates)) from fct_outlet_lapses"
    )
    assert open_lapses == lapsed  # the standard ladder's limit is the window of 60 days
