"""`pulse export`: a published list as a file for the people who act on it. Reads one generation and nothing else.

Files are written in a folder of their own beside their targets, for their owner only, and moved into place whole.
"""

import hashlib
import json
import os
import pwd
import re
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from orchestration.publishing.readers import reader, shown_by
from orchestration.reports.selection import NO_REP, Selection, choose
from orchestration.reports.spreadsheets import MAX_ROWS, Batches, XlsxFileError, write_csv, write_workbook
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace
from orchestration.workspace.progress import counted
from orchestration.workspace.sql import literal

BATCH = 10_000
# a rep's id that can stand in a file name as it is; one that ends like a state could be taken for a filter
PLAIN = re.compile(r"[A-Za-z0-9_-]{1,60}:(?!.*_[a-z_-]+$)[A-Za-z0-9_-]{1,60}")


@dataclass(frozen=True)
class Part:
    """One file: its name, whose rows it holds (None: all that were chosen), and how many."""

    file: str
    rep: str | None
    rows: int


def export(
    workspace: Workspace,
    listed: str,
    to: str,
    *,
    rep: str | None = None,
    states: Iterable[str] = (),
    unmask: bool = False,
    by_rep: bool = False,
    out: Path | None = None,
) -> list[dict]:
    """Write the list to csv, xlsx, parquet or crm, as one file or one a rep; returns path and rows of each."""
    folder = (out or workspace.home / "exports").resolve()
    beside = folder / f".{secrets.token_hex(8)}"
    with reader(workspace, writes=beside) as marts, counted(f"Writing {to}") as progress:
        manifest = shown_by(workspace, marts)
        chosen = choose(marts, listed, rep, states, unmask=unmask, by_rep=by_rep)
        parts = _parts(chosen, to, manifest["as_of_date"], by_rep)
        progress(total=sum(part.rows for part in parts))
        try:
            beside.mkdir(mode=0o700, parents=True)
            for part in parts:
                _write(chosen, part, to, manifest, beside / part.file, progress)
                (beside / part.file).chmod(0o600)
            for part in parts:
                if chosen.contacts == "unmasked":
                    _log(workspace, chosen, part, folder)
                os.replace(beside / part.file, folder / part.file)
        except (OSError, XlsxFileError, duckdb.IOException) as problem:
            said = " ".join(str(problem).split())
            raise PulseError(f"{folder}: cannot be written: {said}; name another folder by --out") from None
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return [{"path": folder / part.file, "rows": part.rows} for part in parts]


def _parts(chosen: Selection, to: str, as_of: str, by_rep: bool) -> list[Part]:
    """The files to write; all are counted before the first one is begun."""
    counts = chosen.counts(by_rep)
    named = [rep for rep in counts if rep is not None]
    names = file_names(named, chosen.known_reps()) if named else {}
    parts = []
    for rep, rows in counts.items():
        if to == "xlsx" and rows > MAX_ROWS:
            raise PulseError(
                f"{chosen.listed}: a sheet holds {MAX_ROWS:,} rows, found {rows:,}; use --to csv or --to parquet, or "
                "a filter (--rep, --state, --by-rep)"
            )
        # what holds people's data never goes over, or under, the name of what does not
        unmasked = "unmasked" if chosen.contacts == "unmasked" else None
        words = [chosen.listed, as_of, names.get(rep), "-".join(chosen.states), unmasked]
        ending = "crm.csv" if to == "crm" else to  # not over the plain CSV of the same list
        parts.append(Part("_".join(word for word in words if word) + f".{ending}", rep, rows))
    return parts


def file_names(reps: Iterable[str], known: Iterable[str]) -> dict[str | None, str]:
    """A word for each rep's file: no two reps share one, also where upper and lower case are the same."""
    reps = list(reps)
    alike = Counter(rep.lower() for rep in {*known, *reps})
    names: dict[str | None, str] = {}
    for rep in reps:
        if rep == NO_REP:
            names[rep] = "without_rep"
        elif PLAIN.fullmatch(rep) and alike[rep.lower()] == 1:
            names[rep] = rep.replace(":", ".")  # a plain name has one dot, the others two
        else:
            readable = re.sub(r"[^A-Za-z0-9-]+", "_", rep)[:60]
            names[rep] = f"{readable}.id.{hashlib.sha256(rep.encode()).hexdigest()[:12]}"
    return names


def _write(chosen: Selection, part: Part, to: str, manifest: dict, path: Path, progress: Callable[..., None]) -> None:
    as_of, columns = date.fromisoformat(manifest["as_of_date"]), "chosen.*"
    if to == "crm":
        columns = f"{chosen.external_id}, {literal(chosen.listed)}, date '{as_of}', chosen.*"
    sql = f"select {columns} from chosen where {chosen.where(part.rep)} order by {chosen.order}"
    if to == "parquet":
        chosen.marts.execute(f"copy ({sql}) to {literal(path)} (format parquet, compression zstd)")
        progress(part.rows)
        return
    batches = _batches(chosen, sql, progress)
    if to == "xlsx":
        facts = {
            "list": chosen.listed,
            "business date": as_of,
            "generation": manifest["generation"],
            "published at": manifest["published_at"],
            "filters": "; ".join(map(" = ".join, _filters(chosen, part).items())) or "none",
            "rows": part.rows,
            **({"currency": chosen.currencies()} if "reporting_currency" in chosen.columns else {}),
            "contacts": chosen.contacts,
        }
        created = datetime.fromisoformat(manifest["published_at"])
        write_workbook(path, chosen.columns, batches, facts, created)
    else:
        write_csv(path, _crm_header(chosen) if to == "crm" else list(chosen.columns), batches)


def _batches(chosen: Selection, sql: str, progress: Callable[..., None]) -> Batches:
    cursor = chosen.marts.execute(sql)
    while rows := cursor.fetchmany(BATCH):
        yield rows
        progress(len(rows))


def _filters(chosen: Selection, part: Part) -> dict[str, str]:
    filters = {"rep_id": part.rep, "state": " or ".join(chosen.states)}
    return {column: value for column, value in filters.items() if value}


def _crm_header(chosen: Selection) -> list[str]:
    """Snake case, and no name twice: a column that is called like one of ours carries the list's name."""
    header = ["external_id", "list", "business_date"]
    for column in chosen.columns:
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column).lower()
        snake = re.sub(r"[^a-z0-9]+", "_", words).strip("_") or "column"
        header.append(f"{chosen.listed}_{snake}" if snake in header else snake)
    return header


def _log(workspace: Workspace, chosen: Selection, part: Part, folder: Path) -> None:
    """Say who took contacts out, before the file can be had."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without a name
        user = str(os.getuid())
    entry = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "user": user,
        "list": chosen.listed,
        "filters": _filters(chosen, part),
        "rows": part.rows,
        "file": str(folder / part.file),
    }
    path = workspace.home / "exports" / "unmasked.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as log:
        log.write(json.dumps(entry, ensure_ascii=False) + "\n")
