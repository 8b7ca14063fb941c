"""The figures that the summary of a run and the page of a generation share."""

import duckdb

from orchestration.workspace.sql import rows

WORST_BEATS = FIRST_WORK = 5


def figures(marts: duckdb.DuckDBPyConnection) -> dict:
    """The figures of the summary: silence by window, the worst beats, the work and where to go first."""
    windows = rows(
        marts,
        """
        select
            window_days,
            sum(universe_outlets)::bigint as outlets,
            sum(inactive_outlets)::bigint as inactive_outlets,
            sum(lapsed_outlets)::bigint as lapsed_outlets,
            sum(never_ordered_outlets)::bigint as never_ordered_outlets,
            sum(unknown_outlets)::bigint as unknown_outlets,
            sum(active_outlets)::bigint as active_outlets,
            sum(monthly_net_amount_lost) as monthly_net_amount_lost,
            any_value(reporting_currency) as currency
        from rpt_beat_silence
        group by window_days
        order by window_days
        """,
    )
    beats = rows(
        marts,
        f"""
        select beat_id, beat_name, rep_name, territory, window_days, universe_outlets as outlets, lapsed_outlets,
            monthly_net_amount_lost
        from rpt_beat_silence
        where window_days = (select max(window_days) from rpt_beat_silence)
            and lapsed_outlets > 0 and beat_id <> 'unknown'
        order by monthly_net_amount_lost desc nulls last, lapsed_outlets desc, beat_id
        limit {WORST_BEATS}
        """,
    )
    work = rows(
        marts,
        """
        select
            count(*) as outlets,
            (select count(*) from rpt_about_to_churn) as about_to_churn,
            (select count(*) from rpt_prune_candidates) as to_prune,
            sum(monthly_value_at_risk) as monthly_value_at_risk
        from rpt_revival_worklist
        """,
    )[0]
    first_work = rows(
        marts,
        f"""
        select outlet_id, outlet_name, owner_name, days_silent, monthly_value_at_risk, chance_of_return,
            likely_cause, next_step
        from rpt_revival_worklist
        where work_day is not null and expected_monthly_value > 0
        order by rank
        limit {FIRST_WORK}
        """,
    )
    for window in windows:
        window["percent_of_universe"] = _percent(window["inactive_outlets"], window["outlets"])
        window["percent_of_active"] = _percent(window["inactive_outlets"], window["active_outlets"])
    return {"windows": windows, "worst_beats": beats, "work": work, "first_work": first_work}


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None
