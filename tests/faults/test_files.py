"""Files as no one should deliver them: each lands whole, in part with its reasons, or is refused with one clear line.

A text in the wrong encoding whose bytes happen to fit (UTF-8 read as latin-1), a day and a month that could be either,
and a row that is a row like others but wrong cannot be noticed by anyone who sees the file alone. No test here claims
it; where it goes with signs that can be noticed, these are tested.
"""

import gzip
import io
import itertools
import json
import os
import random
import re
import resource
import threading
import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from orchestration.landing import land as landing
from orchestration.landing import ledger, preflight, quarantine
from orchestration.landing.ledger import Ledger
from orchestration.workspace.errors import FeedWrong
from tests.fault_table import EVERYTHING
from tests.faults.landing_lab import COLUMNS, Lab, entity, feed, order, orders
from tests.test_landing import GOOD, HEAD, lake

LINES = entity("order_lines", "order_id", "product_id", "net_amount")


@pytest.fixture
def lab(tmp_path) -> Lab:
    return Lab(tmp_path / "workspace")


# --- I1: cut ---------------------------------------------------------------------------------------------------------

ROWS = [
    {
        "order_id": f"n{number}",
        "outlet_id": f"Café {number}" if number % 3 else f'"{number}",\nSecond floor',
        "ordered_on": f"2026-01-{number % 28 + 1:02}",
        "net_amount": f"{number}.50",
        "order_status": "open",
        "order_type": "sale",
    }
    for number in range(1, 61)
]


def text_of(kind: str) -> bytes:
    """The sixty rows as a file of a kind."""
    if kind == "parquet":
        out = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), out, row_group_size=20)
        return out.getvalue()
    if kind == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()
    quoted = ([row[name].replace('"', '""') for name in COLUMNS] for row in ROWS)
    lines = "".join('{},"{}",{},{},{},{}\n'.format(*row) for row in quoted)
    return gzip.compress((HEAD + lines).encode(), mtime=0) if kind == "csv.gz" else (HEAD + lines).encode()


def cuts_of(kind: str, whole: bytes) -> dict[int, bytes]:
    """Cuts at random bytes; of text also some between two rows on purpose."""
    chance = random.Random(f"cuts of {kind}")
    at = chance.sample(range(len(whole)), 60 if EVERYTHING else 6)
    ends = [match.end() for match in re.finditer(rb"\n", whole[:-1])] if kind in ("csv", "jsonl") else []
    between = [end for end in ends if whole[:end].count(b'"') % 2 == 0]
    return {place: whole[:place] for place in [*at, *chance.sample(between, 2 if between else 0)]}


@pytest.mark.fault("I1")
@pytest.mark.parametrize("kind", ["csv", "csv.gz", "jsonl", "parquet"])
def test_a_cut_file_never_passes_for_the_whole_one(tmp_path, tries, kind):
    """Between two rows nothing in a text shows a cut: there only a marker with the number of rows helps."""
    whole = text_of(kind)
    cuts = cuts_of(kind, whole)
    plain = Lab(tmp_path / "plain", feed(files=f"orders*.{kind}"))
    marked = Lab(tmp_path / "marked", feed(files=f"orders*.{kind}", marker="{file}.done"))
    for lab, (at, data) in itertools.product((plain, marked), cuts.items()):
        lab.put(f"orders-{at}.{kind}", data)
        lab.put(f"orders-{at}.{kind}.done", "60")
    found, again = plain.land(), marked.land()
    accepted: dict[str, set[tuple]] = {}
    for file, *row in plain.rows(f"_file_name, order_id, outlet_id, ordered_on::varchar, {', '.join(COLUMNS[3:])}"):
        accepted.setdefault(file, set()).add(tuple(row))
    true = {(*list(row.values())[:3], Decimal(row["net_amount"]), "open", "sale") for row in ROWS}
    unseen = 0
    for at, data in cuts.items():
        with tries.one():
            name = f"orders-{at}.{kind}"
            cut, with_marker = found[name], again[name]
            assert accepted.get(name, set()) <= true
            if cut.status == "refused":
                assert with_marker.status == "refused"
            elif cut.quarantined:
                assert cut.quarantined == 1 and "may be cut" in plain.held()[0][3]
                assert with_marker.status == "refused" or with_marker.quarantined == 1
            else:
                unseen += 1
                assert data.endswith(b"\n") and cut.accepted < len(ROWS)
                assert with_marker.reason.startswith("cut: ")
                assert f"expected 60 rows by {name}.done, found {cut.read}" in with_marker.reason
    tries.notes.append(f"I1 {kind}: of {len(cuts)} cuts {unseen} fall between two rows and are seen by the marker only")


@pytest.mark.fault("I1")
def test_a_whole_file_passes_its_marker(tmp_path):
    lab = Lab(tmp_path / "workspace", feed(marker="{file}.done"))
    lab.put("orders.csv.done", "60\n")
    assert lab.one(text_of("csv")).accepted == 60


@pytest.mark.fault("I1")
def test_a_header_cut_before_its_line_break_is_not_an_empty_day(lab):
    """`order_typ` is refused for its name; the cut that leaves all names, or cuts one that no one maps, must be too."""
    report = lab.one(HEAD.strip() + ",extr")
    assert report.status == "refused" and report.reason.startswith("cut: ")


# --- I2: encodings ---------------------------------------------------------------------------------------------------

WRITTEN = {
    "utf-8-sig": ("utf-8", "Țară 咖啡店 Łódź"),
    "utf-16-le": ("utf-16", "Țară 咖啡店 𝄞"),
    "utf-16-be": ("utf-16", "Țară 咖啡店 𝄞"),
    "latin-1": ("latin-1", "Café São ÿ"),
    "cp1252": ("cp1252", "Café – 5 € „Ž“"),
    "gbk": ("gbk", "北京咖啡店"),
}
MARKS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


@pytest.mark.fault("I2")
@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "zipped"])
@pytest.mark.parametrize("written", WRITTEN)
def test_text_arrives_as_it_was_written(lab, monkeypatch, written, zipped):
    """In pieces of 64 bytes, so that characters lie across them."""
    monkeypatch.setattr(preflight, "CHUNK", 64)
    encoding, text = WRITTEN[written]
    lab.says(feed(f"encoding: {encoding}"))
    data = MARKS.get(written, b"") + orders(1, 2, 3, outlet=text).encode(written)
    assert lab.one(gzip.compress(data) if zipped else data).accepted == 3
    assert lab.rows("order_id, outlet_id") == [("n1", text), ("n2", text), ("n3", text)]


BEFORE = orders(*range(1, 9))
UNEVEN = len((BEFORE + "n9,Caf").encode())


@pytest.mark.fault("I2")
@pytest.mark.parametrize(
    ("encoding", "data", "offset"),
    [
        ("utf-8", (BEFORE + "n9,Café,").encode("latin-1"), UNEVEN),
        ("utf-8", b"\xef\xbb\xbf" + (BEFORE + "n9,Café,").encode("latin-1"), UNEVEN + 3),
        ("utf-8", (BEFORE + "n9,Caf€,").encode("cp1252"), UNEVEN),
        ("utf-8", (BEFORE + "n9,Caf咖啡").encode("gbk"), UNEVEN),
        ("utf-8", BEFORE.encode("utf-16"), 0),
        ("utf-8", BEFORE.encode("utf-16-le"), 1),
        ("ascii", (BEFORE + "n9,Café,").encode(), UNEVEN),
        ("cp1252", (BEFORE + "n9,CafÁ,").encode(), UNEVEN + 1),
        ("gbk", (BEFORE + "n9,Café,").encode("latin-1"), UNEVEN),
        ("utf-16", BEFORE.encode(), 0),
        ("utf-16", (BEFORE + "n9,Caf").encode("utf-16") + b"\x00\xdc,\0", 2 + 2 * UNEVEN),
    ],
    ids=[
        "latin-1 as utf-8",
        "latin-1 behind a mark",
        "cp1252 as utf-8",
        "gbk as utf-8",
        "utf-16 as utf-8",
        "utf-16 without a mark as utf-8",
        "utf-8 as ascii",
        "utf-8 as cp1252",
        "latin-1 as gbk",
        "utf-8 as utf-16",
        "half a character",
    ],
)
def test_bytes_that_do_not_fit_are_refused_with_their_place(lab, monkeypatch, encoding, data, offset):
    monkeypatch.setattr(preflight, "CHUNK", 64)
    lab.says(feed(f"encoding: {encoding}"))
    report = lab.one(data)
    assert report.reason.startswith("encoding: ") and f"byte {offset}: expected {encoding}" in report.reason


@pytest.mark.fault("I2")
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "gbk", "utf-16"])
def test_a_nul_is_refused_with_its_place(lab, encoding):
    lab.says(feed(f"encoding: {encoding}"))
    report = lab.one((BEFORE + "n9,Caf\0,2026-01-05,10.00,open,sale\n").encode(encoding))
    offset = len((BEFORE + "n9,Caf").encode(encoding))
    assert report.status == "refused"
    assert report.reason.startswith("encoding: ") and f"byte {offset}: " in report.reason and "NUL" in report.reason


# --- I3: dialects ----------------------------------------------------------------------------------------------------

TRUTH = [("n1", "o1", date(2026, 1, 13), Decimal("1234.5")), ("n2", "o, 2", date(2026, 1, 14), Decimal("-0.75"))]
PLAIN = HEAD + 'n1,o1,2026-01-13,1234.50,open,sale\nn2,"o, 2",2026-01-14,-0.75,open,sale\n'
GERMAN = PLAIN.replace(",", ";").replace("o; 2", "o, 2").replace(".", ",").replace("1234,50", "1.234,50")
DAYS = PLAIN.replace("2026-01-13", "13/01/2026").replace("2026-01-14", "14/01/2026")
KEPT = "order_id, outlet_id, ordered_on, net_amount"


@pytest.mark.fault("I3")
@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("", PLAIN),
        ("", PLAIN.replace("\n", "\r\n")),
        ("", PLAIN.replace("n1,o1", '"n1","o1"')),
        ("", PLAIN.replace("\n", "\n\n")),
        ("delimiter: ';'", PLAIN.replace(",", ";").replace("o; 2", "o, 2")),
        ("delimiter: '|'", PLAIN.replace(",", "|").replace("o| 2", "o, 2")),
        ('delimiter: "\\t"', PLAIN.replace(",", "\t").replace("o\t 2", "o, 2")),
        ('quote: "\'"', PLAIN.replace('"', "'")),
        ("quote: '', delimiter: ';'", PLAIN.replace(",", ";").replace("o; 2", "o, 2").replace('"', "")),
        ("delimiter: ';', decimal: ',', thousands: '.'", GERMAN),
        ("date: '%d/%m/%Y'", DAYS),
        ("final_newline: optional", PLAIN.strip()),
    ],
)
def test_a_dialect_is_read_as_the_feed_says(lab, form, data):
    lab.says(feed(form))
    report = lab.one(data)
    assert (report.read, report.accepted) == (2, 2)
    assert lab.rows(KEPT) == TRUTH


@pytest.mark.fault("I3")
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("inside", ["\n", "\r\n", "\n\n", '""', ",", "\n\r\n"])
def test_what_stands_in_quotes_is_kept(lab, inside, end):
    data = HEAD.replace("\n", end) + f'n1,"a{inside}b",2026-01-13,1,open,sale{end}n2,o2,2026-01-13,1,open,sale{end}'
    assert lab.one(data).accepted == 2
    assert lab.rows("outlet_id") == [(f"a{inside}b".replace('""', '"'),), ("o2",)]


@pytest.mark.fault("I3")
@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("delimiter: ';'", PLAIN),
        ("delimiter: '|'", PLAIN),
        ("", GERMAN),
        ("delimiter: ';'", GERMAN),
        ("delimiter: ';', decimal: ',', thousands: ' '", GERMAN),
        ("decimal: ','", PLAIN),
        ("date: '%d/%m/%Y'", PLAIN),
        ("date: '%m/%d/%Y'", DAYS),
        ("date: '%d/%m/%y'", DAYS),
        ("", DAYS),
        ("quote: ''", PLAIN),
        ('quote: "\'"', PLAIN),
        ("", PLAIN.replace("o1", '5" pipe')),
        ("", PLAIN.replace("o1", "o1\rx")),
        ("", PLAIN.replace("\n", "\r")),
        ("", PLAIN.replace("sale\n", "sale\r\n", 1)),
        ("delimiter: whitespace", PLAIN),
    ],
)
def test_the_wrong_dialect_is_never_wrong_in_silence(lab, form, data):
    lab.says(feed(form))
    report = lab.one(data)
    assert report.status != "landed" or report.quarantined > 0
    assert set(lab.rows(KEPT)) <= set(TRUTH)


@pytest.mark.fault("I3")
def test_days_and_months_the_wrong_way_round_are_seen_by_the_days_after_the_twelfth(lab):
    """The first twelve days of a month could be either; a file of a month shows it by the others."""
    lab.says(feed("date: '%m/%d/%Y'"))
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(31)]
    report = lab.one(HEAD + "".join(order(day.day, f"{day:%d/%m/%Y}") for day in days))
    assert (report.read, report.quarantined) == (31, 19)
    assert {held[1:] for held in lab.held("row_number, column_name, reason, expected")} == {
        ("ordered_on", "does not fit", "a date like %m/%d/%Y")
    }


@pytest.mark.fault("I3")
def test_blank_lines_of_json_are_left_out(lab):
    row = '{"order_id":"n1","outlet_id":"o1","ordered_on":"2026-01-05"}\n'
    lab.says(feed(files="orders*.jsonl"))
    report = lab.one(f"\n{row}\n\n{row.replace('n1', 'n2')}\n", "orders.jsonl")
    assert (report.read, report.accepted) == (2, 2)
    assert lab.rows("order_id, _row_number") == [("n1", 1), ("n2", 2)]


@pytest.mark.fault("I3")
@pytest.mark.parametrize(
    ("form", "name", "data", "row"),
    [
        ("", "orders.csv", HEAD + order(1) + "bad,row\n" + order(2), 2),
        ("", "orders.csv", HEAD + "bad,row\n" + order(1) + order(2), 1),
        ("", "orders.csv", HEAD + order(1) + "\n\nbad,row\n" + order(2), 2),
        ("", "orders.csv", HEAD + order(1, outlet='"two\nlines"') + "bad,row\n" + order(2), 2),
        (f"header: [{', '.join(COLUMNS)}]", "orders.csv", order(1) + "bad,row\n" + order(2), 2),
        (
            "type: jsonl",
            "orders.csv",
            '{"order_id":"n1","outlet_id":"o1","ordered_on":"2026-01-05"}\n'
            '{"order_id":"\x01","outlet_id":"o1","ordered_on":"2026-01-05"}\n'
            '{"order_id":"n2","outlet_id":"o1","ordered_on":"2026-01-05"}\n',
            2,
        ),
    ],
    ids=["plain", "first", "behind blank lines", "behind two lines in quotes", "no header", "json"],
)
def test_a_row_that_cannot_be_cut_is_told_by_its_number(lab, form, name, data, row):
    lab.says(feed(form))
    assert lab.one(data, name).quarantined == 1
    assert [held[0] for held in lab.held()] == [row]
    assert lab.rows("order_id, _row_number") == [("n1", 1 + (row == 1)), ("n2", 3)]


@pytest.mark.fault("I3")
@pytest.mark.parametrize(
    ("form", "word"),
    [
        ("delimiter: '||'", "delimiter"),
        ("delimiter: ''", "delimiter"),
        ("quote: '##'", "quote"),
        ("date: '%Q'", "%Q"),
    ],
)
def test_a_format_that_cannot_be_is_the_feeds_fault(lab, form, word):
    """Not the file's: nothing is read before the feed file can be meant."""
    lab.says(feed(form))
    lab.put("orders.csv", PLAIN)
    with pytest.raises(FeedWrong) as problem:
        lab.land()
    assert word in str(problem.value) and "shop.yml" in str(problem.value) and problem.value.code == "feed"


@pytest.mark.fault("I3")
def test_an_expression_that_is_none_is_the_feeds_fault(lab):
    lab.says(feed().replace("net_amount: net_amount", "net_amount: {sql: 'net_amount +'}"))
    report = lab.one(PLAIN)
    assert report.reason.startswith("feed: ")
    assert "shop.yml: orders.net_amount: not an SQL expression" in report.reason


# --- I4: headers and footers -----------------------------------------------------------------------------------------

OTHER_ORDER = "net_amount,order_type,ordered_on,outlet_id,order_status,order_id\n"


@pytest.mark.fault("I4")
def test_the_order_of_columns_does_not_matter(tmp_path):
    kept = []
    for number, data in enumerate(
        (
            orders(1) + "n2,o2,2026-01-06,20.00,,return\n",
            OTHER_ORDER + "10.00,sale,2026-01-05,o1,open,n1\n20.00,return,2026-01-06,o2,,n2\n",
        )
    ):
        lab = Lab(tmp_path / str(number))
        assert lab.one(data).accepted == 2
        kept.append(lab.rows("* exclude (_file_hash, _loaded_at)"))
    assert kept[0] == kept[1]


@pytest.mark.fault("I4")
@pytest.mark.parametrize(
    "name",
    ["extra", "", "Order_Id", '"a ""b"""', "_row_number", "_raw", "_malformed", "_file_name", "_problem", "rowid"],
)
def test_a_column_more_does_no_harm(lab, name):
    """Whatever it is called, and also a comma at the end of each line, which is a column without a name."""
    data = "".join(line + ",99\n" for line in (order(1) + order(2) + order(3, "2026-02-30")).splitlines())
    report = lab.one(HEAD.strip() + f",{name}\n" + data)
    assert (report.read, report.accepted, report.quarantined) == (3, 2, 1)
    assert lab.rows("order_id, _row_number, _file_name") == [("n1", 1, "orders.csv"), ("n2", 2, "orders.csv")]
    ((row, raw),) = lab.held("row_number, raw")
    assert row == 3 and "n3" in raw


@pytest.mark.fault("I4")
@pytest.mark.parametrize(
    ("header", "words"),
    [
        (HEAD.replace(",net_amount", ""), ["'net_amount'", "missing"]),
        (HEAD.replace("net_amount", "netto_amount"), ["'net_amount'", "missing", "'netto_amount'"]),
        (HEAD.upper(), ["'order_id'", "missing", "'ORDER_ID'"]),
        (HEAD.replace("order_type", "order_id"), ["columns 1 and 6", "each name once"]),
        (order(0), ["none of the 6 columns", "is there a header"]),
        (HEAD.replace(",", ";"), ["none of the 6 columns", "is the delimiter right"]),
    ],
    ids=["removed", "renamed", "other case", "doubled", "missing", "other delimiter"],
)
def test_a_header_that_does_not_fit_refuses_the_file(lab, header, words):
    """Another case of letters too: a source that changes it may have changed more, and the line names both."""
    report = lab.one(header + order(1) + order(2))
    assert report.status == "refused" and report.reason.startswith("header: ")
    for word in words:
        assert word in report.reason


@pytest.mark.fault("I4")
@pytest.mark.parametrize(
    ("name", "header", "rows"),
    [
        ("orders.csv", HEAD, [order(1), order(2)]),
        ("outlets.csv", "outlet_id,channel,beat_id,opened_on,closed_on\n", ["o1,a,b,,\n", "o2,a,b,,\n"]),
        ("reps.csv", "rep_id,rep_name\n", ["r1,Ana\n", "r2,Ion\n"]),
    ],
)
def test_a_header_in_mid_file_is_quarantined(lab, name, header, rows):
    """Two files put one behind the other; where all columns are text nothing but its words tells a header."""
    lab.says(feed(more=entity("reps", "rep_id", "rep_name")))
    report = lab.one(header + rows[0] + header + rows[1], name)
    assert (report.read, report.accepted, report.quarantined) == (3, 2, 1)
    assert [held[0] for held in lab.held()] == [2]


@pytest.mark.fault("I4")
@pytest.mark.parametrize("footer", ["TOTAL,,,30.00,,\n", ",,,30.00,,\n", "TOTAL\n", "2 rows,30.00\n", ",,,,,\n"])
def test_a_line_of_totals_is_quarantined(lab, footer):
    report = lab.one(GOOD + footer)
    assert (report.read, report.accepted, report.quarantined) == (3, 2, 1)
    assert lab.held()[0][0] == 3


@pytest.mark.fault("I4")
@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("", PLAIN.encode("utf-16")),
        ("", PLAIN.encode()[:60] + b"\xe9" + PLAIN.encode()[60:]),
        ("", PLAIN.replace("o1", "o\0").encode()),
        ("", PLAIN.replace("net_amount", "netto").encode()),
        ("", PLAIN.replace("order_type", "order_id").encode()),
        ("", PLAIN.replace("o, 2\"", "o, 2").encode()),
        ("", PLAIN.replace("o1", "o1\rx").encode()),
        ("", PLAIN.replace("\n", "\r").encode()),
        ("", PLAIN.replace("sale\n", "sale\r\n", 1).encode()),
        ("", gzip.compress(PLAIN.encode())[:-9]),
        ("", b""),
        ("type: parquet", text_of("parquet")[:-100]),
        ("type: parquet", text_of("parquet")[:2]),
        ("type: parquet", PLAIN.encode()),
        ("encoding: utf-16", PLAIN.encode()),
    ],
    ids=[
        "utf-16", "latin-1", "nul", "renamed", "doubled", "open quote", "a lone cr", "only cr", "mixed line ends",
        "cut gzip", "empty",
        "cut parquet", "stump of parquet", "no parquet", "no utf-16",
    ],
)  # fmt: skip
def test_a_refusal_says_what_to_do_in_our_own_words(lab, form, data):
    lab.says(feed(form))
    report = lab.one(data)
    assert report.status != "landed"
    assert not re.search(r"[A-Z]\w*Error|Error:|LINE \d|\.incoming|strict_mode|Exception", report.reason), report.reason
    assert re.search(r"\b(ask for|set|put|give|map|rename|deliver|an empty day is)\b", report.reason), report.reason


# --- I5: again -------------------------------------------------------------------------------------------------------


@pytest.mark.fault("I5")
@pytest.mark.parametrize("name", ["orders.csv", "orders_2.csv", "sub/orders.csv", "orders\n.csv"])
def test_the_same_content_again_changes_nothing(lab, name):
    lab.one(GOOD + order(3, "2026-02-30"))
    before, books = lab.files(), lab.ledger()
    lab.put(name, GOOD + order(3, "2026-02-30"), age=30)
    assert {file.status for file in lab.land().values()} == {"known"}
    assert lab.files() == before and lab.ledger() == books


@pytest.mark.fault("I5")
def test_the_same_content_twice_in_one_landing_lands_once(lab):
    lab.put("orders.csv", GOOD)
    lab.put("orders_2.csv", GOOD)
    lab.land()
    assert [file.status for file in lab.report.files] == ["landed", "known"] and len(lab.rows()) == 2


@pytest.mark.fault("I5")
def test_files_that_overlap_only_add(lab):
    """Rows of both stay, as versions of one order: which one holds is told by staging."""
    lab.one(orders(*range(1, 61)))
    before = lab.files()
    assert lab.one(orders(*range(31, 91)), "orders_2.csv").accepted == 60
    assert before.items() <= lab.files().items() and len(lab.files()) == 2
    assert len(lab.rows()) == 120 and len(set(lab.rows())) == 90


# --- I9, I10: impossible values --------------------------------------------------------------------------------------


def in_days(days: int) -> str:
    return str(date.today() + timedelta(days=days))


DATES = {
    in_days(4): "lies in the future",
    in_days(400): "lies in the future",
    "2099-12-31": "lies in the future",
    "9999-12-31": "lies in the future",
    "1900-01-01": "is too long ago",
    "0026-01-05": "is too long ago",
    "2026-02-29": "does not fit",
    "2026-13-01": "does not fit",
    "2026-00-00": "does not fit",
    "0000-00-00": "does not fit",
    "12345-01-01": "does not fit",
    "2026-01-05x": "does not fit",
    "2026-01-05 10:00:00": "does not fit",
    "46027": "does not fit",
    "yesterday": "does not fit",
    "epoch": "",
    "infinity": "",
    "-infinity": "",
    "": "is empty",
    "NULL": "is empty",
    "  ": "is empty",
}


@pytest.mark.fault("I9")
def test_impossible_dates_are_quarantined(lab, tries):
    """`epoch` and `infinity` are dates to the database: which reason they are given does not matter."""
    assert lab.one(HEAD + "".join(order(n, day) for n, day in enumerate(DATES, 1)) + order(99)).accepted <= len(DATES)
    reasons = {row: (column, reason) for row, column, _, reason in lab.held()}
    for row, (day, reason) in enumerate(DATES.items(), 1):
        with tries.one():
            assert row in reasons, f"{day!r} landed"
            assert reasons[row][0] == "ordered_on" and reason in reasons[row][1], day
    assert lab.rows("order_id, ordered_on::varchar") == [("n99", "2026-01-05")]


@pytest.mark.fault("I9")
@pytest.mark.parametrize("day", ["1900-01-02", "2024-02-29", in_days(0), in_days(1)])
def test_a_possible_date_lands(lab, day):
    assert lab.one(orders(1, day=day)).accepted == 1
    assert lab.rows("ordered_on::varchar") == [(day,)]


@pytest.mark.fault("I9")
@pytest.mark.parametrize(("day", "accepted"), [("2099-12-31", 1), ("2300-01-01", 0)])
def test_a_day_that_may_lie_ahead_may_not_lie_anywhere(lab, day, accepted):
    report = lab.one(f"outlet_id,channel,beat_id,opened_on,closed_on\no1,x,b,,{day}\n", "outlets.csv")
    assert (report.accepted, report.quarantined) == (accepted, 1 - accepted)


FINE = ["-5", "0", "-0.0", "+7.5", "99999999999999.9999", "-99999999999999.9999"]
IMPOSSIBLE = ["1e30", "99999999999999999999", "-100000000000000", "NaN", "inf", "-Infinity", "0x10", "--5", "5-", "1_0"]


@pytest.mark.fault("I10")
def test_amounts_of_any_sign_land_and_what_is_none_is_quarantined(lab, tries):
    lab.one(HEAD + "".join(order(number, amount=amount) for number, amount in enumerate([*FINE, *IMPOSSIBLE], 1)))
    kept = dict(lab.rows("_row_number, net_amount"))
    held = {row: (column, value, reason) for row, column, value, reason in lab.held()}
    for row, amount in enumerate([*FINE, *IMPOSSIBLE], 1):
        with tries.one():
            if amount in FINE:
                assert kept[row] == Decimal(amount)
            else:
                assert held[row] == ("net_amount", amount, "does not fit")


@pytest.mark.fault("I10")
@pytest.mark.parametrize("value", [1e30, float("nan"), float("inf"), -float("inf")])
def test_an_amount_of_parquet_that_is_none_is_quarantined(lab, value):
    lab.says(feed(files="orders*.parquet"))
    out = io.BytesIO()
    rows = [{**row, "net_amount": amount} for row, amount in zip(ROWS, [value, 1.0], strict=False)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), out)
    report = lab.one(out.getvalue(), "orders.parquet")
    assert (report.accepted, report.quarantined) == (1, 1)
    assert [held[:2] for held in lab.held()] == [(1, "net_amount")]


@pytest.mark.fault("I10")
def test_returns_land_as_returns(lab):
    """Less than nothing is allowed where something goes back; that it is no activity is for the models."""
    lines = entity("order_lines", "order_id", "quantity", "net_amount", "order_type")
    lab.says(feed(more=lines))
    data = "order_id,quantity,net_amount,order_type\nn1,-3,-30.00,return\nn2,3,30.00,sale\nn3,0,0,\nn4,1,1,refund\n"
    assert lab.one(data, "order_lines.csv").accepted == 3
    assert lab.rows("order_id, quantity::int, order_type", "order_lines") == [
        ("n1", -3, "return"),
        ("n2", 3, "sale"),
        ("n3", 0, None),
    ]
    assert lab.held() == [(4, "order_type", "refund", "is not a word of the contract")]


@pytest.mark.fault("I10")
@pytest.mark.parametrize(
    ("units", "reason"),
    [("-1", "is too small"), ("2.5", "does not fit"), ("1e3", "does not fit"), ("9223372036854775808", "does not fit")],
)
def test_a_whole_number_out_of_bounds_is_quarantined(lab, units, reason):
    lab.says(feed(more=entity("products", "product_id", "units_per_case")))
    report = lab.one(f"product_id,units_per_case\np1,{units}\np2,12\np3,0\n", "products.csv")
    assert (report.accepted, report.quarantined) == (2, 1)
    assert lab.held() == [(1, "units_per_case", units, reason)]


# --- I14: much -------------------------------------------------------------------------------------------------------

MEGABYTES = 1 << 20


def growth(lab: Lab) -> float:
    """Megabytes by which the peak of this process's memory grows while it lands."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew from what is in use
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    landing.land(lab.workspace)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


@pytest.mark.fault("I14")
def test_thousands_of_tiny_files_land_in_little_memory(lab, tries):
    files = 10_000 if EVERYTHING else 100
    for number in range(files):
        lab.put(f"{number % 100}/orders{number}.csv", orders(number) + order(-number, "2026-02-30"))
    grown = growth(lab)
    lab.check()
    assert [(file.accepted, file.quarantined) for file in lab.ledger()] == [(1, 1)] * files
    assert len(lab.files()) == 2 * files
    tries.notes.append(f"I14 {files:,} files of two rows: {grown:.0f} MB more at the peak")
    assert grown < 200


@pytest.mark.fault("I14")
def test_a_large_file_lands_in_little_memory(lab, tries, monkeypatch):
    """By a limit for DuckDB that is smaller than the rows: what does not fit goes to disk."""
    monkeypatch.setenv("PULSE_MEMORY", "500MB")
    rows = 5_000_000 if EVERYTHING else 200_000
    path = lab.put("orders.csv", HEAD)
    with path.open("a") as out:
        for start in range(0, rows, 10_000):
            out.writelines(order(number) for number in range(start, start + 10_000))
        out.write(order(rows, "2026-02-30"))
    os.utime(path, (1_700_000_000,) * 2)
    size = path.stat().st_size / MEGABYTES
    grown = growth(lab)
    ((read, accepted, held),) = [(file.read, file.accepted, file.quarantined) for file in lab.ledger()]
    assert (read, accepted, held) == (rows + 1, rows, 1)
    assert lake(
        lab.workspace,
        "select count(*), count(distinct order_id), max(_row_number) from read_parquet('LAKE/orders/shop-*.parquet')",
    ) == [(rows, rows, rows)]
    tries.notes.append(f"I14 one file of {rows:,} rows, {size:.0f} MB: {grown:.0f} MB more at the peak")
    assert grown < 1000


# --- I15: not ready --------------------------------------------------------------------------------------------------


@pytest.mark.fault("I15")
def test_a_file_that_grows_is_left_alone_and_lands_whole(lab):
    path = lab.put("orders.csv", orders(0), age=0)
    lab.put("orders_2.csv", orders(-1, -2))
    done = threading.Event()

    def copy() -> None:
        for number in itertools.count(1):
            with path.open("a") as out:
                out.write(order(number)[:9])
                out.flush()
                time.sleep(0.05)
                out.write(order(number)[9:])
            if done.is_set():
                return

    writer = threading.Thread(target=copy)
    writer.start()
    try:
        found = lab.land()
    finally:
        done.set()
        writer.join()
    assert list(found) == ["orders_2.csv"]
    assert [(waiting.path, "still being written" in waiting.reason) for waiting in lab.report.waiting] == [(path, True)]
    whole = path.read_text().count("\n") - 1
    os.utime(path, (time.time() - 60,) * 2)
    assert lab.land()["orders.csv"].accepted == whole > 1
    assert len(lab.rows()) == len(set(lab.rows())) == whole + 2


@pytest.mark.fault("I15")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_file_that_grows_while_it_is_read_lands_with_the_next_run(lab, monkeypatch, moment):
    """A writer that paused for longer than a file is waited for."""
    path = lab.put("orders.csv", orders(1, 2))
    lab.put("orders_2.csv", orders(8, 9))
    judge = landing.judge

    def slow(connection, workspace, of, *arguments):
        grows = of == path
        if grows and moment == "before":
            path.write_text(orders(1, 2, 3))
        counts = judge(connection, workspace, of, *arguments)
        if grows and moment == "after":
            path.write_text(orders(1, 2, 3))
        return counts

    with monkeypatch.context() as patch:
        patch.setattr(landing, "judge", slow)
        assert list(lab.land()) == ["orders_2.csv"]
    assert [waiting.path for waiting in lab.report.waiting] == [path]
    os.utime(path, (time.time() - 60,) * 2)
    assert lab.land()["orders.csv"].accepted == 3
    assert sorted(lab.rows()) == [("n1",), ("n2",), ("n3",), ("n8",), ("n9",)]


@pytest.mark.fault("I15")
def test_a_file_waits_for_its_marker(lab):
    lab.says(feed(marker="{stem}.ok"))
    path = lab.put("orders.csv", GOOD)
    assert lab.land() == {}
    assert [(waiting.path, waiting.reason) for waiting in lab.report.waiting] == [
        (path, "its marker orders.ok is not there yet")
    ]
    lab.put("orders.ok", "")
    assert lab.land()["orders.csv"].accepted == 2
    assert lab.report.waiting == lab.report.unclaimed == []


@pytest.mark.fault("I15")
@pytest.mark.parametrize(
    ("text", "code"),
    [("3", "cut"), ("two", "count"), ("2 rows", "count"), ("-2", "count"), ("²", "count"), ("9" * 5000, "cut|count")],
)
def test_a_marker_that_does_not_fit_refuses_until_it_does(lab, text, code):
    lab.says(feed(marker="{file}.done"))
    lab.put("orders.csv.done", text)
    report = lab.one(GOOD)
    assert re.match(rf"({code}): ", report.reason) and "orders.csv.done" in report.reason
    lab.put("orders.csv.done", "2")
    assert lab.land()["orders.csv"].accepted == 2


@pytest.mark.fault("I15")
def test_a_file_from_a_clock_that_is_ahead_lands(lab):
    lab.put("orders.csv", GOOD, age=-86_400)
    assert lab.land()["orders.csv"].accepted == 2


@pytest.mark.fault("I15")
@pytest.mark.parametrize("moment", ["listed", "ready", "read", "recorded"])
def test_a_file_that_vanishes_stops_nobody(lab, monkeypatch, moment):
    path = lab.put("orders.csv", orders(1, 2))
    lab.put("orders_2.csv", orders(8, 9))

    def then_gone(function, mine=lambda *arguments: True):
        def called(*arguments, **more):
            given = function(*arguments, **more)
            if mine(*arguments):
                path.unlink(missing_ok=True)
            return given

        return called

    place, name, mine = {
        "listed": (landing, "claims", lambda *_: True),
        "ready": (landing, "_check_room", lambda *_: True),
        "read": (landing, "judge", lambda _c, _w, of, *_: of == path),
        "recorded": (Ledger, "record", lambda _l, report, *_: report.name == "orders.csv"),
    }[moment]
    monkeypatch.setattr(place, name, then_gone(getattr(place, name), mine))
    found = lab.land()
    assert found["orders_2.csv"].accepted == 2
    assert not path.exists() and {file.status for file in lab.ledger()} == {"landed"}
    assert ("orders.csv" in found) == (moment == "recorded")


@pytest.mark.fault("I15")
def test_a_file_that_may_not_be_read_is_told_and_tried_again(lab, monkeypatch):
    """The right to read is taken by what reads it: the tests may run as root, who reads everything."""
    path = lab.put("orders.csv", orders(1, 2))
    lab.put("orders_2.csv", orders(8, 9))
    checksum = landing.checksum

    def forbidden(of):
        if of == path:
            raise PermissionError(13, "Permission denied", str(path))
        return checksum(of)

    with monkeypatch.context() as patch:
        patch.setattr(landing, "checksum", forbidden)
        found = lab.land()
    assert found["orders_2.csv"].accepted == 2
    assert found["orders.csv"].status == "unreadable" and found["orders.csv"].reason.startswith("unreadable: ")
    assert (
        "Permission denied" in found["orders.csv"].reason and "give this user the right" in found["orders.csv"].reason
    )
    assert lab.land()["orders.csv"].accepted == 2


@pytest.mark.fault("I15")
def test_what_is_no_file_is_not_read(lab):
    folder = lab.put("orders_2.csv", GOOD).parent
    (folder / "orders.csv").mkdir()
    os.mkfifo(folder / "orders_pipe.csv")
    (folder / "orders_nowhere.csv").symlink_to(folder / "nowhere")
    (folder / "orders_loop.csv").symlink_to(folder / "orders_loop.csv")
    assert list(lab.land()) == ["orders_2.csv"]


# --- release from the quarantine -------------------------------------------------------------------------------------

WRONG_DATE = feed("date: '%d/%m/%Y'")
MIXED = HEAD + order(1, "05/01/2026") + order(2) + order(3, "07/01/2026") + order(4) + order(5, "nonsense")


def quarantined(lab: Lab, wrong: str, right: str, data: str, held: int) -> dict[str, str]:
    """A file landed by a feed that was wrong and is put right; the lake's files as they were."""
    lab.says(wrong)
    assert lab.one(data).quarantined == held
    before = {path: content for path, content in lab.files().items() if not path.startswith("quarantine/")}
    lab.says(right)
    return before


CORRECTIONS = {
    "decimal": (feed(), feed("decimal: ','"), HEAD + order(1, amount="5") + order(2, amount='"5,5"') + order(3), 1),
    "map": (
        feed(),
        feed().replace("order_status: order_status", "order_status: {column: order_status, map: {offen: open}}"),
        HEAD + order(1) + order(2, status="offen") + order(3),
        1,
    ),
    "both dates": (
        WRONG_DATE,
        feed("date: '%d/%m/%Y'").replace(
            "ordered_on: ordered_on",
            "ordered_on: {sql: \"coalesce(try_strptime(ordered_on, '%d/%m/%Y'), try_cast(ordered_on as date))::date\"}",
        ),
        HEAD + order(1, "05/01/2026") + order(2) + order(3, "07/01/2026") + order(4),
        2,
    ),
    "quote": (feed("quote: ''"), feed(), HEAD + order(1) + order(2, outlet='"o, 2"') + order(3), 1),
    "quote behind blank lines": (
        feed("quote: ''"),
        feed(),
        HEAD + order(1) + "\n\n" + order(2, outlet='"o, 2"') + order(3) + order(4),
        1,
    ),
    "quote without a header": (
        feed(f"header: [{', '.join(COLUMNS)}], quote: ''"),
        feed(f"header: [{', '.join(COLUMNS)}]"),
        order(1) + order(2, outlet='"o, 2"') + order(3),
        1,
    ),
}
CORRECTIONS["decimal"] = (
    feed(),
    feed().replace("net_amount: net_amount", "net_amount: {sql: \"replace(net_amount, ',', '.')\"}"),
    CORRECTIONS["decimal"][2],
    1,
)


@pytest.mark.fault("I3")
@pytest.mark.parametrize("correction", CORRECTIONS)
def test_rows_are_released_once_their_feed_is_right(lab, correction):
    wrong, right, data, held = CORRECTIONS[correction]
    before = quarantined(lab, wrong, right, data, held)
    (outcome,) = lab.release()
    assert (outcome.released, outcome.still_quarantined, outcome.problem) == (held, 0, "")
    assert before.items() <= lab.files().items()
    rows = lab.rows("order_id, _row_number")
    assert sorted(rows, key=lambda row: row[1]) == [(f"n{number}", number) for number in range(1, len(rows) + 1)]
    assert lab.release() == [] and lab.rows("order_id, _row_number") == rows


@pytest.mark.fault("I3")
def test_what_still_does_not_fit_stays(lab):
    before = quarantined(lab, WRONG_DATE, CORRECTIONS["both dates"][1], MIXED, 3)
    (outcome,) = lab.release()
    assert (outcome.released, outcome.still_quarantined) == (2, 1)
    assert [held[0] for held in lab.held()] == [5]
    after = lab.files()
    (again,) = lab.release()
    assert (again.released, again.still_quarantined) == (0, 1)
    assert before.items() <= after.items() and lab.files() == after


@pytest.mark.fault("I3")
def test_a_released_row_that_repeats_an_accepted_one_is_a_duplicate(lab):
    data = HEAD + order(1) + order(1, amount="10.0") + order(1, "05/01/2026")
    right = CORRECTIONS["both dates"][1]
    quarantined(lab, feed(), right, data, 1)
    (outcome,) = lab.release()
    assert (outcome.released, outcome.repeated, outcome.still_quarantined) == (0, 1, 0)
    assert lab.rows() == [("n1",)]


@pytest.mark.fault("I3")
@pytest.mark.parametrize("place", ["record", "write"])
def test_a_release_that_is_killed_is_made_good_by_the_next(lab, monkeypatch, place):
    wrong, right, data, _ = CORRECTIONS["both dates"]
    before = quarantined(lab, wrong, right, data, 2)

    def killed(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(*((Ledger, "record") if place == "record" else (quarantine, "write")), killed)
        quarantine.release(lab.workspace)
    (outcome,) = lab.release()
    assert outcome.released == 2 and before.items() <= lab.files().items()
    assert sorted(lab.rows()) == [("n1",), ("n2",), ("n3",), ("n4",)]
    assert lab.release() == [] and len(lab.rows()) == 4


@pytest.mark.fault("I3")
def test_a_landing_after_a_killed_release_keeps_the_quarantine(lab, monkeypatch):
    wrong, right, data, _ = CORRECTIONS["both dates"]
    quarantined(lab, wrong, right, data, 2)
    before = lab.files()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Ledger, "record", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        quarantine.release(lab.workspace)
    assert lab.land()["orders.csv"].status == "known"
    assert lab.files() == before


@pytest.mark.fault("I3")
def test_lines_without_a_number_get_one_that_is_free(lab):
    """Five lines of two orders, of which two come later: no number twice, and none of those given before changes."""
    data = "order_id,product_id,net_amount\nn1,a,1\nn1,b,x1\nn1,c,1\nn2,d,x1\nn2,e,1\n"
    lab.says(feed(more=LINES))
    assert lab.one(data, "order_lines.csv").quarantined == 2
    numbers = "product_id, order_id, line_number"
    before = set(lab.rows(numbers, "order_lines"))
    lab.says(feed(more=entity("order_lines", "order_id", "product_id", net_amount="ltrim(net_amount, 'x')")))
    (outcome,) = lab.release()
    after = lab.rows(numbers, "order_lines")
    assert outcome.released == 2 and before < set(after)
    assert len({row[1:] for row in after}) == len(after) == 5
    assert {row[0]: row[2] for row in after} == {"a": 1, "b": 3, "c": 2, "d": 2, "e": 1}


@pytest.mark.fault("I3")
def test_a_file_that_is_gone_is_asked_for(lab):
    wrong, right, data, held = CORRECTIONS["both dates"]
    quarantined(lab, wrong, right, data, held)
    path = lab.workspace.landing / "shop" / "orders.csv"
    path.unlink()
    before = lab.files()
    (outcome,) = lab.release()
    assert (outcome.released, outcome.still_quarantined) == (0, held) and lab.files() == before
    assert "no longer in" in outcome.problem and "put it back" in outcome.problem
    lab.put("orders_back.csv", data)
    lab.land()
    assert [outcome.released for outcome in lab.release()] == [held]


@pytest.mark.fault("I3")
def test_a_format_by_which_the_rows_are_others_releases_nothing(lab):
    data = HEAD + order(1) + order(2, outlet='"two\nlines"') + order(3, "nonsense")
    before = quarantined(lab, feed(), feed("quote: ''"), data, 1)
    (outcome,) = lab.release()
    assert outcome.problem.startswith("count: ") and "expected 3 rows" in outcome.problem
    assert (outcome.released, outcome.still_quarantined) == (0, 1) and before.items() <= lab.files().items()


@pytest.mark.fault("I3")
def test_accepted_rows_that_would_read_otherwise_now_are_told(lab):
    """The date order was wrong for all rows; those that fitted by chance are in the lake with a wrong day."""
    data = HEAD + order(1, "03/01/2026") + order(2, "13/01/2026")
    before = quarantined(lab, feed("date: '%m/%d/%Y'"), feed("date: '%d/%m/%Y'"), data, 1)
    (outcome,) = lab.release()
    assert before.items() <= lab.files().items()
    assert "1 accepted rows would be read otherwise" in outcome.problem


@pytest.mark.fault("I3")
def test_accepted_rows_that_would_be_held_now_are_told(lab):
    data = HEAD + order(1, "03/25/2026") + order(2, "25/03/2026")
    quarantined(lab, feed("date: '%m/%d/%Y'"), feed("date: '%d/%m/%Y'"), data, 1)
    (outcome,) = lab.release()
    assert outcome.released == 1 and "1 accepted rows would be read otherwise" in outcome.problem


@pytest.mark.fault("I3")
@pytest.mark.parametrize("fault", ["marker gone", "expression", "forbidden"])
def test_a_release_that_cannot_be_is_one_line_and_stops_no_other(lab, monkeypatch, fault):
    lines = LINES.replace("net_amount: net_amount", "net_amount: {sql: \"replace(net_amount, 'x', '')\"}")
    lab.says(feed(marker="{file}.done", more=LINES))
    path = lab.put("orders.csv", orders(1, day="nonsense"))
    lab.put("orders.csv.done", "1")
    lab.put("order_lines.csv", "order_id,product_id,net_amount\nn1,a,x1\n")
    assert [file.quarantined for file in lab.land().values()] == [1, 1]
    text = feed(marker="{file}.done", more=lines).replace(
        "ordered_on: ordered_on", "ordered_on: {sql: \"date '2026-01-05'\"}"
    )
    if fault == "marker gone":
        path.with_name("orders.csv.done").unlink()
    elif fault == "expression":
        text = text.replace("order_type: order_type", "order_type: {sql: 'order_type +'}")
    else:
        checksum = ledger.checksum

        def forbidden(of):
            if of == path:
                raise PermissionError(13, "Permission denied", str(path))
            return checksum(of)

        monkeypatch.setattr(ledger, "checksum", forbidden)
    lab.says(text)
    outcomes = {outcome.entity: outcome for outcome in lab.release()}
    assert outcomes["order_lines"].released == 1
    assert outcomes["orders"].released == 1 if fault == "marker gone" else outcomes["orders"].problem


# --- S: names --------------------------------------------------------------------------------------------------------

NAMES = [
    b"o'clock.csv",
    b"'; drop table orders; --.csv",
    b'"quoted".csv',
    b"new\nline.csv",
    b"carriage\rreturn.csv",
    "line\u2028separator.csv".encode(),
    b"tab\t and \x1b[31mcolour.csv",
    b"glob[*]?{a,b}.csv",
    b"[!a].csv",
    b"caf\xe9 \xff.csv",
    b"n" * 251 + b".csv",
    b"--help.csv",
    b"-.csv",
    b" .csv",
    b"%s %d {0} {file} $HOME `id` $(id).csv",
    b"back\\slash.csv",
    b"=cmd|' /C calc'!A0.csv",
    "\u202etxt.csv".encode(),
]


@pytest.mark.fault("S")
@pytest.mark.parametrize("marker", ["", "{file}.done"], ids=["plain", "with a marker"])
@pytest.mark.parametrize("good", [True, False], ids=["landed", "refused"])
def test_a_name_is_only_a_name(tmp_path, tries, good, marker):
    """Each lands or is refused by what it holds, and the lines about it are lines; where its marker cannot be, too."""
    lab = Lab(tmp_path / "workspace", feed(files="*.csv", marker=marker).replace("outlets*.csv", "outlets.none"))
    for number, name in enumerate(NAMES):
        data = orders(number) if good else orders(number).replace("net_amount", "netto")
        lab.put(os.fsdecode(name), data)
        if marker and len(name) + 5 < 256:
            lab.put(os.fsdecode(name + b".done"), "1")
    lab.put("ordinary.csv", orders(100, 101))
    if marker:
        lab.put("ordinary.csv.done", "2")
    found = lab.land()
    assert found["ordinary.csv"].accepted == 2
    assert len(found) - 1 + len(lab.report.waiting) == len(NAMES) and lab.report.unclaimed == []
    impossible = "n" * 251 + ".csv" if marker else ""
    for name, file in found.items():
        if name not in ("ordinary.csv", impossible):
            with tries.one():
                assert file.status == ("landed" if good else "refused") and (file.accepted == 1) == good
    assert all(re.fullmatch(r"orders/shop-[0-9a-f]{16}\.parquet", path) for path in lab.files())


@pytest.mark.fault("S")
@pytest.mark.parametrize("text", [None, "7", "no\nnumber"], ids=["missing", "other", "no number"])
def test_a_hostile_marker_is_told_on_one_line(lab, text):
    lab.says(feed(marker="{file}.done"))
    lab.put("orders\n.csv", GOOD)
    if text:
        lab.put("orders\n.csv.done", text)
    found = lab.land()
    assert [file.status for file in found.values()] == (["refused"] if text else [])
    assert len(lab.report.waiting) == (0 if text else 1)


@pytest.mark.fault("S")
@pytest.mark.parametrize("key", ["a\nb", 'a"b', "a.b", "", "a'b", "$", "*", "a\\b", "\u2028", "_raw", "_file_name"])
def test_a_key_of_json_is_only_a_name(lab, key):
    """A key that nobody asks for does no harm; where one is missing, those that are there are told on one line."""
    lab.says(feed(files="orders*.jsonl"))
    row = {"order_id": "n1", "outlet_id": "o1", "ordered_on": "2026-01-05", key: "x"}
    lab.put("orders.jsonl", json.dumps(row) + "\n")
    lab.put("orders_2.jsonl", json.dumps({key: "x", "more": "y"}) + "\n")
    found = lab.land()
    assert found["orders.jsonl"].accepted == 1 and lab.rows("order_id, _file_name") == [("n1", "orders.jsonl")]
    assert found["orders_2.jsonl"].reason.startswith("header: ")


@pytest.mark.fault("S")
@pytest.mark.parametrize("column", ["_row_number", "_raw", "_malformed", "_file_name", "_problem", "a\nb", 'a"b'])
def test_a_column_of_parquet_is_only_a_name(lab, column):
    lab.says(feed(files="orders*.parquet"))
    out = io.BytesIO()
    rows = [{**row, "ordered_on": day, column: 99} for row, day in zip(ROWS, ["2026-01-05", "x"], strict=False)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), out)
    report = lab.one(out.getvalue(), "orders.parquet")
    assert (report.accepted, report.quarantined) == (1, 1)
    assert lab.rows("order_id, _row_number, _file_name") == [("n1", 1, "orders.parquet")]
    ((row, raw),) = lab.held("row_number, raw")
    assert row == 2 and "n2" in raw
