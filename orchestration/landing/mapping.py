"""One prepared file as SQL: the source's columns, mapped by the feed, judged by the contract."""

import json
from pathlib import Path

import duckdb

from orchestration.landing.feeds import Feed, Format, Mapping, nearest, required_columns
from orchestration.landing.preflight import LONGEST_LINE, Prepared
from orchestration.project.contract import Column, Entity
from orchestration.workspace.errors import FileRefused
from orchestration.workspace.sql import bound, literal, name

BOOLEANS = {"true": ("true", "t", "yes", "y", "1"), "false": ("false", "f", "no", "n", "0")}
FILE_FACTS = ("_file_name", "_row_number")
EARLIEST = "1900-01-02"


def sandbox(lake: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reaches the lake's folder only: a feed's expressions are a user's, not ours."""
    connection = duckdb.connect()
    bound(connection, lake / ".incoming" / "spill")
    connection.execute(f"set allowed_directories = [{literal(str(lake) + '/')}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def source_csv(prepared: Prepared, fmt: Format) -> str:
    """read_csv without any guessing: every column is text and named by the real header."""
    columns = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in prepared.header)
    delimiter = "," if fmt.delimiter == "whitespace" else fmt.delimiter
    return (
        f"read_csv({literal(prepared.path)}, auto_detect = false, header = {str(fmt.header is True).lower()}, "
        f"columns = {{{columns}}}, delim = {literal(delimiter)}, quote = {literal(fmt.quote)}, "
        f"escape = {literal(fmt.quote)}, strict_mode = true, store_rejects = true, "
        f"max_line_size = {LONGEST_LINE})"
    )


def source_lines(prepared: Prepared) -> str:
    """Each line as one text value; a control character that JSON forbids serves as delimiter."""
    return (
        f"read_csv({literal(prepared.path)}, auto_detect = false, header = false, columns = {{'_line': 'VARCHAR'}}, "
        f"delim = '\x01', quote = '', escape = '', store_rejects = true, "
        f"max_line_size = {LONGEST_LINE}) where _line <> ''"  # blank lines are no rows
    )


def check_expression(expression: str, place: str) -> None:
    """One expression over the row and nothing else; raises FileRefused.

    A subquery could read what the sandbox may read: the whole lake, with what other feeds sent.
    """
    with duckdb.connect() as parser:
        text = f"select ({expression}\n)"
        (found,) = parser.execute("select json_serialize_sql($1::varchar)", [text]).fetchall()[0]
    parsed = json.loads(found)
    if parsed.get("error"):
        raise FileRefused(
            f"{place}: not an SQL expression: {' '.join(str(parsed.get('error_message')).split())}", code="feed"
        )
    statements = parsed["statements"]
    node = statements[0]["node"]
    if len(statements) != 1 or node.get("from_table", {}).get("type") != "EMPTY" or len(node["select_list"]) != 1:
        raise FileRefused(f"{place}: expected one SQL expression over the source's columns, found more", code="feed")
    if '"class":"SUBQUERY"' in found:
        raise FileRefused(f"{place}: expected an SQL expression over the row, found a subquery", code="feed")


def mapped(feed: Feed, entity: Entity, header: list[str]) -> dict[str, str]:
    """For each mapped contract column an SQL expression over the source; raises FileRefused."""
    expressions = {}
    wanted = {mapping.column for mapping in feed.entities[entity.name].mappings().values()} - {None, *FILE_FACTS}
    if wanted and not {str(column).lower() for column in wanted} & {column.lower() for column in header}:
        # the first line is not shown: it may be a row, and hold a telephone number
        raise FileRefused(
            f"none of the {len(wanted)} columns that the feed names is in the first line, such as "
            f"{min(map(str, wanted))!r}; "
            "is there a header, and is the delimiter right? put the feed right or ask for the file again",
            code="header",
        )
    for column, mapping in feed.entities[entity.name].mappings().items():
        expressions[column] = _expression(mapping, header, f"{feed.feed}.yml: {entity.name}.{column}")
    return expressions


def _expression(mapping: Mapping, header: list[str], place: str) -> str:
    if mapping.value is not None:
        return literal(str(mapping.value))
    if mapping.sql is not None:
        check_expression(mapping.sql, place)
        expression = f"({mapping.sql}\n)"
    else:
        column = mapping.column or ""
        if column not in header and column not in FILE_FACTS:
            raise FileRefused(
                f"column {column!r} is missing{nearest(column, header)}; put the feed right or ask for the file again",
                code="header",
            )
        expression = name(column)
    if mapping.map is not None:
        whens = " ".join(f"when {literal(a)} then {literal(b)}" for a, b in mapping.map.items())
        expression = f"case trim({expression}::varchar) {whens} else {expression}::varchar end"
    if mapping.default is not None:
        expression = f"coalesce(nullif(trim({expression}::varchar), ''), {literal(str(mapping.default))})"
    return expression


def converted(column: Column, source: str, source_type: str, mapping: Mapping, fmt: Format, zone: str) -> str:
    """A source value as the contract's type; null where it does not fit."""
    text = source_type == "VARCHAR"
    kind = column.data_type
    if kind == "varchar":
        return source if text else f"{source}::varchar"
    if kind == "boolean":
        words = {True: BOOLEANS["true"], False: BOOLEANS["false"]}
        listed = {flag: ", ".join(map(literal, group)) for flag, group in words.items()}
        lower = f"lower({source}::varchar)"
        return f"case when {lower} in ({listed[True]}) then true when {lower} in ({listed[False]}) then false end"
    if kind == "date":
        if text:
            return f"try_strptime({source}, {literal(mapping.date or fmt.date)})::date"
        return f"try_cast({source} as date)"
    if kind == "timestamp":
        if text:
            pattern = mapping.timestamp or fmt.timestamp
            parsed = f"try_strptime({source}, {literal(pattern)})"
            return f"timezone('UTC', {parsed})" if "%z" in pattern else _to_utc(parsed, zone)
        if source_type == "TIMESTAMP WITH TIME ZONE":
            return f"timezone('UTC', {source})"
        return _to_utc(f"try_cast({source} as timestamp)", zone)
    if text:
        return f"try_cast({_number(source, fmt, whole=kind == 'bigint')} as {kind})"
    if kind == "double":
        return f"case when isfinite({source}::double) then {source}::double end"
    if kind == "bigint":  # a cast would round
        return f"case when {source} = trunc({source}) then try_cast({source} as {kind}) end"
    return f"try_cast({source} as {kind})"


def _to_utc(naive: str, zone: str) -> str:
    return f"timezone('UTC', timezone({literal(zone)}, {naive}))"


def _number(source: str, fmt: Format, whole: bool) -> str:
    """Digits as SQL reads them; null for what a cast would take and a person would not (1_000, NaN, 1e3, a half)."""
    point, group = (f"[{fmt.decimal}]", f"[{fmt.thousands}]" if fmt.thousands else "")
    part = "0*" if whole else "[0-9]*"
    shape = rf"[+-]?([0-9]+({point}{part})?" + ("" if whole else rf"|{point}[0-9]+") + ")"
    if group:
        shape += rf"|[+-]?[0-9]{{1,3}}({group}[0-9]{{3}})+({point}{part})?"
    plain = f"replace({source}, {literal(fmt.thousands)}, '')" if group else source
    plain = f"replace({plain}, ',', '.')" if fmt.decimal == "," else plain
    return f"case when regexp_full_match({source}, {literal(shape)}) then {plain} end"


EXPECTED = {
    "date": "a date like {date}",
    "timestamp": "a time like {timestamp}",
    "bigint": "a whole number",
    "double": "a number with decimal {decimal}",
    "boolean": "yes or no",
}


def problems(column: Column, mapping: Mapping, fmt: Format, today: str, required: bool) -> list[tuple[str, str, str]]:
    """Conditions under which a row fails on this column: (SQL condition, reason, expected)."""
    source, value = name(f"s_{column.name}"), name(column.name)
    shown = {"date": mapping.date or fmt.date, "timestamp": mapping.timestamp or fmt.timestamp, "decimal": fmt.decimal}
    expected = EXPECTED.get(column.data_type, "an amount with decimal {decimal}").format(**shown)
    found = [(f"{source} is not null and {value} is null", "does not fit", expected)]
    if required:
        found.append((f"{value} is null", "is empty", "a value"))
    if column.values:
        listed = ", ".join(map(literal, column.values))
        found.append((f"{value} not in ({listed})", "is not a word of the contract", " or ".join(column.values)))
    if column.min is not None:
        found.append((f"{value} < {column.min}", "is too small", f"at least {column.min:g}"))
    if column.max is not None:
        found.append((f"{value} > {column.max}", "is too large", f"at most {column.max:g}"))
    if column.data_type in ("date", "timestamp"):
        found.append((f"{value} < date '{EARLIEST}'", "is too long ago", f"a date from {EARLIEST} on"))
        if not column.may_be_future:
            found.append((f"{value} > date '{today}' + 2", "lies in the future", "a day that has been"))
        found.append((f"{value} > date '2200-01-01'", "lies too far ahead", "a date before 2200"))
    return found


def judged_sql(
    feed: Feed, entity: Entity, fmt: Format, expressions: dict[str, str], types: dict[str, str], today: str
) -> str:
    """The select that gives each row its contract columns, and the first problem where it has one."""
    mappings = feed.entities[entity.name].mappings()
    nulls = ", ".join(map(literal, dict.fromkeys(["", *fmt.nulls])))
    cleaned, typed, cases = [], [], []
    must = required_columns(feed, entity.name)
    for column_name, expression in expressions.items():
        column, mapping = entity.columns[column_name], mappings[column_name]
        source = name(f"s_{column_name}")
        if types[column_name] == "VARCHAR":
            trimmed = f"trim({expression})"
            expression = f"case when {trimmed} in ({nulls}) then null else {trimmed} end"
        cleaned.append(f"{expression} as {source}")
        typed.append(
            f"{converted(column, source, types[column_name], mapping, fmt, feed.time_zone)} as {name(column_name)}"
        )
        for condition, reason, expected in problems(column, mapping, fmt, today, column_name in must):
            shown = "'(masked)'" if column.contact else f"{source}::varchar"
            cases.append(_case(condition, column_name, shown, reason, expected))
    for group in (m for m in must if "|" in m):
        members = [m for m in group.split("|") if m in expressions]
        empty = " and ".join(f"{name(m)} is null" for m in members)
        cases.append(_case(empty, members[0], "null", "is empty", "a date"))
    again = [f"s_{n} = {literal(m.column)}" for n, m in mappings.items() if m.column and types[n] == "VARCHAR"]
    if fmt.header is True and len(again) > 1:
        facts = "{'column_name': null, 'value': null, 'reason': 'is the header again', 'expected': 'a row'}"
        cases.append(f"when {' and '.join(again)} then {facts}")
    order = ", ".join(cleaned)
    return (
        f"with cleaned as (select _row_number, _raw, _malformed, {order} from source), "
        f"typed as (select *, {', '.join(typed)} from cleaned) "
        f"select _row_number, {', '.join(name(c) for c in expressions)}, "
        "case when _malformed then {'column_name': null, 'value': null, 'reason': 'is not valid JSON', "
        f"'expected': 'one JSON object a line'}} {' '.join(cases)} end as _problem, "
        "case when _problem is not null then _raw::varchar end as _raw from typed"
    )


def _case(condition: str, column: str, value: str, reason: str, expected: str) -> str:
    return (
        f"when {condition} then {{'column_name': {literal(column)}, 'value': {value}, "
        f"'reason': {literal(reason)}, 'expected': {literal(expected)}}}"
    )
