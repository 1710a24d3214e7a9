"""Files as they come: packed, in workbooks, in several encodings, damaged."""

import datetime
import gzip
import io
import re
import zipfile
from xml.sax.saxutils import escape

import pandas as pd
import pytest

from helpers import tables
from helpers.importers import acled, convert, layout, read

from .event_files import ACLED, ACLED_2023, UCDP, UCDP_49, baseline, bring_in, write

TEXT = write(ACLED, ACLED_2023)


def packed(*members):
    """A zip archive of files by name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return archive.getvalue()


def workbook(rows):
    """The least that a workbook of one sheet holds; days are numbers in the format of days."""

    def cell(text):
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return f'<c s="1"><v>{(datetime.date.fromisoformat(text) - datetime.date(1899, 12, 30)).days}</v></c>'
        if re.fullmatch(r"[\d.]+", text):
            return f"<c><v>{text}</v></c>"
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'

    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    lines = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    return packed(
        ("_rels/.rels", f'<Relationships {links}><Relationship Id="r1" Type="{kinds}/officeDocument" '
         'Target="xl/workbook.xml"/></Relationships>'),
        ("xl/workbook.xml", f'<workbook {main} xmlns:r="{kinds}"><sheets><sheet name="a" sheetId="1" r:id="r1"/>'
         "</sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels", f'<Relationships {links}><Relationship Id="r1" Type="{kinds}/worksheet" '
         f'Target="worksheets/a.xml"/><Relationship Id="r2" Type="{kinds}/styles" Target="styles.xml"/>'
         "</Relationships>"),
        ("xl/styles.xml", f'<styleSheet {main}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'),
        ("xl/worksheets/a.xml", f"<worksheet {main}><sheetData>{lines}</sheetData></worksheet>"),
    )  # fmt: skip


def opened(folder, content, name="events.csv"):
    """How a file of this content is to be read."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read.open_source(folder / name, acled.LAYOUT, folder / "temporary")


def refused(folder, content, name="events.csv"):
    with pytest.raises(tables.DataError) as raised:
        source = opened(folder, content, name)
        layout.check_names(str(source.path), source.names, acled.LAYOUT, {})
        convert.SOURCES["acled"].incidents(read.read_text(convert.ibis.duckdb.connect(), source)).to_pyarrow()
    [fault] = raised.value.faults
    return str(fault).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (gzip.compress(TEXT.encode()), "events.csv.gz"),
        (packed(("folder/events.csv", TEXT), ("__MACOSX/._events.csv", "x")), "events.zip"),
        (TEXT.encode("utf-16"), "events.csv"),
        (("\ufeff" + TEXT.replace("\n", "\r\n")).encode(), "events.csv"),
        (TEXT.replace("\n", "\r\n", 1).encode(), "mixed.csv"),
    ],
    ids=["gz", "zip", "utf-16", "bom and crlf", "mixed line ends"],
)
def test_a_text_is_the_same_however_it_is_packed(tmp_path, content, name):
    source = opened(tmp_path, content, name)
    assert source.text.read_bytes().decode("utf-8-sig") == TEXT
    assert source.names == ACLED_2023


def test_parquet_and_workbooks_give_the_same_incidents(tmp_path):
    frame = pd.DataFrame(ACLED).reindex(columns=ACLED_2023)
    frame.assign(event_date=pd.to_datetime(frame["event_date"]), latitude=frame["latitude"].astype(float)).to_parquet(
        tmp_path / "a.parquet"
    )
    (tmp_path / "a.xlsx").write_bytes(
        workbook([ACLED_2023, *frame.astype("object").where(frame.notna(), "").to_numpy().tolist()])
    )
    for name in ("a.parquet", "a.xlsx"):
        rows, _ = bring_in("acled", tmp_path, (tmp_path / name).read_bytes(), name=name)
        assert rows == baseline("acled")[0], name


def test_lines_are_found_in_parquet_as_rows(tmp_path):
    pd.DataFrame({"fatalities": ["1", "many"]}).to_parquet(tmp_path / "a.parquet")
    source = read.open_source(tmp_path / "a.parquet", acled.LAYOUT, tmp_path)
    assert read.find_lines(source, [("fatalities", "many")]) == {("fatalities", "many"): 2}


def test_semicolons_go_with_decimal_commas(tmp_path):
    events = [e | {name: e[name].replace(".", ",") for name in ("latitude", "longitude")} for e in ACLED]
    rows, _ = bring_in("acled", tmp_path, write(events, ACLED_2023, ";"))
    assert rows == baseline("acled")[0]


def test_blank_lines_and_a_line_above_the_names_are_passed_over(tmp_path):
    source = opened(tmp_path, "sep=,\n\n" + TEXT.replace("\n", "\n\n", 1))
    rows = read.read_text(convert.ibis.duckdb.connect(), source).to_pyarrow().to_pylist()
    assert [row["event_id_cnty"] for row in rows] == ["IRQ1", "IRQ2", "SYR3"]


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "events.csv", "events.csv:1: -: empty file: a line of names and a line for each event"),
        (gzip.compress(TEXT.encode() * 9)[:-20], "e.csv.gz", "damaged archive: a whole one; is it cut off?"),
        (packed(("a.csv", TEXT))[:-30], "e.zip", "damaged archive: a whole one; is it cut off?"),
        (packed(("../a.csv", TEXT)), "e.zip", "e.zip:1: -: ../a.csv: an archive whose files lie inside it"),
        (packed(("/a.csv", TEXT)), "e.zip", "e.zip:1: -: /a.csv: an archive whose files lie inside it"),
        (packed(("a.csv", TEXT), ("b.csv", TEXT)), "e.zip", "a.csv, b.csv: an archive with one CSV file"),
        (packed(), "e.zip", "empty archive: an archive with one CSV file"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "e.xlsx", "encrypted or old workbook: an .xlsx file without a password"),
        (b"PAR1", "e.parquet", "e.parquet: -: damaged file: a whole Parquet file"),
        (b"PK\x03\x04" + b"\0" * 60, "e.xlsx", "damaged workbook: a whole .xlsx file"),
    ],
    ids=["empty", "cut gz", "cut zip", "above", "absolute", "two", "none", "encrypted", "no parquet", "no workbook"],
)
def test_what_cannot_be_opened_says_why(tmp_path, content, name, words):
    assert words in refused(tmp_path, content, name)


def test_an_archive_that_swells_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(read, "_LEAST_BOMB", 1 << 16)
    assert "bytes out of" in refused(tmp_path, packed(("a.csv", "a" * (1 << 24))), "e.zip")


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (TEXT + "IRQ9,2022-01-03\n", "0events.csv:6: -: 2 cells: 31, as the line of names has"),
        (
            TEXT[: TEXT.index("it is said")],
            "0events.csv:3: -: a quotation mark that nothing closes: a whole file; is it cut off?",
        ),
        (TEXT.replace("Clashes.", "x" * 5_000_000), "0events.csv:1: -: a row of over 4,194,304 bytes"),
    ],
    ids=["short row", "cut off", "long row"],
)
def test_a_damaged_text_names_the_line(tmp_path, broken, words):
    with pytest.raises(tables.DataError) as raised:
        bring_in("acled", tmp_path, broken)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Country,ISO3,Admin 1 Name,Start Date,End Date,Event Type,Events,Fatalities\n", "monthly counts of ACLED"),
        ("location_code,event_type,events,fatalities,reference_period_start\n", "monthly counts of ACLED"),
        ("Event ID\tEvent Date\tSource Name\tEvent Text\tStory ID\tCity\n", "ICEWS"),
        ("1\t20220103120000\t20220103121500\t" + "\t".join("x" * 13) + "\n", "GDELT mentions"),
        ("A disclaimer\n\n\tEVENT DATE\tEVENT LOCATION\tPERPETRATORS\tVICTIMS\n", "PITF"),
    ],
    ids=["HDX", "HAPI", "ICEWS", "GDELT mentions", "PITF"],
)
def test_what_holds_no_events_is_refused_by_name(tmp_path, text, words):
    fault = refused(tmp_path, text)
    assert "no list of events: this file holds" in fault
    assert words in fault


def test_patterns_are_matched_once_and_sorted(tmp_path):
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    found = read.find_files([f"{tmp_path}/*.csv", f"{tmp_path}/a.csv"], tmp_path / "out.parquet")
    assert [path.name for path in found] == ["a.csv", "b.csv"]
    (tmp_path / "c.doc").write_text("x", encoding="utf-8")
    with pytest.raises(tables.DataError, match=r"\.doc: a name that ends in \.csv, "):
        read.find_files([f"{tmp_path}/c*"], tmp_path / "out.parquet")


def test_a_text_that_is_larger_than_a_piece(tmp_path, monkeypatch):
    monkeypatch.setattr(read, "_PIECE", 7)
    source = opened(tmp_path, TEXT.replace("\n", "\r\n").encode("cp1252"))
    assert (source.encoding, source.text.read_text(encoding="utf-8")) == ("cp1252", TEXT)
    assert read._examine(source.path) == ("cp1252", False)


def test_lines_of_cells_count_the_line_breaks_before_them(tmp_path):
    (tmp_path / "u.csv").write_text(write([*UCDP, {"id": "9", "best": "few"}], UCDP_49), encoding="utf-8")
    source = read.open_source(tmp_path / "u.csv", convert.SOURCES["ucdp"].LAYOUT, tmp_path)
    assert read.find_lines(source, [("best", "few")]) == {("best", "few"): 5}
