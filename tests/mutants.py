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
    ("the version updated last wins", "int_orders_unioned", "order by headers.updated_at desc nulls last, _loaded_at desc", "order by _loaded_at desc"),
    ("the version delivered last wins", "int_orders_unioned", "_loaded_at desc, ", "_loaded_at asc, "),
    ("the outlet's own zone tells the day", "int_orders_unioned", "coalesce(outlet_zones.time_zone, distributors.time_zone, feeds.time_zone)", "feeds.time_zone"),
    ("the feed's zone tells the day of others", "int_orders_unioned", "distributors.time_zone, feeds.time_zone", "distributors.time_zone, 'UTC'"),
    ("closed from closed_on", "int_outlet_openings", "closed_on as closed_from", "closed_on + 1 as closed_from"),
    ("open again from its next order", "int_outlet_openings", "coalesce(min(int_outlet_activity_days.business_date), date '9999-12-31')", "date '9999-12-31'"),
    ("open again when the master says so", "int_outlet_openings", "coalesce(next_valid_from, date '9999-12-31') as stated_to", "date '9999-12-31' as stated_to"),
    ("open from its opening date", "int_outlet_openings", "least(first_openings.opened_on, first_orders.first_order_date)", "first_orders.first_order_date"),
    ("counted on the beat of that day", "int_outlet_assignments_dated", "then date '1900-01-01'", "then date '9999-12-30'"),
    ("a move is no crossing", "int_cell_events", "else 'moved'", "else intervals.previous_status"),
    ("a first order is no reactivation", "kpi_inactivity_daily", "status = 'active' and other_status = 'lapsed'", "status = 'active' and other_status in ('lapsed', 'never_ordered')"),
    ("a crossing comes from being active", "kpi_inactivity_daily", "status = 'lapsed' and other_status = 'active'", "status = 'lapsed'"),
    ("a feed vouches for itself only", "int_feed_watermarks", "on feeds.feed = newest.feed", "on true"),
)  # fmt: skip

STATE_MUTANTS = (
    ("lost from the limit on", "int_outlet_states", "days_silent >= lost_after_days", "days_silent > lost_after_days"),
    ("inactive from the limit on", "int_outlet_states", "days_silent >= inactive_after_days then", "days_silent > inactive_after_days then"),
    ("almost inactive from the limit on", "int_outlet_states", "days_silent >= almost_inactive_after_days", "days_silent > almost_inactive_after_days"),
    ("new for so many days", "int_outlet_states", "< limited.new_days", "<= limited.new_days"),
    ("recovered for so many days", "int_outlet_states", "< limited.recovered_days", "<= limited.recovered_days"),
    ("recovered only after a silence", "int_outlet_states", "limited.gap_before_days >= limited.inactive_after_days", "limited.gap_before_days > limited.inactive_after_days"),
    ("more than so many cycles", "int_outlet_states", "thresholds.lost_cycles * placed.cycle_days) + 1", "thresholds.lost_cycles * placed.cycle_days)"),
    ("ten gaps make a cycle", "int_outlet_days_sequenced", "9 preceding", "1 preceding"),
    ("too few gaps are no cycle", "int_outlet_cycles", "spells.known_gaps >= rules.min_gaps then spells.median", "spells.known_gaps >= 1 then spells.median"),
    ("the channel's cycle of the month before", "int_channel_cycles", "to_months(cast(1 as integer))", "to_months(cast(0 as integer))"),
    ("on hold is neither silent nor active", "int_outlet_states", "when is_on_hold then 'on_hold'", ""),
    ("closed before on hold", "int_outlet_states", "when is_closed then 'closed'", ""),
    ("unknown is not silent", "int_outlet_states", "when is_unknown then 'unknown'", ""),
)  # fmt: skip

CHURN_MUTANTS = (
    ("closed is no lapse", "rpt_false_churn", "when open_today.outlet_id is null then 'closed'", ""),
    ("past the watermark is no lapse", "rpt_false_churn", "unknown_from <= int_as_of.as_of_date then 'late_feed'", "unknown_from < int_as_of.as_of_date then 'late_feed'"),
    ("the number of the last order stands for all", "rpt_false_churn", "family_numbers.place > 1", "family_numbers.place >= 1"),
    ("a closed former number was no lapse", "rpt_false_churn", "family_numbers.closed_on > family_numbers.last_order_date", "false"),
    ("seasonal: the same days a year before", "int_outlets_seasonal", "covered.percent_covered >= rules.min_percent", "covered.percent_covered >= 0"),
    ("seasonal: a long silence then too", "int_outlets_seasonal", "covered.days_silent_before >= rules.min_days", "true"),
    ("seasonal: known for thirteen months", "int_outlets_seasonal", "bounds.first_order_date <=", "date '1900-01-01' <="),
    ("a stopped number is silent", "rpt_link_proposals", "as integer) >= rules.silent_days", "as integer) >= 0"),
    ("another begins in time", "rpt_link_proposals", "between -rules.before_days and rules.after_days", "between -rules.before_days and 10 * rules.after_days"),
    ("reviewed as different is not proposed again", "rpt_link_proposals", "and different.outlet_id is null", ""),
    ("another address speaks against", "rpt_link_proposals", "then -15", "then 0"),
    ("a person's word wins over the feed's", "int_outlet_links", "order by preference", "order by -preference"),
    ("holidays are no working days", "int_market_days", "stg_holidays.holiday_on is null", "true"),
    ("the feed's own working days", "int_market_days", "coalesce(rhythms.is_usual, extract", "coalesce(null, extract"),
    ("visits from the day after the last order", "fct_outlet_silence", "stg_visits.planned_on > last_orders.last_order_date", "stg_visits.planned_on >= last_orders.last_order_date"),
    ("usual weekdays only", "fct_outlet_silence", "shares.percent_of_order_days >= rules.weekday_percent", "true"),
)  # fmt: skip

HISTORY_MUTANTS = (
    ("what did not change is not repeated", "kpi_history", "published.as_of_date is null", "true"),
    ("a month with a change is compared", "kpi_history", "where now_months.fingerprint is distinct from published_months.fingerprint", "where published_months.fingerprint is null"),
    ("a changed cell opens with the row that holds", "rpt_restatements", "stacked.holds_until >= changed_cells.changed_from", "stacked.as_of_date >= changed_cells.changed_from"),
    ("what was alike before the change is not restated", "rpt_restatements", "running.as_of_date between running.changed_from and", "running.as_of_date <="),
    ("what is gone is withdrawn", "kpi_history", "true as is_withdrawn", "false as is_withdrawn"),
    ("a day that both runs know is restated", "rpt_restatements", "and both_published.last_day\n        and (", "and both_published.last_day - 1\n        and ("),
    ("a day that was not published is not restated", "rpt_restatements", "select least(int_last_publish.as_of_date, int_as_of.as_of_date)", "select greatest(int_last_publish.as_of_date, int_as_of.as_of_date)"),
    ("a figure holds until the next of either publish", "rpt_restatements", "cast(running.next_date + -1 as date)", "running.next_date"),
    ("before and after are told apart", "rpt_restatements", "case when is_now = 0 then lapsed_step", "case when is_now = 1 then lapsed_step"),
    ("late is what came after the last publish", "int_orders_late", "stg_order_arrivals.loaded_at <= int_last_publish.published_at as was_published", "stg_order_arrivals.loaded_at < date '2026-01-01' as was_published"),
    ("what arrived since the last publish is looked at", "int_orders_arrived", "stg_order_arrivals.loaded_at > int_last_publish.published_at", "stg_order_arrivals.loaded_at > int_last_publish.published_at + interval 1 day"),
    ("late is for a day that was published", "int_orders_late", "sides.business_date <= sides.published_as_of_date", "true"),
    ("an order that came twice is not late", "int_orders_late", "not now.was_published\n        and (", "not now.was_published\n        and (true or "),
    ("an order that names another outlet is late for both", "int_orders_late", "0 as is_now,\n        1 as is_published\n    from published", "0 as is_now,\n        1 as is_published\n    from published where false"),
    ("the version updated last is the order", "int_orders_late", "order by updated_at desc nulls last, loaded_at desc", "order by loaded_at desc"),
    ("in the cell of its own day", "rpt_late_orders", "counted.business_date >= int_outlet_cells.valid_from\n            and counted.business_date < int_outlet_cells.valid_to", "int_outlet_cells.valid_to > date '9999-12-30'"),
    ("a month is first published once", "kpi_month_ends_published", "published_months.month_start is null", "true"),
    ("a month is published on its last day", "kpi_month_ends_published", "cast(date_day + 1 as date)", "date_day"),
)  # fmt: skip
