"""Every file that once ended in a traceback, as small as it can be; ``make fuzz`` finds more of them."""

import json
import xml.etree.ElementTree as ET

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers import article, charts, files, geography, load_incidents, tables
from helpers.charts import base
from helpers.findings import Results
from helpers.importers import convert, layout
from scripts import fuzz
from tests.importers import event_files, test_read

ARCHIVE = test_read.packed(("events.csv", event_files.write(event_files.ACLED, event_files.ACLED_2023)))
RECORD = {"source_id": "article", "title": "T", "agency": "AP", "bytes": 5, "paragraphs": []}
RECORD |= {"sha256": "", "cells": {}}


def one_line(error):
    """What is said of a file, which is one line for each fault."""
    lines = str(error).splitlines()
    assert len(lines) == len(getattr(error, "faults", [error]))
    return lines[0]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff", b"\xef\xbb\xbf{}", json.dumps(RECORD | {"cells": {"reports": 1}}).encode()],
    ids=["empty", "cut off", "a list", "no UTF-8", "no title", "a number for cells"],
)
def test_a_damaged_record_of_the_article(tmp_path, monkeypatch, content):
    monkeypatch.setattr(article, "SEEDS_DIR", tmp_path)
    (tmp_path / "article.json").write_bytes(content)
    with pytest.raises(article.ArticleError, match="restore it from the repository"):
        article.verify(tmp_path / "article.json")


def test_a_record_of_a_paragraph_that_is_not_there(tmp_path, monkeypatch, frozen):
    for name, content in fuzz._article().items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(article, "SEEDS_DIR", tmp_path)
    assert article.verify(tmp_path / "article.txt", frozen)
    for number in (0, 3):
        record = fuzz._article()["article.json"].replace(b"\n     1,", f"\n     {number},".encode(), 1)
        assert record != fuzz._article()["article.json"]
        (tmp_path / "article.json").write_bytes(record)
        with pytest.raises(article.ArticleError, match="a paragraph that the text does not have"):
            article.verify(tmp_path / "article.txt", frozen)


@pytest.mark.parametrize("said", [b"", b"{", b"[]", b"\xff", b'"a"', b'{"groups": [1, 2]}', b'{"notes": 1}'])
def test_what_an_import_said_is_damaged(tmp_path, said):
    table = pa.table({"incident_id": ["a"], "date": ["2022-01-03"]})
    path = tmp_path / "own.parquet"
    pq.write_table(table.replace_schema_metadata({layout.IMPORT_KEY: said}), path)
    with pytest.raises(tables.DataError) as raised:
        load_incidents(dataset=path)
    assert one_line(raised.value).startswith(
        f"{path}: -: damaged metadata helpers.import: what an import has written ("
    )


@pytest.mark.parametrize("place", [4, 20])
def test_a_parquet_file_of_which_the_description_is_damaged(tmp_path, place):
    path = tmp_path / "own.parquet"
    pq.write_table(pa.table({"incident_id": ["a"], "date": ["2022-01-03"]}), path)
    content = bytearray(path.read_bytes())
    content[place : place + 6] = b"\xff" * 6
    path.write_bytes(content)
    with pytest.raises(tables.DataError) as raised:
        load_incidents(dataset=path)
    assert one_line(raised.value).startswith(f"{path}: -: ")


@pytest.mark.parametrize("said", [b'"a"', b"[]", b"{", b"{}", b"\xff", b'{"columns": 1}'])
def test_what_a_geoparquet_file_says_of_its_geometry_is_damaged(tmp_path, said):
    path = tmp_path / "own.parquet"
    table = pa.table({"incident_id": ["a"], "date": ["2022-01-03"]})
    pq.write_table(table.replace_schema_metadata({"geo": said}), path)
    with pytest.raises(tables.DataError) as raised:
        load_incidents(dataset=path)
    assert one_line(raised.value).endswith(": a Parquet file of incidents")


def test_a_column_whose_name_breaks_a_line_or_turns_it_round(tmp_path):
    fault = tables.Fault("sites.csv", 1, "a\nb\u202e\x1b[31m", "unknown column", "one of site_id")
    assert str(tables.DataError([fault])) == r"sites.csv:1: a\nb\u202e\x1b[31m: unknown column: one of site_id"


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_an_archive_without_its_beginning(tmp_path, cut):
    (tmp_path / "events.zip").write_bytes(ARCHIVE[cut:])
    with pytest.raises(tables.DataError, match="damaged archive: a whole one"):
        convert.import_events("acled", [str(tmp_path / "events.zip")], tmp_path / "out.parquet", print)


def test_a_base_map_with_a_ring_that_is_not_closed(tmp_path):
    content = fuzz._beside()["base_map.geojson"]
    (tmp_path / "map.geojson").write_bytes(content)
    assert geography.base_map_faults(tmp_path / "map.geojson") == []
    (tmp_path / "map.geojson").write_bytes(content.replace(b"], [44, 33]]]", b"]]]"))
    assert len(geography.base_map_faults(tmp_path / "map.geojson")) == 1


def test_a_heading_that_a_spreadsheet_would_compute():
    table = pd.DataFrame({"=cmd()": [1], "+1": ["@SUM(1)"]})
    assert list(files.without_formulas(table)) == ["'=cmd()", "'+1"]
    assert files.without_formulas(table).iloc[0].tolist() == [1, "'@SUM(1)"]


def test_a_column_whose_name_is_markup(tmp_path):
    """Notes name it, and notebooks print notes as Markdown."""
    path = tmp_path / "own.csv"
    path.write_text("incident_id,date,<img src=x onerror=alert(1)>\na,2022-01-03,b\n", encoding="utf-8")
    notes = " ".join(Results(dataset=path).notes)
    assert "&lt;img src=x" in notes
    assert "<" not in notes


@pytest.mark.parametrize("words", [r"50\% \input{a}", r"\1 \g<1>", "$\\frac$ & <b>"])
def test_words_of_a_chart_with_a_backslash(words):
    drawn, _ = base.start(1.0)
    drawn.headline = drawn.alt = words
    assert words in "".join(ET.fromstring(charts.svg(drawn)).itertext())


@pytest.mark.slow
def test_a_few_hundred_malformed_files_load_or_are_refused():
    cases = fuzz.run_cases(300, seed=1)
    assert cases.loc[cases["state"] == "failed", ["surface", "seed", "said"]].to_dict("records") == []
    assert set(cases["state"]) == {"loaded", "refused"}
    assert set(cases["surface"]) == set(fuzz.surfaces())


def test_the_fuzz_sees_a_traceback_a_warning_a_wrong_count_and_a_hang(monkeypatch):
    for read in (lambda *_: 1 / 0, lambda *_: fuzz.warnings.warn("odd", stacklevel=1), lambda *_: fuzz._stop()):
        monkeypatch.setattr(fuzz, "surfaces", lambda read=read: {"x": fuzz.Surface({"a": b""}, read, None, 1)})
        assert fuzz.try_case("x", "a", b"")[0] == "failed"


@pytest.mark.parametrize("cell", ["many\x1eor few", "many\x1for few", "\x1e", "many\x1elow\x1f3"])
def test_a_cell_that_holds_the_signs_by_which_cells_are_listed(tmp_path, cell):
    rows = [event_files.UCDP[0] | {"high": cell}, event_files.UCDP[1]]
    found, notes = event_files.bring_in("ucdp", tmp_path, event_files.write(rows, event_files.UCDP_49))
    assert [row["killed_high"] for row in found] == [None, 4]
    assert [note for note in notes if note.startswith("high: 1 cell was not understood")]
