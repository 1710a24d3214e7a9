"""Files of one's own as users have them: read leniently, and nothing is done to them unsaid."""

import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import blanks, load_incidents, schemas, tables
from helpers.findings import Results
from helpers.importers.convert import SOURCES


@pytest.fixture
def load_text(tmp_path):
    """A loader of the text or bytes of a CSV file."""

    def load(text, name="own.csv", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_incidents(dataset=path, **options)

    return load


@pytest.fixture
def load_frame(tmp_path):
    """A loader of a frame written as Parquet: two incidents, with the columns given."""

    def load(columns, shapes=None, crs=None):
        frame = pd.DataFrame({"incident_id": ["a", "b"], "date": DAYS, **columns})
        frame = frame if shapes is None else gpd.GeoDataFrame(frame, geometry=shapes, crs=crs)
        frame.to_parquet(tmp_path / "own.parquet")
        return load_incidents(dataset=tmp_path / "own.parquet")

    return load


DAYS = pd.to_datetime(["2022-01-03", "2022-01-04"])


def faults_of(load, *arguments, **options):
    """What a file is refused for, as text after its name."""
    with pytest.raises(tables.DataError) as raised:
        load(*arguments, **options)
    return [str(fault).partition("own.")[2].split(":", 1)[1].strip() for fault in raised.value.faults]


# --- whatever the form, the incidents are the same ------------------------------------------------------------------

words = (
    st.text("abé٣ا ,;|\"'-", min_size=1, max_size=6)
    .map(lambda text: blanks.clean(text, "claimed_by"))
    .filter(lambda text: text not in ("", "-"))  # both are read as nothing
)
counts = st.lists(st.none() | st.integers(0, 99), min_size=3, max_size=3).map(lambda n: n if None in n else sorted(n))
rows = st.fixed_dictionaries(
    {
        "incident_id": words,
        "date": st.dates(datetime.date(1901, 1, 1), datetime.date(2099, 12, 30)).map(pd.Timestamp),
        "claimed_by": st.none() | words,
        "weapon": st.none() | st.sampled_from(["rocket", "drone"]),
        "killed": st.just([None, 2, 2]) | counts.filter(lambda n: None not in n),
        "point": st.none() | st.tuples(st.floats(29, 37), st.floats(42.1, 47.9)),
    }
)
frames = st.lists(rows, min_size=1, max_size=4, unique_by=lambda row: row["incident_id"])
DAY_FORMS = {
    "day": lambda days: days.dt.strftime("%Y-%m-%d"),
    "midnight": lambda days: days.dt.strftime("%Y-%m-%d 00:00:00.000"),
    "text with a zone": lambda days: days.dt.strftime("%Y-%m-%dT23:30+03:00"),
}
CLOCKS = {
    "seconds": lambda days: days.astype("datetime64[s]"),
    "dates": lambda days: days.dt.date,
    **{
        zone: lambda days, zone=zone: (days.astype("datetime64[us]") + pd.Timedelta(hours=22)).dt.tz_localize(
            zone, ambiguous=np.ones(len(days), bool), nonexistent="shift_forward"
        )
        for zone in ("UTC", "Asia/Baghdad", "America/New_York")
    },
}


def write_csv(frame, path, draw):
    separator = draw(st.sampled_from(",;\t|"))
    frame = frame.assign(date=DAY_FORMS[draw(st.sampled_from([*DAY_FORMS]))](frame["date"]))
    text = frame.rename(columns=draw(st.sampled_from([str.upper, lambda name: f" {name}"]))).to_csv(
        sep=separator, index=False
    )
    path.write_text(draw(st.sampled_from(["", f"sep={separator}\n", "\ufeff"])) + text, encoding="utf-8")


def write_parquet(frame, path, draw):
    frame.assign(date=CLOCKS[draw(st.sampled_from([*CLOCKS]))](frame["date"])).to_parquet(path)


def write_geoparquet(frame, path, draw):
    frame = frame.assign(date=CLOCKS[draw(st.sampled_from([*CLOCKS]))](frame["date"]))
    name = draw(st.sampled_from(["geometry", "where", "Geom"]))
    located = tables.with_points(frame).rename(columns={"geometry": name}).set_geometry(name)
    crs = draw(st.sampled_from(["EPSG:4326", "OGC:CRS84", "EPSG:32638", "EPSG:3857"]))
    located.drop(columns=["latitude", "longitude"]).to_crs(crs).to_parquet(path)


WRITERS = {"own.csv": write_csv, "own.parquet": write_parquet, "own.geoparquet": write_geoparquet}


@settings(max_examples=20)
@given(frames, st.sampled_from([*WRITERS]), st.data())
def test_whatever_way_incidents_are_written_the_same_are_loaded(tmp_path_factory, found, name, data):
    frame = pd.DataFrame(found).sort_values(["date", "incident_id"], ignore_index=True)
    for number, column in enumerate(["killed_low", "killed_best", "killed_high"]):
        frame[column] = pd.Series([row[number] for row in frame["killed"]], dtype="Int64")
    for number, column in enumerate(["latitude", "longitude"]):
        frame[column] = [np.nan if point is None else point[number] for point in frame["point"]]
    frame = frame.drop(columns=["killed", "point"])
    order = data.draw(st.permutations([*frame]))
    path = tmp_path_factory.mktemp("own") / name
    WRITERS[name](frame.sample(frac=1, random_state=1)[order], path, data.draw)
    loaded = load_incidents(dataset=path)
    for column in frame.columns.drop(["latitude", "longitude"]):
        given, read = (values.astype("object") for values in (frame[column], loaded[column]))
        assert read.where(read.notna(), None).tolist() == given.where(given.notna(), None).tolist(), column
    assert list(loaded.columns) == [c for c in schemas.load_schema().imported.columns if c in loaded] + ["geometry"]
    assert loaded.crs == tables.CRS
    np.testing.assert_allclose(loaded.geometry.y, frame["latitude"], atol=1e-7)
    np.testing.assert_allclose(loaded.geometry.x, frame["longitude"], atol=1e-7)


# --- only what is read may refuse a file ----------------------------------------------------------------------------

UNREAD = {
    "a line break": 'incident_id,date,notes\na,2022-01-03,"x\ny"\n',
    "two of one name": "incident_id,notes,date,notes\na,,2022-01-03,\n",
    "blank headers": "incident_id,,date,\na,x,2022-01-03,\n",
    "empty cells behind the last": "incident_id,date\na,2022-01-03,,\n",
    "blank rows": "\nincident_id,date\n\na,2022-01-03\n,\n\n",
    "another encoding": b"incident_id,date,notes\na,2022-01-03,caf\xe9\n",
    "a long text": f"incident_id,date,notes\na,2022-01-03,{'x' * 140_000}\n",
    "separators in a heading": 'incident_id,date,"notes; of; many; kinds"\na,2022-01-03,\n',
    "a quoted separator": '"sep=;"\nincident_id;date\na;2022-01-03\n',
}


@pytest.mark.parametrize("text", UNREAD.values(), ids=UNREAD)
@pytest.mark.parametrize("name", ["own.csv", "OWN.CSV"])
def test_what_is_not_read_refuses_no_file(load_text, text, name):
    found = load_text(text, name)
    assert found["incident_id"].tolist() == ["a"]
    assert found["date"].tolist() == [pd.Timestamp("2022-01-03")]


@pytest.mark.parametrize("command", SOURCES)
@pytest.mark.parametrize("name", ["own.csv", "own.parquet"])
def test_a_file_of_a_source_is_told_which_import_reads_it(tmp_path, command, name):
    frame, path = pd.DataFrame([{column.upper(): "1" for column in SOURCES[command].LAYOUT.needed}]), tmp_path / name
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path)
    hint = f"looks like a file of {SOURCES[command].LAYOUT.name}: python -m helpers import {command} FILE makes"
    with pytest.raises(tables.DataError) as raised:
        load_incidents(dataset=path)
    assert [hint in str(fault) for fault in raised.value.faults if fault.value == "missing column"] == [True, False]


def test_events_of_gdelt_without_a_header_are_known_too(load_text):
    row = "\t".join(["7", "20220103", *["Baghdad, Iraq"] * 59])
    assert "python -m helpers import gdelt FILE" in faults_of(load_text, f"{row}\n{row}\n")[0]
    assert not [said for said in faults_of(load_text, "id,day\na,2022-01-03\n") if "import" in said]


READ = {
    "a line break": ('incident_id,date,country\na,2022-01-03,"x\ny"\n', "2: country: 'x\\ny': text without line"),
    "two of one name": ("incident_id,date,Date\na,2022-01-03,\n", "1: date: repeated column: each column once"),
    "another encoding": (b"incident_id,date\n\xe9,2022-01-03\n", "2: incident_id: 'é': UTF-8 text; in a spread"),
    "UTF-16": ("incident_id,date\na,2022-01-03\n".encode("utf-16"), "1: -: 'ÿ': UTF-8 text; in a spreadsheet"),
    "a row too long": ("incident_id,date\na,2022-01-03,x\n", "2: -: 3 fields: 2 fields, as in the header"),
    "other columns": ("id,day\na,2022-01-03\n", "1: date: missing column: this column is required"),
    "half a point": ("incident_id,date,latitude\na,2022-01-03,33\n", "1: longitude: missing column: both latitude"),
    "a blank inclusion": (
        "incident_id,date,inclusion\na,2022-01-03,core\nb,2022-01-03, \n",
        "3: inclusion: empty: one of core, borderline, excluded; not empty",
    ),
    "a thousand to many": (
        "incident_id;date;killed_best\na;2022-01-03;1.000\n",
        "2: killed_best: '1.000': a whole number",
    ),
    "a header alone": ("incident_id,date\n\n", "1: -: a header alone: a header row and data rows"),
}


@pytest.mark.parametrize(("text", "fault"), READ.values(), ids=READ)
def test_what_is_read_is_refused_by_line_and_column(load_text, text, fault):
    assert faults_of(load_text, text)[0].startswith(fault)


def test_lines_are_those_of_the_file_though_the_first_names_a_separator(load_text):
    assert faults_of(load_text, "sep=;\nincident_id;date\na;2022-01-03\nb;2022\n") == [
        "4: date: '2022': a date that exists, as YYYY-MM-DD"
    ]


# --- what was done is said ------------------------------------------------------------------------------------------

PERIOD = "Where no study period is given, it is taken from the file's first and last day"


def test_filled_cells_without_a_name_are_counted(load_text, load_frame):
    said = ["Columns not read: column 3 (no name).", "Filled cells in columns without a name: 1."]
    found = load_text("incident_id,date,,\na,2022-01-03,x,\nb,2022-01-04,,\n")
    assert found.attrs["notes"][2:] == said
    assert load_frame({" ": ["x", None]}).attrs["notes"][2:] == said


def test_a_faulty_coordinate_is_not_called_empty_too(load_text):
    assert len(faults_of(load_text, "incident_id,date,latitude,longitude\na,2022-01-03,north,44\n")) == 1


@pytest.mark.parametrize(
    "blank", [" ", "\u00a0", "\u200f", "\u0085", "\ufeff", "\u200b", "\t", " \u200d", "\u3164", "\u2800"]
)
def test_what_nobody_sees_makes_no_other_value(load_text, load_frame, blank):
    note = "Blanks or invisible characters were removed from cells of claimed_by: 1 in all."
    for found in (
        load_text(f"incident_id,date,claimed_by\na,2022-01-03,ISIS\nb,2022-01-04,ISIS{blank}\n"),
        load_frame({"claimed_by": ["ISIS", f"{blank}ISIS"]}),
    ):
        assert found["claimed_by"].tolist() == ["ISIS", "ISIS"]
        assert found.attrs["notes"][-1] == note


def test_every_row_and_column_is_accounted_for(load_text):
    found = load_text(
        "incident_id;date;inclusion;score;latitude;longitude\n"
        "a;2022-01-03T12:00Z;core;1;33,5;44,5\n;;;;;\nb;2022-01-04;excluded;2;;\n"
    )
    assert found.attrs["notes"] == [
        "own.csv. Rows read: 2; kept: 1; left out by their inclusion: 1 excluded.",
        f"{PERIOD}, 2022-01-03 to 2022-01-04; it decides which anniversaries are tested.",
        "Columns kept as they are: score.",
        "Blank rows were passed over: 1.",
        "Commas were read as decimal points in latitude, longitude.",
        "date: the time of day was left off (rows: 1); the day by its own clock is kept.",
        "date: days are those of a clock in UTC; local days may be one earlier or later.",
    ]
    assert found.geometry[0] == shapely.Point(44.5, 33.5)


def test_words_for_nothing_are_empty_and_said_to_be(load_text, load_frame):
    """As R and others write them; a claim by NA would count as a claim. An id may be any word, and damage none."""
    text = "incident_id,date,claimed_by,killed_best,weapon,damage,note\nNA,2022-01-03,NA,NaN,None,none,NA\n"
    found = load_text(text)
    assert found.loc[0, ["claimed_by", "killed_best", "weapon"]].isna().all()
    assert found.loc[0, ["incident_id", "damage", "note"]].tolist() == ["NA", "none", "NA"]
    said = "Words for nothing, such as NA, were read as empty in "
    assert found.attrs["notes"][-1] == f"{said}weapon, killed_best, claimed_by: 3 in all."
    found = load_frame({"claimed_by": ["null", "x"]})
    assert found["claimed_by"].isna().tolist() == [True, False]
    assert found.attrs["notes"][-1] == f"{said}claimed_by: 1 in all."
    assert faults_of(load_text, text.replace(",none,", ",None,"))[0].startswith("2: damage: 'None': one of none, minor")


def test_numbers_of_ones_own_keep_every_digit(load_text):
    found = load_text("incident_id,date,code,score\na,2022-01-03,9007199254740993,1.234\n")
    assert found.loc[0, ["code", "score"]].tolist() == ["9007199254740993", 1.234]


def test_a_thousand_is_not_read_as_a_decimal(load_text):
    """Where commas may be decimal signs, 1.234 may be either; 1.5 beside it says which."""
    found = load_text("incident_id;date;people;share\na;2022-01-03;1.234;1.234\nb;2022-01-04;56;1.5\n")
    assert found["people"].tolist() == ["1.234", "56"]
    assert found["share"].tolist() == [1.234, 1.5]
    note = "Left as text, since 1.234 may be a thousand or a decimal: people."
    assert found.attrs["notes"][3] == note


@pytest.mark.parametrize(("zone", "is_said"), [("UTC", True), ("Asia/Baghdad", False), ("Europe/London", False)])
def test_days_by_a_clock_in_utc_are_said_to_be(load_frame, zone, is_said):
    found = load_frame({"date": (DAYS + pd.Timedelta(hours=1)).tz_localize(zone)})
    assert found["date"].tolist() == DAYS.tolist()
    assert any("UTC" in note for note in found.attrs["notes"]) == is_said


def test_a_scope_of_the_tables_is_said_to_mean_nothing(load_text):
    found = load_text("incident_id,date\na,2022-01-03\n", scope="article")
    assert found.attrs["notes"][-1] == "The scope article is one of the hand-coded tables; it leaves out no row here."


def test_results_hold_the_notes_of_a_file_and_none_of_the_tables(load_text, tmp_path, frozen_dir):
    load_text("incident_id,date\na,2022-01-03\n")
    assert Results(dataset=tmp_path / "own.csv").notes[0] == "own.csv. Rows read: 1; kept: 1."
    assert Results(data_dir=frozen_dir).notes == []


# --- points ---------------------------------------------------------------------------------------------------------

ONE = shapely.Point(44.5, 33.5)
USABLE = {
    "a polygon": (shapely.box(44, 33, 45, 34), "EPSG:4326", "replaced by a point within each: 1."),
    "a line": (shapely.LineString([(44, 33), (44.5, 33.5), (45, 34)]), "OGC:CRS84", "by a point within each: 1."),
    "a height": (shapely.Point(44.5, 33.5, 100), "EPSG:4326", None),
    "no system": (ONE, None, "geometry: no coordinate system is given; read as longitude and latitude."),
}


@pytest.mark.parametrize(("shape", "crs", "note"), USABLE.values(), ids=USABLE)
def test_a_geometry_of_any_kind_gives_a_point(load_frame, shape, crs, note):
    found = load_frame({}, [shape, None], crs)
    assert found.geometry[0].wkt == ONE.wkt
    assert found.geometry.isna().tolist() == [False, True]
    assert found.attrs["notes"][-1].endswith(note or "are tested.")


def test_a_polygon_in_metres_gives_a_point_in_degrees(load_frame):
    area = gpd.GeoSeries([shapely.box(44, 33, 45, 34)], crs=tables.CRS).to_crs("EPSG:32638")
    found = load_frame({}, [area[0], None], "EPSG:32638")
    assert shapely.box(44, 33, 45, 34).contains(found.geometry[0])
    assert found.attrs["notes"][2] == "geometry: reprojected from EPSG:32638 to longitude and latitude."


UNUSABLE = {
    "latitude": (shapely.Point(44, 133), "EPSG:4326"),
    "infinite": (shapely.Point(np.inf, 33), "EPSG:4326"),
    "half": (shapely.Point(np.nan, 33), "EPSG:4326"),
    "empty": (shapely.Polygon(), "EPSG:4326"),
    "metres without a system": (shapely.Point(444140, 3684706), None),
    "outside its system": (shapely.Point(1e12, 1e12), "EPSG:32638"),
}


@pytest.mark.parametrize(("shape", "crs"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_geometry_that_is_no_place_is_a_fault_of_its_row(load_frame, shape, crs):
    faults = faults_of(load_frame, {}, [ONE, shape], crs)
    assert len(faults) == 1
    assert faults[0].startswith("row 2: geometry: 'PO")
    assert ": a point" in faults[0]


def test_coordinates_beside_a_geometry_fill_it_and_must_agree_with_it(load_frame):
    pairs = {"latitude": [33.5, 33.6], "longitude": [44.5, 44.6]}
    assert load_frame(pairs, [ONE, None], tables.CRS).geometry[1].wkt == "POINT (44.6 33.6)"
    assert faults_of(load_frame, pairs, [ONE, ONE], tables.CRS) == [
        "row 2: latitude, longitude: 33.6, 44.6: the place of geometry, here 33.5, 44.5"
    ]


# --- Parquet --------------------------------------------------------------------------------------------------------

REFUSED = {
    "yes and no": ({"killed_low": [True, False]}, "row 1: killed_low: 'True': a whole number, 0 or more"),
    "lists": ({"claimed_by": [["x"], None]}, "row 1: claimed_by: \"array(['x'], dtype=object)\": text, a number or"),
    "bytes": ({"claimed_by": [b"x", None]}, "row 1: claimed_by: \"b'x'\": text, a number or a date"),
    "another age": ({"date": np.array(["3000-01-01", "2022-01-04"], "M8[us]")}, "row 1: date: '3000-01-01': a date"),
    "two of one name": ({"Date": DAYS}, "date: repeated column: each column once"),
    "text for a geometry": ({"geom": ["POINT (44 33)", None]}, "-: geom is neither the geometry of a GeoParquet file"),
    "blank inclusion": ({"inclusion": ["core", ""]}, "row 2: inclusion: empty: one of core, borderline, excluded; not"),
}


@pytest.mark.parametrize(("columns", "fault"), REFUSED.values(), ids=REFUSED)
def test_what_a_parquet_file_may_not_hold_is_named_by_row(load_frame, columns, fault):
    assert faults_of(load_frame, columns)[0].startswith(fault)


def test_labels_of_rows_with_a_name_are_a_column(tmp_path):
    frame = pd.DataFrame({"incident_id": ["a", "b"], "DATE": DAYS}).set_index("incident_id")
    frame.to_parquet(tmp_path / "own.parquet")
    assert load_incidents(dataset=tmp_path / "own.parquet")["incident_id"].tolist() == ["a", "b"]


def test_of_two_geometries_the_files_own_is_read(tmp_path):
    frame = gpd.GeoDataFrame({"incident_id": ["a"], "date": DAYS[:1], "geometry": [None], "where": [ONE]})
    frame.set_geometry("where", crs=tables.CRS).to_parquet(tmp_path / "own.parquet")
    found = load_incidents(dataset=tmp_path / "own.parquet")
    assert found.geometry[0] == ONE
    assert found.attrs["notes"][2:] == [
        "Columns not read: geometry.",
        "The file has several geometries; points are those of where, not of geometry.",
    ]


def test_wkb_without_metadata_is_read_and_said(load_frame):
    found = load_frame({"geom": [ONE.wkb, None]})
    assert found.geometry[0] == ONE
    assert found.attrs["notes"][-1] == "geom: no coordinate system is given; read as longitude and latitude."


@pytest.mark.parametrize("frame", [pd.DataFrame({"incident_id": [], "date": []}), pd.DataFrame({"incident_id": ["a"]})])
def test_a_parquet_file_without_rows_or_dates_is_refused_as_a_whole(tmp_path, frame):
    frame.to_parquet(tmp_path / "own.parquet")
    with pytest.raises(tables.DataError, match=r"own\.parquet: (-: no rows|date: missing column)"):
        load_incidents(dataset=tmp_path / "own.parquet")
