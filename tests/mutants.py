"""Each rule of the KPI broken once, as a change of one model's compiled text: (rule, model, the text, the wrong text)."""

MUTANTS = (
    ("silent from day X, not X + 1", "int_outlet_activity_intervals", "windows.window_days as date)", "windows.window_days + 1 as date)"),
    ("an order on the day of the crossing prevents it", "int_outlet_activity_intervals", "> windows.window_days", ">= windows.window_days"),
    ("past the watermark is unknown", "int_outlet_activity_intervals", "known_to + 1", "known_to + 2"),
    ("a return is no order", "int_orders_qualified", "int_orders_unioned.order_type != 'return'", "true"),
    ("a cancelled order is no order", "int_orders_qualified", "int_orders_unioned.order_status != 'cancelled'", "true"),
    ("an order of zero is no order", "int_orders_qualified", "source_net_amount > least_amount", "source_net_amount >= least_amount"),
    ("the version updated last wins", "stg_orders", "order by updated_at desc nulls last, _loaded_at desc", "order by _loaded_at desc"),
    ("the version delivered last wins", "stg_orders", "_loaded_at desc, ", "_loaded_at asc, "),
    ("the outlet's own zone tells the day", "stg_orders", "coalesce(zones.time_zone, distributors.time_zone, feeds.time_zone)", "feeds.time_zone"),
    ("the feed's zone tells the day of others", "stg_orders", "distributors.time_zone, feeds.time_zone", "distributors.time_zone, 'UTC'"),
    ("closed from closed_on", "int_outlet_universe", "least(coalesce(closed_on, date '9999-12-31')", "least(coalesce(closed_on + 1, date '9999-12-31')"),
    ("a closure that an order contradicts is ignored", "int_outlet_universe", "when order_range.last_order_date >= int_outlets_unioned.closed_on then null", "when false then null"),
    ("open from its opening date", "int_outlet_universe", "least(int_outlets_unioned.opened_on, order_range.first_order_date)", "order_range.first_order_date"),
    ("counted on the beat of that day", "int_outlet_assignments_dated", "then date '1900-01-01'", "then date '9999-12-30'"),
    ("a move is no crossing", "int_inactivity_events", "= intervals.crossed_on as is_crossing", "is not null as is_crossing"),
    ("a first order is no reactivation", "int_inactivity_events", "> unioned.first_order_date", ">= unioned.first_order_date"),
    ("a feed vouches for itself only", "int_feed_watermarks", "on feeds.feed = newest.feed", "on true"),
)  # fmt: skip
