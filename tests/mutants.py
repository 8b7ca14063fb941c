"""Each rule of the KPI and of the states broken once, as a change of one model's compiled text.

A row: the rule, the model, the text, the wrong text.
"""

KPI_MUTANTS = (
    ("silent from day X, not X + 1", "int_outlet_activity_intervals", "windows.window_days as date)", "windows.window_days + 1 as date)"),
    ("a return a day after the crossing is one", "int_outlet_activity_intervals", "> windows.window_days", "> windows.window_days + 1"),
    ("past the watermark is unknown", "int_outlet_known", "known_to + 1", "known_to + 2"),
    ("a return is no order", "int_orders_qualified", "int_orders_unioned.order_type != 'return'", "true"),
    ("a cancelled order is no order", "int_orders_qualified", "int_orders_unioned.order_status != 'cancelled'", "true"),
    ("an order of zero is no order", "int_orders_qualified", "source_net_amount > least_amount", "source_net_amount >= least_amount"),
    ("the version updated last wins", "stg_orders", "order by updated_at desc nulls last, _loaded_at desc", "order by _loaded_at desc"),
    ("the version delivered last wins", "stg_orders", "_loaded_at desc, ", "_loaded_at asc, "),
    ("the outlet's own zone tells the day", "stg_orders", "coalesce(zones.time_zone, distributors.time_zone, feeds.time_zone)", "feeds.time_zone"),
    ("the feed's zone tells the day of others", "stg_orders", "distributors.time_zone, feeds.time_zone", "distributors.time_zone, 'UTC'"),
    ("closed from closed_on", "int_outlet_openings", "closed_on as closed_from", "closed_on + 1 as closed_from"),
    ("open again from its next order", "int_outlet_openings", "coalesce(min(int_outlet_activity_days.business_date), date '9999-12-31')", "date '9999-12-31'"),
    ("open again when the master says so", "int_outlet_openings", "coalesce(next_valid_from, date '9999-12-31') as stated_to", "date '9999-12-31' as stated_to"),
    ("open from its opening date", "int_outlet_openings", "least(first_openings.opened_on, first_orders.first_order_date)", "first_orders.first_order_date"),
    ("counted on the beat of that day", "int_outlet_assignments_dated", "then date '1900-01-01'", "then date '9999-12-30'"),
    ("a move is no crossing", "int_inactivity_events", "else 'moved'", "else intervals.previous_status"),
    ("a first order is no reactivation", "kpi_inactivity_daily", "status = 'active' and other_status = 'lapsed'", "status = 'active' and other_status in ('lapsed', 'never_ordered')"),
    ("a crossing comes from being active", "kpi_inactivity_daily", "status = 'lapsed' and other_status = 'active'", "status = 'lapsed'"),
    ("a feed vouches for itself only", "int_feed_watermarks", "on feeds.feed = newest.feed", "on true"),
)  # fmt: skip

STATE_MUTANTS = (
    ("lost from the limit on", "int_outlet_states", "days_silent >= lost_after_days", "days_silent > lost_after_days"),
    ("inactive from the limit on", "int_outlet_states", "days_silent >= inactive_after_days then", "days_silent > inactive_after_days then"),
    ("almost inactive from the limit on", "int_outlet_states", "days_silent >= almost_inactive_after_days", "days_silent > almost_inactive_after_days"),
    ("new for so many days", "int_outlet_states", "< limits.new_days", "<= limits.new_days"),
    ("recovered for so many days", "int_outlet_states", "< limits.recovered_days", "<= limits.recovered_days"),
    ("recovered only after a silence", "int_outlet_states", "limits.gap_before_days >= limits.inactive_after_days", "limits.gap_before_days > limits.inactive_after_days"),
    ("more than so many cycles", "int_outlet_limits", "thresholds.lost_cycles * int_outlet_cycles.cycle_days) + 1", "thresholds.lost_cycles * int_outlet_cycles.cycle_days)"),
    ("ten gaps make a cycle", "int_outlet_cycles", "9 preceding", "1 preceding"),
    ("too few gaps are no cycle", "int_outlet_cycles", "windowed.known_gaps >= rules.min_gaps then windowed.median", "windowed.known_gaps >= 1 then windowed.median"),
    ("the channel's cycle of the month before", "int_outlet_cycles", "to_months(cast(1 as integer))", "to_months(cast(0 as integer))"),
    ("on hold is neither silent nor active", "int_outlet_states", "when is_on_hold then 'on_hold'", ""),
    ("closed before on hold", "int_outlet_states", "when is_closed then 'closed'", ""),
    ("unknown is not silent", "int_outlet_states", "when is_unknown then 'unknown'", ""),
)  # fmt: skip

MONTHLY_MUTANTS = (
    ("a return is one from having been active", "int_inactivity_month_changes", "direction = -1 and other_status = 'active'", "direction = -1 and other_status in ('active', 'moved')"),
    ("a monthly crossing comes from being active", "int_inactivity_month_changes", "direction = 1 and other_status = 'active'", "direction = 1 and other_status != 'lapsed'"),
    ("a closure while lapsed leaves the universe", "int_inactivity_month_changes", "direction = -1 and other_status = 'out'", "direction = -1 and other_status = 'closed'"),
    ("a reopening while lapsed enters the universe", "int_inactivity_month_changes", "direction = 1 and other_status = 'out'", "direction = 1 and other_status = 'closed'"),
    ("moved in is by a new cell", "int_inactivity_month_changes", "direction = 1 and other_status = 'moved'", "direction = -1 and other_status = 'moved'"),
    ("moved out is by a new cell", "int_inactivity_month_changes", "direction = -1 and other_status = 'moved'", "direction = 1 and other_status = 'moved'"),
    ("a new row of the same cell is no move", "int_inactivity_month_changes", "group by\n        outlet_id,", "group by\n        direction,\n        outlet_id,"),
    ("a late feed takes outlets out of the lapsed", "int_inactivity_month_changes", "direction = -1 and other_status = 'unknown'", "direction = -1 and other_status = 'out'"),
    ("lost money counts from the crossing day on", "int_inactivity_month_changes", "(cast(month_end - event_date as integer) + 1)", "cast(month_end - event_date as integer)"),
    ("the rate is that of the last silence", "int_inactivity_month_changes", "and unioned.event_date > silences.last_order_date", "and unioned.event_date >= silences.last_order_date"),
    ("money lost to date counts from the last order", "int_inactivity_month_changes", "daily_net_amount_change * last_order_day_number", "daily_net_amount_change * (last_order_day_number + window_days)"),
    ("who was lapsed before loses the whole month", "kpi_inactivity_monthly", "(cast(month_end - month_start as integer) + 1)\n                    + month_net", "cast(month_end - month_start as integer)\n                    + month_net"),
    ("a month without a change repeats the one before", "kpi_inactivity_monthly", "then held.months_to_next - 1", "then 0"),
    ("flows are not repeated", "kpi_inactivity_monthly", "months_after = 0 as is_changed", "true as is_changed"),
    ("the month ends on the business date", "kpi_inactivity_monthly", "as date), as_of_date) as month_end", "as date), date '9999-12-31') as month_end"),
    ("as-is counts whole months of the interval's end", "kpi_inactivity_monthly_as_is", "when intervals.valid_to <= int_as_of.as_of_date", "when intervals.valid_to < date '1900-01-01'"),
    ("as-is takes the cell of today", "kpi_inactivity_monthly_as_is", "int_outlet_cells.valid_from <= int_as_of.as_of_date\n            and int_outlet_cells.valid_to > int_as_of.as_of_date", "int_outlet_cells.valid_from <= date '1950-01-01'\n            and int_outlet_cells.valid_to > date '1950-01-01'"),
)  # fmt: skip
