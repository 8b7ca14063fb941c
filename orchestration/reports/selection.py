"""The part of a published list that is handed over: its rows by rep and state, with contacts, and these masked."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import duckdb

from orchestration.landing.feeds import nearest
from orchestration.project.marts import key as key_of
from orchestration.workspace.errors import PulseError
from orchestration.workspace.sql import literal, name

NO_REP = "unknown"  # as the marts name it
SHOWN_REPS = 5
_DIGITS = "regexp_replace({0}, '[^0-9]', '', 'g')"
# what is left of contact data: enough to see that it is there, too little to reach the person
MASKS = {
    "contact_name": "left(trim({0}), 1) || '***'",
    "contact_phone": f"'***' || right({_DIGITS}, case when length({_DIGITS}) > 4 then 2 else 0 end)",
    "contact_email": "'***' || regexp_extract({0}, '@[^@]*$')",
}


@dataclass(frozen=True)
class Selection:
    """The rows chosen of a list, as the temporary relation `chosen` of a reader's connection."""

    marts: duckdb.DuckDBPyConnection
    listed: str
    columns: dict[str, str]
    own: list[str]
    rep: str | None
    states: list[str]
    contacts: str

    def where(self, rep: str | None) -> str:
        return "true" if rep is None else _of_rep("chosen", rep)

    def counts(self, by_rep: bool) -> dict[str | None, int]:
        """Rows, of each rep or in one number; rows without a rep go under NO_REP."""
        if by_rep:
            rep = f"coalesce(rep_id, {literal(NO_REP)})"
            return dict(self.marts.execute(f"select {rep}, count(*) from chosen group by 1 order by 1").fetchall())
        return {self.rep: self._ask("select count(*) from chosen")[0]}

    def known_reps(self) -> list[str]:
        return self._ask("select rep_id from dim_reps order by 1")

    def currencies(self) -> str:
        found = self._ask("select distinct reporting_currency from chosen order by 1")
        return ", ".join(currency or "not set" for currency in found)

    @property
    def order(self) -> str:
        """By rank where there is one; in the end all columns decide, so that equal rows come in equal order."""
        columns = sorted(self.own, key=lambda column: column.lower() != "rank")
        return ", ".join(f"chosen.{name(column)}" for column in columns)

    @cached_property
    def external_id(self) -> str:
        """SQL of an id that stays the row's own from run to run: the list and its key, the outlet first."""
        key = key_of(self.listed) or [column for column in self.own if column == "outlet_id"]
        columns = [f"coalesce(cast(chosen.{name(c)} as varchar), '')" for c in sorted(key, key="outlet_id".__ne__)]
        expression = f"concat_ws(':', {', '.join([literal(self.listed), *columns])})"
        known = key and set(key) <= set(self.own)
        if not known or self._ask(f"select count(*) <> count(distinct {expression}) from chosen")[0]:
            raise PulseError(
                f"{self.listed}: --to crm needs columns that tell its rows apart, found {', '.join(key) or 'none'}; "
                "give its yml a `unique` rule, or use --to csv"
            )
        return expression

    def _ask(self, sql: str) -> list:
        """The first column of what a query finds."""
        return [row[0] for row in self.marts.execute(sql).fetchall()]


def choose(
    marts: duckdb.DuckDBPyConnection,
    listed: str,
    rep: str | None,
    states: Iterable[str],
    *,
    unmask: bool = False,
    by_rep: bool = False,
) -> Selection:
    """Find the list and lay `chosen` over it; asking for what it does not have is one line that says so."""
    tables = [table for (table,) in marts.execute("select view_name from duckdb_views() where not internal").fetchall()]
    if listed not in tables:
        raise PulseError(f"no published list is {listed!r}{nearest(listed, tables)}")
    source = f"marts.main.{name(listed)}"
    own = _types(marts, source)
    conditions = ["true"]
    wanted = sorted(set(states))
    if rep is not None or by_rep:
        _need(listed, own, "rep_id", "--by-rep" if rep is None else "--rep")
    if rep is not None:
        rep = _find_rep(marts, rep)
        conditions.append(_of_rep("listed", rep))
    if wanted:
        _need(listed, own, "state", "--state")
        _check_states(marts, source, wanted)
        conditions.append(f"listed.state in ({', '.join(map(literal, wanted))})")
    # a list that brings its own contacts, as outlet_contacts does, is masked where they stand
    met = "outlet_id" in own and "outlet_contacts" in tables
    joined = [column for column in MASKS if met and column not in own]
    shown = [_shown(f"listed.{name(column)}", column, unmask) for column in own]
    shown += [_shown(f"contacts.{column}", column, unmask) for column in joined]
    join = "left join marts.main.outlet_contacts as contacts on listed.outlet_id = contacts.outlet_id" if joined else ""
    # what is cut in many files is read once, and laid so that each file is a short stretch of it
    kind, order = ("table", "order by listed.rep_id") if by_rep else ("view", "")
    marts.execute(
        f"create temp {kind} chosen as select {', '.join(shown)} from {source} as listed {join} "
        f"where {' and '.join(conditions)} {order}"
    )
    columns = _types(marts, "chosen")
    has_contacts = any(_mask(column) for column in columns)
    contacts = "none" if not has_contacts else "unmasked" if unmask else "masked"
    return Selection(marts, listed, columns, list(own), rep, wanted, contacts)


def _of_rep(relation: str, rep: str) -> str:
    condition = f"{relation}.rep_id = {literal(rep)}"
    return f"({condition} or {relation}.rep_id is null)" if rep == NO_REP else condition


def _need(listed: str, own: Iterable[str], column: str, option: str) -> None:
    if column not in own:
        raise PulseError(f"{listed}: no column {column}, which {option} needs; its columns are {', '.join(own)}")


def _find_rep(marts: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """The one rep that is meant: by its id, the source's id, its name, or a part of its name."""
    for condition in (
        "rep_id = $1",
        "source_rep_id = $1",
        "lower(rep_name) = lower($1)",
        "contains(lower(rep_name), lower($1))",
    ):
        sql = f"select rep_id, rep_name from dim_reps where {condition} order by rep_id"
        found = marts.execute(sql, [wanted]).fetchall()
        if len(found) == 1:
            return found[0][0]
        if found:
            named = ", ".join(f"{rep} ({called})" for rep, called in found[:SHOWN_REPS])
            raise PulseError(f"--rep {wanted!r} names {len(found):,} reps: {named}; give one rep_id")
    known = marts.execute("select distinct unnest([rep_id, rep_name]) from dim_reps").fetchall()
    raise PulseError(f"no published rep is {wanted!r}{nearest(wanted, [word for (word,) in known if word])}")


def _check_states(marts: duckdb.DuckDBPyConnection, source: str, wanted: list[str]) -> None:
    known = marts.execute(f"select state from dim_states union select state from {source} order by 1").fetchall()
    for state in wanted:
        if (state,) not in known:
            raise PulseError(f"there is no state {state!r}{nearest(state, [word for (word,) in known if word])}")


def _types(marts: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    return {row[0]: row[1] for row in marts.execute(f"describe select * from {relation}").fetchall()}


def _mask(column: str) -> str | None:
    return next((mask for kind, mask in MASKS.items() if column.lower().endswith(kind)), None)


def _shown(expression: str, column: str, unmask: bool) -> str:
    mask = None if unmask else _mask(column)
    return f"{mask.format(f'cast({expression} as varchar)') if mask else expression} as {name(column)}"
