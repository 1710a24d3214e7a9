import csv
import shutil

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import load_context_events, load_places, load_reports, load_search_log, load_sites, load_sources, tables


@pytest.fixture(scope="module")
def check_once():
    """Checks of cells that were checked before are remembered, as most tests spoil one table of eleven."""
    known, check = {}, tables.check_cells

    def checked(cells, schema, name):
        key = name, cells.to_csv(na_rep="\0")
        if key not in known:
            known[key] = check(cells, schema, name)
        return known[key]

    return checked


@pytest.fixture
def folder(tmp_path, monkeypatch, check_once):
    """A copy of the raw tables to spoil."""
    monkeypatch.setattr(tables, "check_cells", check_once)
    return shutil.copytree(tables.DATA_DIR / "raw", tmp_path / "raw")


def replace(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def faults(folder):
    """Faults as text below the folder."""
    return [str(fault).removeprefix(f"{folder}/") for fault in tables.check_raw(folder)[1]]


def test_the_committed_tables_have_no_fault(raw):
    assert {name: len(table) for name, table in raw.items()} == {
        "sources": 469,
        "sites": 32,
        "places": 30,
        "reports": 510,
        "incident_register": 156,
        "distinct_pairs": 3,
        "context_events": 39,
        "search_log": 480,
        "second_coding/sources": 81,
        "second_coding/reports": 98,
        "second_coding/search_log": 130,
    }


def test_loaders_return_helpful_types():
    reports = load_reports()
    assert reports["event_date"].dtype == "datetime64[ns]"
    assert reports["launched_max"].dtype == "Int64"
    assert list(reports["date_basis"].cat.categories) == ["stated", "weekday", "relative", "unclear"]
    assert reports["launched_max"].isna().sum() == 177  # silence is missing, never zero
    assert (reports["hit_min"] == 0).sum() == 84  # zero is a report
    assert load_sources()["published"].isna().sum() == 134
    assert load_search_log()["results"].eq(8).all()


def test_points_are_made_where_both_coordinates_are_told():
    sites, places = load_sites(), load_places()
    assert sites.crs == "EPSG:4326"
    assert sites.geometry.notna().all()
    assert places.geometry.isna().sum() == 8
    embassy = sites.set_index("site_id").loc["us_embassy_baghdad", "geometry"]
    assert (embassy.x, embassy.y) == (44.396, 33.299)


def test_context_events_have_a_range_of_days():
    events = load_context_events().set_index(["event_id", "source_id"])
    month = events.loc[("2021-12-09-mckenzie-ap", "article")]
    assert (month["date_low"], month["date_high"]) == (pd.Timestamp("2021-12-01"), pd.Timestamp("2021-12-31"))
    us_clock = events.xs("2022-08-23-us-strike-dez", level="event_id").iloc[0]
    assert (us_clock["date_high"] - us_clock["date_low"]).days == 1
    local = events.xs("2020-03-13-us-strike-depots", level="event_id").iloc[0]
    assert local["date_low"] == local["date_high"]


def test_the_coded_window_is_whole_months(raw):
    assert tables.coded_window(raw["search_log"]) == (pd.Timestamp("2019-10-01"), pd.Timestamp("2023-09-30"))


BAD_CELLS = {
    "wrong code": (
        ",unknown,qayyarah_west,rocket,17,17,0",
        ",unknown,qayyarah_west,rockt,17,17,0",
        "reports.csv:3: weapon: 'rockt': one of rocket, drone, ballistic_missile, mortar, mixed, unknown; not empty",
    ),
    "impossible date": (
        "2019-11-08,unclear",
        "2019-02-30,unclear",
        "reports.csv:2: event_date: '2019-02-30': a date that exists, as YYYY-MM-DD",
    ),
    "date of a spreadsheet": (
        "2019-11-08,unclear",
        "08/11/2019,unclear",
        "reports.csv:2: event_date: '08/11/2019': a date that exists, as YYYY-MM-DD",
    ),
    "date outside the window": (
        "2019-11-08,unclear",
        "2018-11-08,unclear",
        "reports.csv:2: event_date: '2018-11-08': "
        "a date from 2019-10-01 to 2023-09-30, the window of search_log.csv",
    ),
    "no date where one is claimed": (
        "2019-11-08,weekday",
        ",weekday",
        "reports.csv:3: event_date: empty: a date, as date_basis is weekday",
    ),
    "minimum above maximum": (
        ",17,17,2,",
        ",17,3,2,",
        "reports.csv:2: launched_min: 17: at most launched_max, here 3",
    ),
    "text in a number column": (
        ",17,17,2,",
        ",seventeen,17,2,",
        "reports.csv:2: launched_min: 'seventeen': a whole number, 0 or more",
    ),
    "a word for missing": (
        ",17,17,2,",
        ",nan,17,2,",
        "reports.csv:2: launched_min: 'nan': a whole number, 0 or more",
    ),
    "negative number": (
        ",17,17,2,",
        ",17,17,-2,",
        "reports.csv:2: hit_min: '-2': a whole number, 0 or more",
    ),
    "unknown source": (
        "jpost-2019-11-08a",
        "jpost-2019-11-08z",
        "reports.csv:3: source_id: 'jpost-2019-11-08z': an id that stands as source_id in sources.csv",
    ),
    "unknown incident": (
        "2019-11-08_qayyarah_west,",
        "2019-11-08_qayara_west,",
        "reports.csv:2: incident_id: '2019-11-08_qayara_west': "
        "an id that stands as incident_id in incident_register.csv",
    ),
    "line break in a field": (
        "Mosul city",
        '"Mosul\ncity"',
        "reports.csv:2: launch_area: 'Mosul\\ncity': text without line breaks, tabs or control characters",
    ),
    "short row": ("first-1,2019-11-08,", "first-1,", "reports.csv:2: -: 28 fields: 29 fields, as in the header"),
    "long row": (
        "first-1,2019-11-08,",
        "first-1,,2019-11-08,",
        "reports.csv:2: -: 30 fields: 29 fields, as in the header",
    ),
    "a quote left open": (
        "Mosul city",
        '"Mosul city',
        "reports.csv:2: -: ',' expected after '\"': well-formed CSV; is a quote left open?",
    ),
    "unknown column": (
        "found_by,note",
        "found_by,notes",
        "reports.csv:1: note: missing column: this column is required",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "fault"), BAD_CELLS.values(), ids=BAD_CELLS)
def test_a_fault_is_told_with_line_column_value_and_what_is_allowed(folder, old, new, fault):
    replace(folder, "reports.csv", old, new)
    told = faults(folder)
    assert fault in told
    assert len(told) == (2 if "column" in fault else 1), told


def test_every_fault_of_every_file_is_told_at_once(folder):
    for old, new, _ in [BAD_CELLS["wrong code"], BAD_CELLS["impossible date"], BAD_CELLS["unknown source"]]:
        replace(folder, "reports.csv", old, new)
    replace(folder, "sites.csv", "33.299,44.396", "133.299,abc")
    replace(folder, "search_log.csv", "2019-10,1", "2019-13,1")
    assert [fault.split(":")[0:3] for fault in faults(folder)] == [
        ["reports.csv", "2", " event_date"],
        ["reports.csv", "3", " source_id"],
        ["reports.csv", "3", " weapon"],
        ["search_log.csv", "2", " month"],
        ["sites.csv", "2", " latitude"],
        ["sites.csv", "2", " longitude"],
    ]


def test_a_key_that_repeats_is_told_once(folder):
    path = folder / "reports.csv"
    path.write_text(path.read_text() + path.read_text().splitlines()[5] + "\n")
    assert faults(folder) == [
        "reports.csv:512: incident_id, source_id: '2019-12-03_ain_al_asad, voanews-2019-12-09a': "
        "a key that no earlier row has"
    ]


def test_semicolons_are_told_as_such(folder):
    path = folder / "sites.csv"
    path.write_text(path.read_text().replace(",", ";"))
    assert faults(folder) == ["sites.csv:1: -: columns separated by ';': columns separated by commas"]


def test_latin_1_is_told_with_its_line(folder):
    path = folder / "sources.csv"
    path.write_bytes(
        path.read_text().replace("Al Arabiya English", "Al Arabiya Anglaise é", 1).encode("latin-1", "replace")
    )
    told = faults(folder)
    assert len(told) == 1
    assert told[0].endswith("UTF-8 text; in a spreadsheet choose 'CSV UTF-8' when saving")


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_told_as_such(folder, content):
    (folder / "sites.csv").write_text(content, encoding="utf-8")
    assert faults(folder) == ["sites.csv:1: -: empty file: a header row and data rows"]


NASTY = {
    "open quote in a header": ("sites.csv", "site_id,", '"site_id,', "sites.csv:1: -: ',' expected"),
    "open quote far down": (
        "search_log.csv",
        "2020-06,1,",
        '"2020-06,1,',
        "search_log.csv:82: -: unexpected end of data",
    ),
    "blank first line": ("sites.csv", "site_id,", "\nsite_id,", "sites.csv:1: -: blank row"),
    "commas alone": ("sites.csv", 'green_zone,"', ',,,,,,,,,,\ngreen_zone,"', "sites.csv:3: -: blank row"),
    "control character": ("reports.csv", "Mosul city", "Mosul\x01city", "reports.csv:2: launch_area: 'Mosul\\x01city'"),
    "null byte": ("sites.csv", '"Green Zone', '"Green\0Zone', "sites.csv:3: -: '\\x00': UTF-8 text"),
    "full-width digit": ("reports.csv", ",17,17,2,", ",\uff13,17,2,", "reports.csv:2: launched_min: '\uff13'"),
    "date before any calendar": (
        "reports.csv",
        "2019-11-08,unclear",
        "0001-01-01,unclear",
        "reports.csv:2: event_date",
    ),
    "month far off": ("search_log.csv", "2019-10,1", "2091-10,1", "search_log.csv:2: month: '2091-10': a month that"),
    "half a point": ("sites.csv", "33.299,44.396", "33.299,", "sites.csv:2: longitude: empty: both latitude"),
    "a key of the wrong form": ("sites.csv", "victory_base,", "Victory Base,", "sites.csv:7: site_id: 'Victory Base'"),
    "a pair of one": (
        "distinct_pairs.csv",
        "2020-01-04_us_embassy_baghdad,2020-01-05_green_zone",
        "2020-01-05_green_zone,2020-01-05_green_zone",
        "distinct_pairs.csv:2: other_id: '2020-01-05_green_zone': an incident other than incident_id",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "fault"), NASTY.values(), ids=NASTY)
def test_one_nasty_fault_is_told_once_without_a_cascade(folder, file, old, new, fault):
    replace(folder, file, old, new)
    told = faults(folder)
    assert len(told) == 1, told
    assert told[0].startswith(fault)


@pytest.mark.parametrize("file", ["reports.csv", "sites.csv", "search_log.csv", "incident_register.csv"])
def test_a_header_alone_is_told_once(folder, file):
    path = folder / file
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert faults(folder) == [f"{file}:1: -: a header alone: a header row and data rows"]


def test_utf_16_is_told_once(folder):
    path = folder / "sites.csv"
    path.write_bytes(path.read_text().encode("utf-16-le"))
    assert len(faults(folder)) == 1


def test_a_missing_file_is_told_as_such(folder):
    (folder / "sites.csv").unlink()
    assert faults(folder) == ["sites.csv:1: -: no file: a readable CSV file (No such file or directory)"]


def test_a_byte_order_mark_and_crlf_are_simply_accepted(folder, raw):
    for path in folder.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    found, told = tables.check_raw(folder)
    assert not told
    pd.testing.assert_frame_equal(found["reports"].reset_index(drop=True), raw["reports"])


def test_columns_may_stand_in_another_order(folder, raw):
    path = folder / "sites.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row[::-1] for row in csv.reader(file)]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    found, told = tables.check_raw(folder)
    assert not told
    assert list(found["sites"].columns) == list(raw["sites"].columns)


def test_the_second_coding_may_be_absent(folder):
    shutil.rmtree(folder / "second_coding")
    assert not faults(folder)


def test_a_loader_raises_with_its_own_faults(folder):
    replace(folder, "reports.csv", *BAD_CELLS["wrong code"][:2])
    with pytest.raises(tables.DataError, match=r"reports\.csv:3: weapon: 'rockt'"):
        load_reports(folder.parent)
    assert len(load_sources(folder.parent)) == 469


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


@given(st.lists(st.lists(cells, min_size=3, max_size=3).filter(any), min_size=1, max_size=6))
def test_any_cells_survive_reading(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("cells") / "any.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["a", "b", "c"], *rows])
    found, told = tables.read_cells(path, "any")
    assert not told
    assert found.astype("object").fillna("").to_numpy().tolist() == rows
    assert found.index.tolist() == list(range(2, 2 + len(rows)))
