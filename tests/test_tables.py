import csv

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_collection import spoil, write_small

from helpers import load_context_events, load_places, load_reports, load_search_log, load_sites, load_sources, tables
from helpers.schemas import load_schema

RAW = load_schema().raw


def faults_of(tmp_path, text, table="search_log"):
    """The faults of one file, as text after its name."""
    path = tmp_path / "file.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [str(fault).removeprefix("file:") for fault in tables.read_table(path, RAW[table], "file")[1]]


# --- the shape of a file --------------------------------------------------------------------------------------------

HEADER = "month,query_no,results,new_incidents\n"
SHAPES = {
    "semicolons": ("month;query_no;results;new_incidents\n", "1: -: columns separated by ';': columns separated"),
    "tabs": ("month\tquery_no\n", "1: -: columns separated by '\\t': columns separated by commas"),
    "nothing": ("", "1: -: empty file: a header row and data rows"),
    "blank lines alone": ("\n\n", "1: -: empty file: a header row and data rows"),
    "a byte order mark alone": ("\ufeff", "1: -: empty file: a header row and data rows"),
    "a header alone": (HEADER, "1: -: a header alone: a header row and data rows"),
    "a blank first line": ("\n" + HEADER + "2020-01,1,8,0\n", "1: -: blank row: no blank rows; remove it"),
    "commas alone": (HEADER + ",,,\n2020-01,1,8,0\n", "2: -: blank row: no blank rows; remove it"),
    "a short row": (HEADER + "2020-01,1,8\n", "2: -: 3 fields: 4 fields, as in the header"),
    "a long row": (HEADER + "2020-01,1,8,0,0\n", "2: -: 5 fields: 4 fields, as in the header"),
    "an open quote in the header": ('"month,query_no\n2020-01,1\n', "1: -: unexpected end of data: well-formed CSV;"),
    "an open quote": (HEADER + '2020-01,1,8,0\n"2020-02,1,8,0\n', "3: -: unexpected end of data: well-formed CSV; is"),
    "a repeated column": ("month,month,query_no,results\n", "1: month: repeated column: each column once"),
    "a null byte": (HEADER + "2020\0,1,8,0\n", "2: -: '\\x00': UTF-8 text; in a spreadsheet choose"),
    "Latin-1": (HEADER.encode() + b"2020-01,1,8,0\n\xe9,1,8,0\n", "3: -: 'é': UTF-8 text; in a spreadsheet choose"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "fault"), SHAPES.values(), ids=SHAPES)
def test_a_file_of_the_wrong_shape_is_one_fault_with_its_line(tmp_path, text, fault):
    found = faults_of(tmp_path, text)
    assert len(found) == 1, found
    assert found[0].startswith(fault)


def test_a_missing_file_is_a_fault(tmp_path):
    found = tables.read_table(tmp_path / "no.csv", RAW["sites"], str(tmp_path / "no.csv"))[1]
    assert [str(fault) for fault in found] == [
        f"{tmp_path / 'no.csv'}:1: -: no file: a readable CSV file (No such file or directory)"
    ]


def test_utf_16_is_one_fault(tmp_path):
    assert len(faults_of(tmp_path, (HEADER + "2020-01,1,8,0\n").encode("utf-16-le"))) == 1


def test_a_line_break_or_control_character_in_a_cell_is_a_fault(tmp_path):
    text = 'place_id,name,aliases,latitude,longitude,precision_km,source_id,note\na,"A\nB",,,,,,\nb,B\x01,,,,,,\n'
    assert faults_of(tmp_path, text, "places") == [
        "2: name: 'A\\nB': text without line breaks, tabs or control characters",
        "4: name: 'B\\x01': text without line breaks, tabs or control characters",
    ]


def test_a_table_that_may_be_empty_may_be_a_header_alone(tmp_path):
    assert not faults_of(tmp_path, "incident_id,other_id,judgement,reason\n", "distinct_pairs")


def test_a_byte_order_mark_and_crlf_are_accepted(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + HEADER.encode().replace(b"\n", b"\r\n") + b"2020-01,1,8,0\r\n")
    table, faults = tables.read_table(tmp_path / "a.csv", RAW["search_log"], "a.csv")
    assert not faults
    assert table.to_numpy().tolist() == [["2020-01", 1, 8, 0]]


def test_columns_may_stand_in_another_order(tmp_path):
    (tmp_path / "a.csv").write_text("results,month,new_incidents,query_no\n8,2020-01,0,1\n", encoding="utf-8")
    table, faults = tables.read_table(tmp_path / "a.csv", RAW["search_log"], "a.csv")
    assert not faults
    assert table.to_numpy().tolist() == [["2020-01", 1, 8, 0]]


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


@given(st.lists(st.lists(cells, min_size=3, max_size=3).filter(any), min_size=1, max_size=6))
def test_any_cells_survive_reading(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("cells") / "any.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["a", "b", "c"], *rows])
    found, faults = tables._read_cells(path, "any")
    assert not faults
    assert found.astype("object").fillna("").to_numpy().tolist() == rows
    assert found.index.tolist() == list(range(2, 2 + len(rows)))


# --- cells against the schema ---------------------------------------------------------------------------------------

WEAPONS = "one of rocket, drone, ballistic_missile, mortar, mixed, unknown; not empty"
CELLS = {
    "wrong code": ("reports", "weapon", "rockt", WEAPONS),
    "a code left empty": ("reports", "weapon", None, WEAPONS),
    "impossible date": ("reports", "event_date", "2019-02-30", "a date that exists, as YYYY-MM-DD"),
    "date of a spreadsheet": ("reports", "event_date", "08/11/2019", "a date that exists, as YYYY-MM-DD"),
    "date before any calendar": ("reports", "event_date", "0001-01-01", "a date that exists, as YYYY-MM-DD"),
    "a word for a number": ("reports", "launched_min", "seventeen", "a whole number, 0 or more"),
    "a word for missing": ("reports", "launched_min", "nan", "a whole number, 0 or more"),
    "a full-width digit": ("reports", "launched_min", "\uff13", "a whole number, 0 or more"),
    "a fraction of a rocket": ("reports", "launched_min", "1.5", "a whole number, 0 or more"),
    "a negative number": ("reports", "hit_min", "-2", "a whole number, 0 or more"),
    "a decimal comma": ("sites", "latitude", "33,3", "a number such as 33.25"),
    "latitude out of bounds": ("sites", "latitude", "133.299", "a number from -90 to 90"),
    "longitude out of bounds": ("sites", "longitude", "-180.1", "a number from -180 to 180"),
    "a month that is none": ("search_log", "month", "2019-13", "YYYY-MM; not empty"),
    "an id with capitals": ("sites", "site_id", "Victory Base", "lower-case letters, digits, _ and -; not empty"),
    "an incident without a day": ("incident_register", "incident_id", "embassy", "YYYY-MM-DD_site; not empty"),
    "an address that is none": ("sources", "url", "example.org", "a web address"),
    "paragraphs in words": ("reports", "paragraph", "1, 2", "numbers separated by ;"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "column", "value", "allowed"), CELLS.values(), ids=CELLS)
def test_a_wrong_cell_is_a_fault_with_line_column_value_and_what_is_allowed(name, column, value, allowed):
    table = RAW[name]
    row = pd.DataFrame({column: pd.Series([value], index=[7], dtype="str")})
    typed, faults = tables.check_cells(row, table, f"{name}.csv")
    shown = "" if value is None else repr(value)
    assert [fault for fault in faults if fault.value != "missing column"] == [
        tables.Fault(f"{name}.csv", 7, column, shown, allowed)
    ]
    assert typed[column].isna().all(), "a faulty cell is missing"


def test_missing_and_unknown_columns_are_faults():
    row = pd.DataFrame([["2020-01", "1", "8", "x"]], columns=["month", "query_no", "results", "news"], dtype="str")
    faults = tables.check_cells(row, RAW["search_log"], "search_log.csv")[1]
    assert [str(fault) for fault in faults] == [
        "search_log.csv:1: new_incidents: missing column: this column is required",
        "search_log.csv:1: news: unknown column: one of month, query_no, results, new_incidents",
    ]


def test_a_key_that_repeats_is_a_fault_of_the_later_row(tmp_path):
    found = faults_of(tmp_path, HEADER + "2020-01,1,8,0\n2020-01,2,8,0\n2020-01,1,8,0\n")
    assert found == ["4: month, query_no: '2020-01, 1': a key that no earlier row has"]


def test_a_key_with_a_faulty_cell_is_judged_by_that_cell_alone(tmp_path):
    found = faults_of(tmp_path, HEADER + "2020-01,x,8,0\n2020-01,x,8,0\n")
    assert [fault.split(": ")[1] for fault in found] == ["query_no", "query_no"]


def test_a_column_that_the_second_coding_lacks_is_missing_throughout():
    full = RAW["second_coding/reports"]
    row = pd.DataFrame([["x"] * 2], columns=["coder", "launch_area"], dtype="str")
    typed, faults = tables.check_cells(row, full, "reports.csv")
    assert "origin" not in {fault.column for fault in faults}
    assert typed["origin"].isna().all()
    assert typed["found_by"].dtype == "category"


def test_values_that_have_a_type_already_keep_it():
    columns = load_schema().imported.columns
    days = pd.to_datetime(pd.Series(["2020-01-03", None]))
    assert tables.type_column(days, columns["date"]).equals(days.astype("datetime64[ns]"))
    counts = pd.Series([3.0, None, 2.5])
    assert tables.type_column(counts, columns["launched_low"]).astype("object").tolist() == [3, pd.NA, pd.NA]
    assert tables.type_column(days, columns["launched_low"]).isna().all(), "a day is no number"
    truth = pd.Series([True, False])
    assert tables.type_column(truth, columns["launched_low"]).isna().all(), "yes and no are no numbers"
    huge = pd.Series([1e300, float("inf")])
    assert tables.type_column(huge, columns["launched_low"]).isna().all()


def test_a_users_numbers_and_days_may_have_the_forms_of_programs_but_raw_tables_may_not():
    columns = load_schema().imported.columns
    forms = {
        "launched_low": (["3.0", "3."], [3, 3]),
        "latitude": (["+33.", "1e-05"], [33.0, 1e-05]),
        "date": (["2019-08-17 00:00:00.000", "2019-08-17T23:30+03:00"], [pd.Timestamp("2019-08-17")] * 2),
    }
    for column, (texts, values) in forms.items():
        cells = pd.Series(texts, dtype="str")
        assert tables.type_column(cells, columns[column], strict=False).tolist() == values
        assert tables.type_column(cells, columns[column]).isna().all()


@pytest.mark.parametrize("text", ["2021", "2021-05", "today", "20210503", "2021-W01-1", "03/01/2021", "2021-02-30"])
def test_no_table_takes_a_year_or_a_month_for_a_day(text):
    column = load_schema().imported.columns["date"]
    assert all(tables.type_column(pd.Series([text]), column, strict).isna().all() for strict in (True, False))


# --- loaders --------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    return write_small(tmp_path)


def test_loaders_return_helpful_types(folder):
    reports = load_reports(folder.parent)
    assert reports["event_date"].dtype == "datetime64[ns]"
    assert reports["launched_max"].dtype == "Int64"
    assert list(reports["date_basis"].cat.categories) == ["stated", "weekday", "relative", "unclear"]
    assert reports["launched_max"].isna().sum() == 3, "silence is missing, never zero"
    assert (reports["hit_min"] == 0).sum() == 2, "zero is a report"
    assert load_sources(folder.parent)["published"].isna().sum() == 1
    assert load_search_log(folder.parent)["results"].eq(8).all()


def test_points_are_made_where_both_coordinates_are_given(folder):
    sites, places = load_sites(folder.parent), load_places(folder.parent)
    assert sites.crs == places.crs == "EPSG:4326"
    assert (sites.geometry.x[0], sites.geometry.y[0]) == (44.396, 33.299), "longitude is x"
    assert places.geometry.isna().tolist() == [False, True]


def test_context_events_have_a_range_of_days(folder):
    events = load_context_events(folder.parent).set_index("event_id")
    assert events.loc["killing", "date_low"] == events.loc["killing", "date_high"] == pd.Timestamp("2020-01-03")
    assert list(events.loc["vow", ["date_low", "date_high"]].astype("str")) == ["2020-02-01", "2020-02-29"]


def test_a_loader_raises_with_the_faults_of_its_own_table_alone(folder):
    spoil(folder, "reports.csv", ",rocket,", ",rockt,")
    with pytest.raises(tables.DataError, match=r"reports\.csv:2: weapon: 'rockt'"):
        load_reports(folder.parent)
    assert len(load_sources(folder.parent)) == 4


def test_a_loader_reads_by_the_schema_of_the_collection(folder):
    (folder.parent / "schema").mkdir()
    lists = (tables.Path(tables.__file__).with_name("schema") / "lists.toml").read_text(encoding="utf-8")
    (folder.parent / "schema" / "lists.toml").write_text(
        lists.replace("[weapon]", '[weapon]\nsling = "stones"'), "utf-8"
    )
    spoil(folder, "reports.csv", ",rocket,", ",sling,")
    assert load_reports(folder.parent)["weapon"][0] == "sling"


def test_a_version_is_read_where_there_is_one(folder):
    assert tables.data_version(folder.parent) == "unversioned"
    (folder.parent / "VERSION").write_text("1.2\n", encoding="utf-8")
    assert tables.data_version(folder.parent) == "1.2"


@pytest.mark.parametrize("values", [["some"], []])
def test_a_choice_that_is_none_says_what_there_is(values):
    with pytest.raises(ValueError, match="choose from all, article"):
        tables.check_choice("scope", values, ["all", "article"])
