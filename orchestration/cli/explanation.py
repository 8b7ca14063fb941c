"""`pulse explain` on a terminal."""

from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table


def show_explanation(console: Console, facts: dict) -> None:
    """Print the explanation, most important first."""

    def say(text: str, style: str = "") -> None:
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    say(f"{facts['outlet_name']}  ({facts['outlet_id']})  on {facts['date']}", "bold")
    if facts["asked_outlet_id"] != facts["outlet_id"]:
        say(f"{facts['asked_outlet_id']} goes on as {facts['outlet_id']}, which counts for both.", "yellow")
    say("")
    console.print(_state_table(facts["states"]))
    say("")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, lines in _facts(facts):
        for number, line in enumerate(lines):
            grid.add_row(label if number == 0 else "", line)
    console.print(grid, markup=False, highlight=False)


def _state_table(states: list[dict]) -> Table:
    # as wide as a plain terminal of 80 columns, whatever the state: a date cut short says nothing
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    for heading, side in (
        ("rule set", "left"),
        ("state", "left"),
        ("from", "left"),
        ("to", "left"),
        ("rule", "left"),
        ("days to\ninactive", "right"),
        ("days to\nlost", "right"),
        ("inactive\non", "left"),
    ):
        table.add_column(heading, justify=side, no_wrap=True)  # type: ignore[arg-type]
    for row in states:
        if row["state"] is None:
            table.add_row(
                row["rule_set"], "not open yet" if row["is_known"] else "not known yet", str(row["told_from"])
            )
            continue
        table.add_row(
            row["rule_set"],
            row["state"].replace("_", " "),
            str(row["valid_from"]),
            str(row["valid_to"] - timedelta(days=1)),
            f"v{row['rule_version']}",
            *("" if row[limit] is None else f"{row[limit]:,}" for limit in ("inactive_after_days", "lost_after_days")),
            str(row["crosses_on"] or ""),
        )
    return table


def _why(row: dict) -> str:
    if row["state"]:
        said = row["reason"]
    else:
        said = ("opens on" if row["is_known"] else "nothing is known of it before") + f" {row['told_from']}"
    return f"{row['rule_set']}: {said}" + ("; only the hole makes it so" if row["only_by_hole"] else "")


def _days(number: int | None) -> str:
    return "" if number is None else "1 day" if number == 1 else f"{number:,} days"


def _facts(facts: dict) -> list[tuple[str, list[str]]]:
    silent, outside = facts["days_silent"], facts["days_silent_outside_holes"]
    if silent is None:
        silence = "no order is known up to this day"
    elif silent == 0:
        silence = "it ordered on that day"
    else:
        silence = _days(silent) + (f", {_days(outside)} of them outside of holes" if outside != silent else "")
    return [
        ("Why", [_why(row) for row in facts["states"]]),
        ("Silent", [silence]),
        ("In the KPI", ["; ".join(_counted(row) for row in facts["windows"])]),
        ("Last orders", _order_lines(list(reversed(facts["last_orders"])), facts["currency"])),
        ("Next orders", _order_lines(facts["next_orders"], facts["currency"])),
        ("Served by", [_service(facts["served_by"])]),
        ("Vouched for", _vouched(facts)),
        ("Holes", [_hole(hole) for hole in facts["holes"]] or ["none in the silence or on the day"]),
        ("Other numbers", [_link(link) for link in facts["other_numbers"]] or ["none"]),
        ("Failed checks", _checks(facts["checks"])),
        ("Published", [f"{facts['generation']}, business date {facts['as_of_date']}"]),
    ]


def _counted(row: dict) -> str:
    doubt = ", only by the hole" if row["only_by_hole"] else ""
    return f"{row['window_days']} days: {row['counted_as'].replace('_', ' ')}{doubt}"


def _order_lines(orders: list[dict], currency: str | None) -> list[str]:
    lines = []
    for order in orders:
        amount = "value not known" if order["net_amount"] is None else f"{order['net_amount']:,.2f} {currency or ''}"
        several = f" in {order['orders']} orders" if order["orders"] > 1 else ""
        lines.append(f"{order['business_date']}  {amount.strip()}{several}")
    return lines or ["none"]


def _service(found: dict | None) -> str:
    if found is None:
        return "nobody is known"
    named: list[Any] = [
        f"beat {found['beat_name'] or found['beat_id']}",
        f"rep {found['rep_name'] or found['rep_id']}",
        f"distributor {found['distributor_name'] or found['distributor_id']}",
    ]
    return ", ".join(named) + (", on hold" if found["on_hold"] else "")


def _vouched(facts: dict) -> list[str]:
    distributor = facts["distributor"]
    said = f"feed {facts['feed']} up to {facts['feed_watermark'] or 'no day'}"
    if distributor:
        said += f", distributor {distributor['distributor_name']} up to {distributor['watermark_date']}"
    return [("yes: " if facts["vouched_for"] else "no, nobody vouches for this day: ") + said]


def _hole(hole: dict) -> str:
    place = "the day lies in it" if hole["holds_the_day"] else f"{_days(hole['days_in_silence'])} of the silence"
    return (
        f"{hole['hole_from']} to {hole['hole_to']}: {hole['orders']:,} of {hole['expected_orders']:,} usual orders "
        f"arrived, {hole['percent_missing']}% are missing; {place}"
    )


def _link(link: dict) -> str:
    return f"{link['outlet_id']} goes on as {link['replaced_by_outlet_id']} from {link['linked_on']} ({link['kind']})"


def _checks(checks: dict | None) -> list[str]:
    if checks is None:
        return ["not kept with this generation"]
    lines = []
    for check in checks["failed"]:
        counted = f"{check['unexpected']:,} of {check['checked']:,} rows; " if check["checked"] else ""
        word = "could not run" if check["could_not_run"] else check["severity"]
        lines.append(f"{word} {check['asset']} {check['name']}: {counted}{check['means']}")
    return lines or [f"none of {checks['passed']:,}"]
