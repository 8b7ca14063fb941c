"""Alerts: what the published marts call open is told to its owner once, and so is its end."""

import sqlite3
from dataclasses import dataclass, field
from datetime import date

import duckdb

from orchestration.alerts.channels import Post, receivers_of
from orchestration.alerts.store import COLUMNS, AlertStore
from orchestration.publishing.generations import current
from orchestration.publishing.history import is_plain
from orchestration.publishing.readers import reader
from orchestration.workspace.errors import PulseError, SettingsWrong
from orchestration.workspace.layout import Workspace
from orchestration.workspace.progress import step
from orchestration.workspace.settings import settings

MART = "rpt_alerts"
RUN_SECONDS, ASKED_SECONDS = 90, 600  # for all digests of a run, and of `pulse alerts --send`
MOST_CAUSES = 20


@dataclass(frozen=True)
class Delivery:
    """What became of the digests: taken by a receiver, or why not, one line a cause. No line holds a secret."""

    sent: int = 0
    problems: list[str] = field(default_factory=list)


def after_run(workspace: Workspace, progress: bool = False) -> Delivery:
    """What a plain run does with alerts. The marts are published by now: whatever fails here is a note, and waits."""
    try:
        follow(workspace)
        return deliver(workspace, RUN_SECONDS, progress)
    except (PulseError, OSError, sqlite3.Error, duckdb.Error) as problem:
        return Delivery(problems=[" ".join(str(problem).split())])


def follow(workspace: Workspace) -> None:
    """Compare the published generation with the store, if that did not happen yet.

    Which one was compared last is kept with the alerts, so a run that was killed in between loses nothing. A view for
    an asked date says nothing about the present, and neither does a generation that readers were taken back to.
    """
    manifest = current(workspace)
    if manifest is None or not is_plain(manifest) or MART not in manifest["marts"] | manifest["views"]:
        return
    with AlertStore(workspace) as store:
        if manifest["generation"] <= store.compared()[0]:
            return
        with reader(workspace) as marts:
            rows = marts.execute(f"select {', '.join(f'{name}::varchar' for name in COLUMNS)} from {MART}").fetchall()
        found = [tuple(value or "" for value in row) for row in rows]
        store.compare(manifest["generation"], manifest["as_of_date"], found)


def deliver(workspace: Workspace, seconds: float, progress: bool = False) -> Delivery:
    """Send each owner's digest to the owner's receivers; what is not taken in time waits for a later run."""
    if not workspace.alerts.exists():
        return Delivery()
    with AlertStore(workspace) as store:
        routes = {owner: to for owner in store.owners_waiting() if (to := receivers_of(workspace, owner))}
        if not routes:
            return Delivery()
        limit, as_of_date, sent = _limit(workspace), store.compared()[1], 0
        with step("Sending alerts", shown=progress), Post(seconds) as post:
            for owner, receivers in routes.items():
                waits = False
                for receiver in receivers:
                    due = store.due(owner, receiver.key)
                    if not due:
                        continue
                    if post.send(receiver, *digest(as_of_date, due, limit)):
                        # killed before this line, the digest is sent once more: better twice than never
                        store.took(receiver.key, due)
                        sent += 1
                    else:
                        waits = True
                if not waits:
                    store.settle(owner)
        return Delivery(sent, post.problems)


def run_failed(workspace: Workspace, causes: list[str]) -> Delivery:
    """Tell everybody's receivers that a run failed; nothing waits, because the next run says how things stand then."""
    shown = current(workspace)
    stay = f"Readers stay on the marts of {shown['as_of_date']}." if shown else "Nothing is published yet."
    lines = [f"- {_line(cause)}" for cause in causes[:MOST_CAUSES]]
    more = [f"and {len(causes) - MOST_CAUSES} more"] if len(causes) > MOST_CAUSES else []
    body = "\n".join([*lines, *more, "", f"{stay} What to do: docs/operations.md, then `pulse run`."])
    try:
        receivers = receivers_of(workspace, "")
        if not receivers:
            return Delivery()
        with Post(RUN_SECONDS) as post:
            sent = sum(post.send(to, f"Outlet Pulse: a run failed in {workspace.home.name}", body) for to in receivers)
        return Delivery(sent, post.problems)
    except (PulseError, OSError) as problem:
        return Delivery(problems=[_line(str(problem))])


def digest(as_of_date: str, alerts: list[sqlite3.Row], limit: int) -> tuple[str, str]:
    """Subject and plain text for one owner."""
    groups: dict[str, list[str]] = {}
    over = []
    for row in alerts:
        kind = row["kind"].replace("_", " ")
        if row["resolved_at"] is None:
            groups.setdefault(kind, []).append(row["message"])
        else:
            over.append(f"{row['subject_name'] or row['subject_id']}: {kind} since {row['raised_on']}")
    new = len(alerts) - len(over)
    counts = ", ".join(f"{count} {word}" for count, word in ((new, "new"), (len(over), "resolved")) if count)
    lines: list[str] = []
    room = limit
    # the small groups first: the limit cuts the long ones
    for heading, messages in [*sorted(groups.items(), key=lambda group: (len(group[1]), group[0])), ("resolved", over)]:
        if messages:
            lines += [f"{heading.capitalize()} ({len(messages)})", *(f"- {_line(m)}" for m in messages[:room]), ""]
            room -= min(room, len(messages))
    if len(alerts) > limit:
        lines.append(f"and {len(alerts) - limit} more: pulse alerts")
    owner = alerts[0]["owner_name"] or alerts[0]["owner_id"] or "nobody"
    return f"Outlet Pulse {as_of_date}: {counts} for {_line(owner)}", "\n".join(lines).rstrip()


def open_alerts(workspace: Workspace) -> dict:
    """What was open at the last publish, its age on that business date, and whether its owner was told."""
    if not workspace.alerts.exists():
        return {"as_of_date": None, "alerts": []}
    with AlertStore(workspace) as store:
        as_of_date, rows = store.compared()[1], store.open()
    return {
        "as_of_date": as_of_date or None,
        "alerts": [
            {
                **{name: row[name] for name in COLUMNS},
                "age_days": _days(row["raised_on"], as_of_date),
                "told": "waiting" if row["sent_at"] is None else "sent",
                "sent_at": row["sent_at"],
            }
            for row in rows
        ],
    }


def _days(raised_on: str, as_of_date: str) -> int | None:
    return (date.fromisoformat(as_of_date) - date.fromisoformat(raised_on)).days if raised_on else None


def _limit(workspace: Workspace) -> int:
    limit = settings(workspace).get("notify_limit", 20)
    if not isinstance(limit, int) or limit < 0:
        raise SettingsWrong(f"{workspace.home / 'pulse.yml'}, notify_limit: expected a number such as 20")
    return limit


def _line(text: str) -> str:
    return " ".join(text.split())
