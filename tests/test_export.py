"""`pulse export`: lists as files that are right, private, and harmless to open."""

import csv
import json
import os
import re
import zipfile
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest

from orchestration.publishing import readers
from orchestration.publishing.generations import current
from orchestration.reports.export import export, file_names
from orchestration.reports.selection import NO_REP
from orchestration.workspace.errors import PulseError
from orchestration.workspace.layout import Workspace
from tests.conftest import Pulse
from tests.publishing import publish_again

HOSTILE = (
    '=HYPERLINK("http://evil.example","x")',
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "＝1",
    "http://evil.example",
    "mailto:a@evil.example",
    "0042",
    "_x0041_",
    'two "quoted"\nlines, and a comma',
    "Băcănia 店",
)
REPS = ("shop:R1", "shop:r1", "shop:R2", "../../etc/passwd", "a/b", "a\\b", "a:b_inactive", "a:b", "a.b", "..", "", "é")
OUTLETS = "dim_outlets", "fct_outlet_silence", "rpt_link_proposals", "rpt_beat_silence"


def published(home: Path, **marts: str) -> Workspace:
    """A published generation of marts made by hand; `marts` are their names and selects."""
    workspace = Workspace(home)
    workspace.prepare()
    plain = {
        "dim_reps": "select 'shop:R1' as rep_id, 'R1' as source_rep_id, 'Ana Pop' as rep_name",
        "dim_states": "select unnest(['active', 'inactive', 'lost']) as state",
        "outlet_contacts": "select * from (values "
        "('shop:o1', 'Ion Ene', '+40 721 000 199', 'ion.ene@toko.example'), ('shop:o2', '=ene', '12', 'no address')"
        ") as contacts(outlet_id, contact_name, contact_phone, contact_email)",
    }
    workspace.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(workspace.warehouse)) as warehouse:
        warehouse.execute("create schema marts")
        warehouse.execute("create schema intermediate")
        warehouse.execute("create table intermediate.int_as_of as select date '2026-03-31' as as_of_date")
        for mart, select in {**plain, **marts}.items():
            warehouse.execute(f"create table marts.{mart} as {select}")
    publish_again(workspace, "byhand00", as_of="2026-03-31")
    return workspace


def values(column: str, texts: tuple[str, ...]) -> str:
    listed = ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
    return f"unnest([{listed}]) as {column}"


def only(files: list[dict]) -> Path:
    assert len(files) == 1
    return files[0]["path"]


def rows_of(path: Path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sheet_of(path: Path):
    return openpyxl.load_workbook(path).worksheets[0]


@pytest.fixture(scope="module")
def lists(story) -> Workspace:
    return Workspace(story.home)


@pytest.fixture
def hostile(tmp_path) -> Workspace:
    outlets = f"select {values('outlet_name', HOSTILE)}, -1.50::decimal(18, 2) as net_amount, -3 as gap_days"
    return published(tmp_path / "home", rpt_names=f"select 'shop:' || outlet_name as outlet_id, * from ({outlets})")


@pytest.mark.parametrize("listed", OUTLETS)
def test_a_workbook_holds_the_list_as_it_is_published(lists, story, tmp_path, listed):
    files = export(lists, listed, "xlsx", out=tmp_path)
    sheet = sheet_of(only(files))
    columns = [row[0] for row in story.ask(f"describe {listed}")]
    published_rows = story.ask(f"select * from {listed} order by all")
    assert files[0]["rows"] == len(published_rows) == sheet.max_row - 1
    header = [cell.value for cell in sheet[1]]
    assert header[: len(columns)] == columns
    assert header[len(columns) :] == (
        ["contact_name", "contact_phone", "contact_email"] if "outlet_id" in columns else []
    )
    for row, expected in zip(sheet.iter_rows(min_row=2), published_rows, strict=True):
        for cell, value in zip(row, expected, strict=False):
            if isinstance(value, Decimal):
                assert cell.data_type == "n" and cell.value == pytest.approx(float(value), abs=1e-9)
            elif isinstance(value, date):
                assert cell.is_date and cell.value == datetime(value.year, value.month, value.day)
            elif value is not None:
                assert cell.value == value and type(cell.value) is type(value)
            else:
                assert cell.value is None
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(sheet.max_row, sheet.max_column).coordinate}"
    assert all(cell.font.bold for cell in sheet[1])


def test_number_formats_follow_the_types(lists, tmp_path):
    sheet = sheet_of(only(export(lists, "dim_outlets", "xlsx", out=tmp_path / "outlets")))
    formats = {head.value: cell.number_format for head, cell in zip(sheet[1], sheet[2], strict=True)}
    assert formats["lifetime_net_amount"] == "#,##0.00"
    assert formats["lifetime_orders"] == "#,##0"
    assert formats["first_order_date"] == "yyyy-mm-dd"
    sheet = sheet_of(only(export(lists, "rpt_beat_silence", "xlsx", out=tmp_path / "beats")))
    heads = [cell.value for cell in sheet[1]]
    shares = [row[heads.index("lapsed_share_low")] for row in sheet.iter_rows(min_row=2)]
    assert {cell.number_format for cell in shares if cell.value is not None} == {"#,##0.0000"}
    assert isinstance(sheet.cell(2, heads.index("is_small_group") + 1).value, bool)


def test_the_second_sheet_says_what_the_rows_are(lists, story, tmp_path):
    path = only(export(lists, "rpt_beat_silence", "xlsx", out=tmp_path))
    about = {name.value: value.value for name, value in openpyxl.load_workbook(path)["About"].iter_rows()}
    now = current(lists)
    assert about["List"] == "rpt_beat_silence"
    assert about["Business date"].date().isoformat() == now["as_of_date"]
    assert (about["Generation"], about["Published at"]) == (now["generation"], now["published_at"])
    assert about["Rows"] == story.ask("select count(*) from rpt_beat_silence")[0][0]
    assert about["Currency"] == "USD"
    assert (about["Filters"], about["Contacts"]) == ("none", "none")
    path = only(export(lists, "dim_outlets", "xlsx", states=["lost", "inactive"], out=tmp_path))
    about = {name.value: value.value for name, value in openpyxl.load_workbook(path)["About"].iter_rows()}
    assert (about["Filters"], about["Contacts"]) == ("state = inactive or lost", "masked")
    assert "Currency" not in about


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(hostile, tmp_path):
    path = only(export(hostile, "rpt_names", "xlsx", out=tmp_path))
    sheet = sheet_of(path)
    names = [sheet.cell(row, 2) for row in range(2, sheet.max_row + 1)]
    assert {cell.data_type for cell in names} == {"s"}
    assert Counter(openpyxl.utils.escape.unescape(cell.value) for cell in names) == Counter(HOSTILE)
    assert {(sheet.cell(row, 3).value, sheet.cell(row, 4).value) for row in range(2, 5)} == {(-1.5, -3)}
    with zipfile.ZipFile(path) as parts:
        content = parts.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in content and "hyperlink" not in content.replace("=HYPERLINK", "")
        assert not any("rels" in part and "sheet" in part for part in parts.namelist())


@pytest.mark.parametrize("to", ["csv", "crm"])
def test_text_in_a_csv_is_harmless_and_numbers_stay_numbers(hostile, tmp_path, to):
    rows = rows_of(only(export(hostile, "rpt_names", to, out=tmp_path)))
    dangerous = {text for text in HOSTILE if text.strip()[0] in "=+-@＝"}
    assert len(dangerous) == 8
    assert Counter(row["outlet_name"] for row in rows) == Counter(
        f"'{text}" if text in dangerous else text for text in HOSTILE
    )
    assert {(row["net_amount"], row["gap_days"]) for row in rows} == {("-1.50", "-3")}


def test_a_csv_is_rfc_4180_in_utf_8_with_iso_values(tmp_path):
    select = (
        "select 'a,\"b\"' as words, true as is_so, date '2026-03-01' as on_day, 1e-7::decimal(18, 7) as tiny, "
        "timestamp '2026-03-01 10:20:30' as at, null::varchar as nothing, 'é' as accent"
    )
    workspace = published(tmp_path / "home", rpt_values=select)
    content = only(export(workspace, "rpt_values", "csv")).read_bytes()
    assert content == (
        b"words,is_so,on_day,tiny,at,nothing,accent\r\n"
        b'"a,""b""",true,2026-03-01,0.0000001,2026-03-01T10:20:30,,\xc3\xa9\r\n'
    )


def test_what_a_sheet_cannot_hold_as_a_number_or_date_arrives_as_text(tmp_path):
    select = "select 1234567890123456789 as cell_number, date '1800-01-01' as on_day, 'nan'::double as ratio, 7 as n"
    workspace = published(tmp_path / "home", rpt_values=select, rpt_long="select repeat('x', 40000) as words")
    sheet = sheet_of(only(export(workspace, "rpt_values", "xlsx")))
    assert [cell.value for cell in sheet[2]] == ["1234567890123456789", "1800-01-01", "nan", 7]
    with pytest.raises(PulseError, match=r"40,000 characters fits no cell; use csv"):
        export(workspace, "rpt_long", "xlsx")


def test_contacts_are_masked_unless_asked_and_then_it_is_noted(tmp_path):
    outlets = "select unnest(['shop:o1', 'shop:o2', 'shop:o3']) as outlet_id, 'shop:R1' as rep_id, 'lost' as state"
    workspace = published(tmp_path / "home", rpt_calls=outlets)
    log = workspace.home / "exports" / "unmasked.log"
    for listed in ("rpt_calls", "outlet_contacts"):
        rows = rows_of(only(export(workspace, listed, "csv")))
        found = {r["outlet_id"]: (r["contact_name"], r["contact_phone"], r["contact_email"]) for r in rows}
        assert found["shop:o1"] == ("I***", "***99", "***@toko.example")
        assert found["shop:o2"] == ("'=***", "***", "***")
        assert found.get("shop:o3", ("", "", "")) == ("", "", "")
    assert len(rows_of(only(export(workspace, "rpt_calls", "csv")))) == 3
    assert list(rows_of(only(export(workspace, "rpt_calls", "csv")))[0])[-3:] == [
        "contact_name",
        "contact_phone",
        "contact_email",
    ]
    export(workspace, "dim_reps", "csv", unmask=True)  # has no contacts, so nothing was taken out
    assert not log.exists()
    out = tmp_path / "elsewhere"
    path = only(export(workspace, "rpt_calls", "parquet", rep="R1", states=["lost"], unmask=True, out=out))
    with duckdb.connect() as connection:
        names = connection.execute(f"select contact_name, contact_email from '{path}' order by outlet_id").fetchall()
    assert names == [("Ion Ene", "ion.ene@toko.example"), ("=ene", "no address"), (None, None)]
    (entry,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert datetime.fromisoformat(entry.pop("when")).utcoffset().total_seconds() == 0
    assert entry.pop("user")
    filters = {"rep_id": "shop:R1", "state": "lost"}
    assert entry == {"list": "rpt_calls", "filters": filters, "rows": 3, "file": str(path)}
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("to", ["csv", "xlsx", "parquet", "crm"])
def test_the_same_command_gives_the_same_bytes_for_the_owner_only(lists, story, tmp_path, to):
    first = only(export(lists, "dim_outlets", to, states=["active", "inactive"], out=tmp_path / "first"))
    os.utime(first, (0, 0))
    # in another process: text is hashed differently there
    story("export", "dim_outlets", "--to", to, "--state", "inactive", "--state", "active", "--out", str(tmp_path / "b"))
    second = tmp_path / "b" / first.name
    assert second.read_bytes() == first.read_bytes()
    assert second.stat().st_mode & 0o777 == 0o600
    assert sorted(second.parent.iterdir()) == [second]
    as_of = current(lists)["as_of_date"]
    assert first.name == f"dim_outlets_{as_of}_active-inactive.{'crm.csv' if to == 'crm' else to}"


def test_parquet_keeps_types_and_rows(lists, story, tmp_path):
    path = only(export(lists, "fct_outlet_silence", "parquet", out=tmp_path))
    own = f"select * exclude (contact_name, contact_phone, contact_email) from '{path}'"
    with duckdb.connect() as connection:
        kept, rows = (connection.execute(sql).fetchall() for sql in (f"describe {own}", own))
    assert [row[:2] for row in kept] == [row[:2] for row in story.ask("describe fct_outlet_silence")]
    assert rows == story.ask("select * from fct_outlet_silence order by all")


def test_files_by_rep_make_the_list(lists, story, tmp_path):
    whole = rows_of(only(export(lists, "dim_outlets", "csv", out=tmp_path)))
    files = export(lists, "dim_outlets", "csv", by_rep=True, out=tmp_path / "reps")
    assert len(files) == story.ask("select count(distinct coalesce(rep_id, 'unknown')) from dim_outlets")[0][0] > 5
    parts = [rows_of(file["path"]) for file in files]
    assert [len(part) for part in parts] == [file["rows"] for file in files]
    assert all(len({row["rep_id"] for row in part}) == 1 for part in parts)
    assert sorted(row["outlet_id"] for part in parts for row in part) == sorted(row["outlet_id"] for row in whole)
    rep = parts[0][0]["rep_id"]
    alone = only(export(lists, "dim_outlets", "csv", rep=rep, out=tmp_path))
    assert (alone.name, alone.read_bytes()) == (files[0]["path"].name, files[0]["path"].read_bytes())


def test_hostile_rep_ids_stay_in_the_folder_and_apart(tmp_path):
    reps = f"select *, row_number() over () as rank from (select {values('rep_id', REPS)} union all select null)"
    workspace = published(tmp_path / "home", rpt_calls=f"{reps} union all select 'unknown', 99")
    out = tmp_path / "out"
    files = export(workspace, "rpt_calls", "csv", by_rep=True, out=out)
    assert len(files) == len(REPS) + 1
    names = [file["path"].name for file in files]
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    assert len({name.lower() for name in names}) == len(names)
    assert all(re.fullmatch(r"rpt_calls_2026-03-31_[A-Za-z0-9_.-]+\.csv", name) for name in names)
    assert {"rpt_calls_2026-03-31_shop.R2.csv", "rpt_calls_2026-03-31_without_rep.csv"} <= set(names)
    written = [row["rep_id"] for file in files for row in rows_of(file["path"])]
    assert Counter(written) == Counter([*REPS, "", "unknown"])  # the second empty one is null: no rep


def test_a_reps_name_is_not_taken_for_a_filter():
    names = file_names(["a:b", "a:b_inactive", "a:b_almost_inactive-lost", "rep:R_01", "x" * 300, NO_REP], [])
    assert names["a:b"] == "a.b" and names["rep:R_01"] == "rep.R_01" and names[NO_REP] == "without_rep"
    assert not names["a:b_inactive"].endswith("_inactive")
    assert not names["a:b_almost_inactive-lost"].endswith("lost")
    assert max(map(len, names.values())) < 130
    assert file_names(["shop:R1"], ["shop:r1"])["shop:R1"] != "shop.R1"


def test_a_rep_is_found_by_id_number_or_part_of_the_name(tmp_path):
    reps = (
        "select * from (values ('shop:R1', 'R1', 'Ana Pop'), ('shop:R2', 'R2', 'Ana Marin'), "
        "('other:R2', 'R2', 'Ion')) as reps(rep_id, source_rep_id, rep_name)"
    )
    calls = "select unnest(['shop:R1', 'shop:R2', 'shop:R2', 'other:R2']) as rep_id"
    workspace = published(tmp_path / "home", dim_reps=reps, rpt_calls=calls)
    for wanted, rep, rows in (("shop:R2", "shop.R2", 2), ("R1", "shop.R1", 1), ("marin", "shop.R2", 2)):
        (file,) = export(workspace, "rpt_calls", "csv", rep=wanted)
        assert (file["path"].name, file["rows"]) == (f"rpt_calls_2026-03-31_{rep}.csv", rows)
    with pytest.raises(PulseError, match=r"names 2 reps: other:R2 \(Ion\), shop:R2 \(Ana Marin\); give one rep_id"):
        export(workspace, "rpt_calls", "csv", rep="R2")
    with pytest.raises(PulseError, match=r"names 3 reps"):
        export(workspace, "rpt_calls", "csv", rep="")
    with pytest.raises(PulseError, match=r"no published rep is 'Anna Pop'; nearest name that exists: 'Ana Pop'"):
        export(workspace, "rpt_calls", "csv", rep="Anna Pop")


def test_what_is_not_there_is_one_line(story, lists, tmp_path):
    said = story("export", "dim_outlet", "--to", "csv", "--out", str(tmp_path), code=1)
    assert said == "pulse: no published list is 'dim_outlet'; nearest name that exists: 'dim_outlets'\n"
    assert "'pdf' is not one of" in story("export", "dim_outlets", "--to", "pdf", code=2)
    with pytest.raises(
        PulseError, match=r"rpt_beat_silence: no column rep_id, which --rep needs; its columns are beat_id"
    ):
        export(lists, "rpt_beat_silence", "csv", rep="x", out=tmp_path)
    with pytest.raises(PulseError, match=r"no column rep_id, which --by-rep needs"):
        export(lists, "rpt_beat_silence", "csv", by_rep=True, out=tmp_path)
    with pytest.raises(PulseError, match=r"dim_beats: no column state, which --state needs"):
        export(lists, "dim_beats", "csv", states=["lost"], out=tmp_path)
    with pytest.raises(PulseError, match=r"there is no state 'inactve'; nearest name that exists: 'inactive'"):
        export(lists, "dim_outlets", "csv", states=["inactve"], out=tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(PulseError, match=r"file: cannot be written: .*; name another folder by --out"):
        export(lists, "dim_beats", "csv", out=tmp_path / "file")
    with pytest.raises(PulseError, match=r"nothing is published yet"):
        export(Workspace(tmp_path / "nowhere"), "dim_beats", "csv")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_command_says_what_it_wrote(story, tmp_path):
    said = story("export", "dim_states", "--to", "csv", "--out", str(tmp_path))
    assert re.fullmatch(rf"{re.escape(str(tmp_path))}/dim_states_[\d-]+\.csv  10 rows\n", said)
    workspace = published(tmp_path / "home", rpt_calls="select 'shop:R1' as rep_id where false")
    assert "no such rows" in Pulse(workspace.home)("export", "rpt_calls", "--to", "csv", "--by-rep")


def test_more_rows_than_a_sheet_holds_is_an_error_before_anything_is_written(tmp_path):
    workspace = published(tmp_path / "home", rpt_all="select range as n from range(1048576)")
    with pytest.raises(
        PulseError, match=r"a sheet holds 1,048,575 rows, found 1,048,576; use --to csv or --to parquet"
    ):
        export(workspace, "rpt_all", "xlsx", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert export(workspace, "rpt_all", "parquet", out=tmp_path / "out")[0]["rows"] == 1_048_576


def test_rows_come_by_rank(tmp_path):
    workspace = published(
        tmp_path / "home", rpt_calls="select chr(70 - range::int) as words, range as rank from range(5)"
    )
    assert [row["rank"] for row in rows_of(only(export(workspace, "rpt_calls", "csv")))] == ["0", "1", "2", "3", "4"]


def test_external_ids_are_the_rows_own(lists, story, tmp_path):
    rows = rows_of(only(export(lists, "dim_outlets", "crm", out=tmp_path)))
    as_of = current(lists)["as_of_date"]
    assert list(rows[0])[:4] == ["external_id", "list", "business_date", "outlet_id"]
    assert {(row["list"], row["business_date"]) for row in rows} == {("dim_outlets", as_of)}
    assert all(row["external_id"] == f"dim_outlets:{row['outlet_id']}" for row in rows)
    rows = rows_of(only(export(lists, "rpt_beat_silence", "crm", out=tmp_path)))
    assert {row["external_id"] for row in rows} == {
        f"rpt_beat_silence:{beat}:{window}"
        for beat, window in story.ask("select beat_id, window_days from rpt_beat_silence")
    }
    rows = rows_of(only(export(lists, "fct_outlet_order_days", "crm", out=tmp_path)))
    assert len({row["external_id"] for row in rows}) == len(rows)
    assert {row["business_date"] for row in rows} == {as_of}
    assert len({row["fct_outlet_order_days_business_date"] for row in rows}) > 1


def test_a_list_without_a_key_is_no_crm_import(tmp_path):
    workspace = published(
        tmp_path / "home",
        rpt_calls="select unnest(['a', 'a']) as outlet_id",
        rpt_words="select 'a' as words",
        rpt_own='select \'a\' as outlet_id, 1 as "Net Amount", 2 as "lastOrder"',
    )
    for listed, found in (("rpt_calls", "outlet_id"), ("rpt_words", "none")):
        with pytest.raises(
            PulseError, match=rf"{listed}: --to crm needs columns that tell its rows apart, found {found};"
        ):
            export(workspace, listed, "crm")
    header = list(rows_of(only(export(workspace, "rpt_own", "crm")))[0])
    assert header[3:6] == ["outlet_id", "net_amount", "last_order"]


def test_a_file_names_the_generation_that_it_was_read_from(tmp_path):
    workspace = published(tmp_path / "home", rpt_words="select 'first' as words")
    first = current(workspace)
    with readers.reader(workspace) as marts:
        published(tmp_path / "home", rpt_words="select 'second' as words")
        assert readers.shown_by(workspace, marts)["generation"] == first["generation"]
        assert current(workspace)["generation"] > first["generation"]
    with readers.reader(workspace) as marts:
        assert readers.shown_by(workspace, marts) == current(workspace)


def test_a_reader_writes_into_its_folder_and_nowhere_else(tmp_path):
    workspace = published(tmp_path / "home", rpt_words="select 'first' as words")
    (tmp_path / "mine").mkdir()
    with readers.reader(workspace, writes=tmp_path / "mine") as marts:
        marts.execute(f"copy rpt_words to '{tmp_path}/mine/words.csv'")
        for elsewhere in ("words.csv", "mine/../words.csv", "home/published/words.csv"):
            with pytest.raises(duckdb.PermissionException):
                marts.execute(f"copy rpt_words to '{tmp_path}/{elsewhere}'")


def test_a_failed_export_leaves_the_earlier_file(tmp_path, monkeypatch):
    workspace = published(tmp_path / "home", rpt_words="select 'first' as words")
    path = only(export(workspace, "rpt_words", "csv"))
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("orchestration.reports.export.write_csv", full)
    with pytest.raises(PulseError, match=r"exports: cannot be written: .*No space left on device"):
        export(workspace, "rpt_words", "csv")
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_every_column_of_a_person_has_a_mask():
    """The contract says which columns hold contacts; a new one without a mask would go out in full."""
    from orchestration.project import contract
    from orchestration.reports.selection import MASKS

    entities = contract.load().values()
    assert set(MASKS) == {c.name for entity in entities for c in entity.columns.values() if c.contact}
