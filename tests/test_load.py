import pandas as pd
import pytest
from small_collection import spoil, write_small

from conftest import FROZEN
from helpers import load_incidents, measures, schemas, tables
from helpers.findings import Results
from helpers.load import load_raw


@pytest.fixture
def data_dir(tmp_path):
    return write_small(tmp_path).parent


def test_core_incidents_are_loaded_with_source_and_window(data_dir):
    data = load_incidents(data_dir=data_dir)
    assert data["incident_id"].tolist() == ["2020-01-13_embassy_x", "2020-02-10_base_x"]
    assert list(data.columns) == [*list(schemas.load_schema().incidents.columns)[:-2], "geometry"]
    assert data.crs == tables.CRS
    assert data.attrs == {
        "source": "anniversary-attacks (2026), 5 news reports, data unversioned, CC BY 4.0",
        "window": ["2020-01-01", "2020-02-29"],
        "anchor": "2020-01-03",
        "event": "the killing of Qassem Soleimani",
        "event_short": "the killing",
        "explored_until": "2023-09-30",
        "planned": [2024, 2025, 2026],
        "by_rule": schemas.load_schema().collection.by_rule,
    }


def test_one_or_several_inclusions_are_loaded(data_dir):
    assert load_incidents(inclusion="borderline", data_dir=data_dir)["incident_id"].tolist() == ["2020-01-14_zone_x"]
    assert len(load_incidents(inclusion=["core", "borderline"], data_dir=data_dir)) == 3


def test_the_article_alone_speaks_of_its_own_site_and_days(data_dir):
    spoil(data_dir / "raw", "reports.csv", ",weekday,evening,embassy_x,", ",weekday,evening,zone_x,")
    data = load_incidents("article", data_dir=data_dir)
    assert data["site_id"].tolist() == ["zone_x"]
    assert data["n_reports"].tolist() == [1]
    assert data.attrs["window"] == ["2020-01-13", "2020-01-13"]


@pytest.mark.parametrize("options", [{"scope": "some"}, {"inclusion": "most"}, {"inclusion": []}])
def test_an_unknown_choice_says_what_there_is(options, data_dir):
    with pytest.raises(ValueError, match="choose from"):
        load_incidents(**options, data_dir=data_dir)


def test_an_empty_choice_is_an_error(data_dir):
    with pytest.raises(ValueError, match="no incident of scope 'article' is borderline"):
        load_incidents("article", "borderline", data_dir=data_dir)


def test_faulty_tables_are_not_loaded(data_dir):
    spoil(data_dir / "raw", "reports.csv", ",rocket,", ",rockt,")
    with pytest.raises(tables.DataError, match=r"reports\.csv:2: weapon: 'rockt'"):
        load_raw(data_dir)


def test_a_schema_of_ones_own_gives_lists_and_targets(data_dir):
    (data_dir / "schema").mkdir()
    for name, old, new in [
        ("collection", "[groups.base]", "[groups.camp]"),
        ("lists", "[damage]", '[damage]\nshattered = "glass alone"'),
    ]:
        text = (schemas.SCHEMA_DIR / f"{name}.toml").read_text(encoding="utf-8")
        (data_dir / "schema" / f"{name}.toml").write_text(text.replace(old, new), encoding="utf-8")
    spoil(
        data_dir / "raw",
        "reports.csv",
        ",night,base_x,drone,5,5,0,0,,,no,,,,,,,none",
        ",night,base_x,drone,5,5,0,0,,,no,,,,,,,shattered",
    )
    data = load_incidents(data_dir=data_dir)
    assert data["target"].tolist() == ["embassy", "camp"]
    assert data["damage"].tolist() == ["minor", "none"], "a tie goes to the heavier, by the order of the list"


def test_the_words_of_a_collections_own_lists_are_compared(data_dir):
    words = (schemas.SCHEMA_DIR / "lists.toml").read_text(encoding="utf-8").replace("[weapon]", '[weapon]\nuav = "any"')
    (data_dir / "schema").mkdir()
    (data_dir / "schema" / "lists.toml").write_text(words, encoding="utf-8")
    data = load_incidents(data_dir=data_dir).assign(weapon="uav")
    assert measures.measures(data)["weapon"].tolist() == ["uav", "uav"]


# --- a file of one's own --------------------------------------------------------------------------------------------


def period(days):
    """The note of the days that a file covers."""
    words = "Where no study period is given, it is taken from the file's first and last day"
    return f"{words}, {days}; it decides which anniversaries are tested."


def test_a_written_data_set_reads_back(data_dir, tmp_path):
    core = load_incidents(data_dir=data_dir)
    core.assign(mine=[1, 2]).to_parquet(tmp_path / "own.parquet")
    found = load_incidents(dataset=tmp_path / "own.parquet")
    pd.testing.assert_frame_equal(pd.DataFrame(found.drop(columns="mine")), pd.DataFrame(core))
    assert found["mine"].tolist() == [1, 2], "columns beyond the schema are kept"
    assert found.attrs == {
        "source": "own.parquet",
        "window": ["2020-01-13", "2020-02-10"],
        "notes": [
            "own.parquet. Rows read: 2; kept: 2.",
            period("2020-01-13 to 2020-02-10"),
            "Columns kept as they are: mine.",
        ],
    }


def test_inclusion_is_chosen_where_the_file_has_it(data_dir, tmp_path):
    everything = load_incidents(inclusion=["core", "borderline"], data_dir=data_dir)
    everything.to_parquet(tmp_path / "own.parquet")
    found = load_incidents(inclusion="borderline", dataset=tmp_path / "own.parquet")
    assert len(found) == 1
    assert found.attrs["notes"][0] == "own.parquet. Rows read: 3; kept: 1; left out by their inclusion: 2 core."
    with pytest.raises(ValueError, match=r"no incident of own\.parquet is excluded"):
        load_incidents(inclusion="excluded", dataset=tmp_path / "own.parquet")
    everything.drop(columns="inclusion").to_parquet(tmp_path / "own.parquet")
    assert len(load_incidents(inclusion="borderline", dataset=tmp_path / "own.parquet")) == 3


def test_an_id_and_a_date_are_enough(tmp_path):
    (tmp_path / "own.csv").write_text(
        "incident_id,date,site_type,latitude,longitude\nb,2022-01-03,base,33.3,44.4\na,2020-05-01,,,\n",
        encoding="utf-8",
    )
    found = load_incidents(dataset=tmp_path / "own.csv")
    assert found["incident_id"].tolist() == ["a", "b"]
    assert found["target"].tolist()[1] == "base"
    assert (found.geometry.x[1], found.geometry.y[1]) == (44.4, 33.3)
    assert found.geometry.isna().tolist() == [True, False]
    assert found.attrs["window"] == ["2020-05-01", "2022-01-03"]


def test_faults_of_ones_own_file_name_line_and_column(tmp_path):
    rows = ["a,2022-13-01,rocket", "a,2022-01-01,slingshot", "b,2022/01/02,"]
    (tmp_path / "own.csv").write_text("\n".join(["incident_id,date,weapon", *rows, ""]), encoding="utf-8")
    with pytest.raises(tables.DataError) as raised:
        load_incidents(dataset=tmp_path / "own.csv")
    assert [(fault.line, fault.column) for fault in raised.value.faults] == [
        (2, "date"),
        (3, "incident_id"),
        (3, "weapon"),
        (4, "date"),
    ]


@pytest.mark.parametrize("extra", [{}, {"latitude": [33.3, None], "longitude": [44.4, None]}])
def test_a_plain_parquet_file_reads(tmp_path, extra):
    own = pd.DataFrame({"incident_id": ["a", "b"], "date": pd.to_datetime(["2022-01-03", "2022-01-04"]), **extra})
    own.to_parquet(tmp_path / "own.parquet")
    assert load_incidents(dataset=tmp_path / "own.parquet").geometry.notna().tolist() == [bool(extra), False]


PARQUET = {
    "repeated id": ({"incident_id": ["a", "a"]}, "incident_id: 'a': a key that no earlier row has"),
    "no date": ({"date": pd.to_datetime(["2022-01-03", None])}, "date: empty: a date that exists, as YYYY-MM-DD; not"),
    "negative": ({"killed_low": [0, -1]}, "killed_low: '-1': a whole number, 0 or more"),
    "half a death": ({"killed_low": [0.0, 0.5]}, "killed_low: '0.5': a whole number, 0 or more"),
    "unknown weapon": ({"weapon": ["rocket", "sling"]}, "weapon: 'sling': one of rocket, drone"),
    "reversed": ({"hit_low": [1, 3], "hit_best": [1, 2]}, "hit_low: 3 (hit_best 2): at most hit_best"),
    "a day as a number": ({"date": [20220103, 20220104]}, "date: '20220104': a date that exists, as YYYY-MM-DD"),
}


@pytest.mark.parametrize(("columns", "fault"), PARQUET.values(), ids=PARQUET)
def test_faults_of_a_parquet_file_name_row_and_column(tmp_path, columns, fault):
    plain = {"incident_id": ["a", "b"], "date": pd.to_datetime(["2022-01-03", "2022-01-04"])}
    pd.DataFrame({**plain, **columns}, index=["x", "y"]).to_parquet(tmp_path / "own.parquet")
    with pytest.raises(tables.DataError) as raised:
        load_incidents(dataset=tmp_path / "own.parquet")
    assert str(raised.value.faults[-1]).startswith(f"{tmp_path / 'own.parquet'}: row 2: {fault}")


@pytest.mark.parametrize("load", [load_incidents, lambda dataset: Results(dataset=dataset).incidents])
def test_an_empty_name_is_not_the_published_tables(load):
    with pytest.raises(ValueError, match="dataset is empty"):
        load(dataset="")


def test_what_is_done_to_a_file_and_what_is_worth_a_look_is_noted(tmp_path):
    text = "incident_id,date,claimed_by,us_killed,killed_high\n2022-01-05_a,2021-01-05,ISIS|ISIS ,2,1\n"
    (tmp_path / "own.csv").write_text(text, encoding="utf-8")
    data = load_incidents(dataset=tmp_path / "own.csv")
    assert data["claimed_by"].tolist() == ["ISIS|ISIS"]
    assert data.attrs["notes"] == [
        "own.csv. Rows read: 1; kept: 1.",
        period("2021-01-05 to 2021-01-05"),
        "Blanks or invisible characters were removed from cells of claimed_by: 1 in all.",
        "days that may be mistyped: 2022-01-05_a: date: 2021-01-05 (incident_id 2022-01-05_a): at most 3 days from the "
        "day in incident_id; is the year right?",
        "numbers that do not add up: 2022-01-05_a: us_killed: 2 (killed_high 1): at most killed_high",
    ]


def test_a_file_that_is_no_table_of_incidents_says_what_is_wanted(tmp_path):
    (tmp_path / "own.parquet").write_text("no", encoding="utf-8")
    with pytest.raises(tables.DataError, match=r"ends in \.csv, \.tsv, \.parquet or \.geoparquet$"):
        load_incidents(dataset=tmp_path / "own.xlsx")
    with pytest.raises(tables.DataError, match="a Parquet file of incidents"):
        load_incidents(dataset=tmp_path / "own.parquet")
    with pytest.raises(tables.DataError, match="no file"):
        load_incidents(dataset=tmp_path / "none.csv")


# --- up to a day ----------------------------------------------------------------------------------------------------


def test_until_leaves_out_later_incidents_and_ends_the_window():
    whole, part = (load_incidents(data_dir=FROZEN, until=until) for until in (None, "2022-01-13"))
    assert part["incident_id"].tolist() == whole["incident_id"][whole["date"] <= "2022-01-13"].tolist()
    assert 0 < len(part) < len(whole)
    source = "anniversary-attacks (2026), 59 news reports, data v1.0.0, CC BY 4.0"
    assert part["n_reports"].sum() == 59 < whole["n_reports"].sum()
    assert part.attrs == {**whole.attrs, "source": source, "window": [whole.attrs["window"][0], "2022-01-13"]}


def test_until_after_the_window_changes_nothing():
    whole, part = (load_incidents(data_dir=FROZEN, until=until) for until in (None, "2099-01-01"))
    assert part.attrs == whole.attrs
    assert part["incident_id"].tolist() == whole["incident_id"].tolist()


def test_until_of_a_file_is_noted(tmp_path):
    (tmp_path / "own.csv").write_text("incident_id,date\na,2021-01-03\nb,2022-01-03\n", encoding="utf-8")
    part = load_incidents(dataset=tmp_path / "own.csv", until="2021-12-31")
    assert part["incident_id"].tolist() == ["a"]
    assert part.attrs["notes"][-1] == "Rows after 2021-12-31, left out: 1."


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("2019-01-01", "no incident lies up to 2019-01-01; the first is of "),
        ("2022", "until must be one of the whole days"),
    ],
)
def test_an_until_without_incidents_or_without_a_day_is_refused(until, words):
    with pytest.raises(ValueError, match=words):
        load_incidents(data_dir=FROZEN, until=until)
