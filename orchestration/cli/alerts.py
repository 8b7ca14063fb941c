"""Alerts: what is open, and sending what waits."""

import json
from typing import Annotated

import typer

from orchestration.cli.output import FAILED, FINE, AsJson, console, print_delivery, print_rows
from orchestration.workspace.layout import Workspace


def alerts_command(
    send: Annotated[bool, typer.Option("--send", help="Send now what waits for a receiver.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the open alerts, how old they are, and whether their owner was told.

    Who is told is `notify` and `notify_owners` in pulse.yml, and PULSE_NOTIFY. With --send the exit code is 1 where a
    receiver did not take its digest.
    """
    from orchestration.alerts import digests
    from orchestration.workspace.lease import lease

    workspace = Workspace.current()
    told = digests.Delivery()
    if send:
        with lease(workspace, "pulse alerts --send"):
            digests.follow(workspace)
            told = digests.deliver(workspace, digests.ASKED_SECONDS, progress=not as_json)
    facts = digests.open_alerts(workspace)
    if as_json:
        facts["digests_sent"], facts["alerts_waiting_because"] = told.sent, told.problems
        print(json.dumps(facts, indent=1))
    else:
        shown = ("owner_name", "kind", "subject_name", "raised_on", "age_days", "told")
        print_rows(f"Open alerts on {facts['as_of_date']}", [{k: row[k] for k in shown} for row in facts["alerts"]])
        if not facts["alerts"]:
            console.print("No alerts are open.")
        print_delivery(told)
        if send and told == digests.Delivery() and any(row["told"] == "waiting" for row in facts["alerts"]):
            console.print("Nobody is told: see `notify` in pulse.yml.")
    raise typer.Exit(FAILED if told.problems else FINE)
