import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from small_collection import spoil, write_small

from helpers import checks, tables


@pytest.fixture
def folder(tmp_path):
    return write_small(tmp_path)


def faults(folder):
    """Faults as text, files named below the folder."""
    return [str(fault).removeprefix(f"{folder}/") for fault in checks.check_raw(folder)[1]]


def warnings(folder):
    raw, found = checks.check_raw(folder)
    assert not found
    return [(kind, text.removeprefix(f"{folder}/")) for kind, text in checks.find_warnings(raw, folder)]


def test_the_committed_tables_have_no_fault():
    assert checks.check_raw(tables.DATA_DIR / "raw")[1] == []


def test_the_small_collection_has_no_fault(folder):
    raw, found = checks.check_raw(folder)
    assert found == []
    assert raw["reports"].index.tolist() == [2, 3, 4, 5, 6, 7], "the lines of the file"


# --- faults across tables -------------------------------------------------------------------------------------------

ACROSS = {
    "reversed range": (
        ("reports.csv", ",rocket,4,,", ",rocket,4,3,"),
        "reports.csv:2: launched_min: 4 (launched_max 3): at most launched_max",
    ),
    "reversed range of the second coder": (
        ("second_coding/reports.csv", ",rocket,3,3,", ",rocket,3,2,"),
        "second_coding/reports.csv:2: launched_min: 3 (launched_max 2): at most launched_max",
    ),
    "more Americans killed than people": (
        (
            "reports.csv",
            ",own-1,a,2020-01-14,stated,night,zone_x,rocket,3,3,1,1,,,unknown,0,0,,,,",
            ",own-1,a,2020-01-14,stated,night,zone_x,rocket,3,3,1,1,,,unknown,0,0,,,1,",
        ),
        "reports.csv:4: us_killed: 1 (killed_max 0): at most killed_max",
    ),
    "no day where one is given": (
        ("reports.csv", ",a,2020-01-13,weekday", ",a,,weekday"),
        "reports.csv:2: event_date: empty: a date, as date_basis is weekday",
    ),
    "no day by the second coder": (
        ("second_coding/reports.csv", ",b,2020-01-13,", ",b,,"),
        "second_coding/reports.csv:2: event_date: empty: a date, as date_basis is stated",
    ),
    "half a point of a site": (
        ("sites.csv", "33.299,44.396", "33.299,"),
        "sites.csv:2: longitude: empty: both latitude and longitude, or neither",
    ),
    "half a point of a place": (
        ("places.csv", "33.25,44.4", ",44.4"),
        "places.csv:2: latitude: empty: both latitude and longitude, or neither",
    ),
    "a day as a month": (
        ("context_events.csv", "2020-01-03,day", "2020-01-03,month"),
        "context_events.csv:2: date: '2020-01-03': YYYY-MM, as date_precision says",
    ),
    "a month as a day": (
        ("context_events.csv", "2020-02,month", "2020-02,day"),
        "context_events.csv:3: date: '2020-02': YYYY-MM-DD, as date_precision says",
    ),
    "a day that does not exist": (
        ("context_events.csv", "2020-01-03,day", "2020-01-33,day"),
        "context_events.csv:2: date: '2020-01-33': YYYY-MM-DD, as date_precision says",
    ),
    "a pair of one": (
        ("distinct_pairs.csv", ",2020-01-14_zone_x,", ",2020-01-13_embassy_x,"),
        "distinct_pairs.csv:2: other_id: '2020-01-13_embassy_x': an incident other than incident_id",
    ),
    "an incident without a register": (
        ("reports.csv", "2020-01-13_embassy_x,ap-2", "2020-01-13_embasy_x,ap-2"),
        "reports.csv:3: incident_id: '2020-01-13_embasy_x': an id that stands as incident_id in incident_register.csv",
    ),
    "an incident without a report": (
        (
            "incident_register.csv",
            "2020-02-10_base_x,base_x",
            "2020-02-10_base_x,base_x,core,\n2020-02-11_base_x,base_x",
        ),
        "incident_register.csv:5: incident_id: '2020-02-11_base_x': an id that stands as incident_id in reports.csv",
    ),
    "an unknown source of a report": (
        ("reports.csv", "2020-01-13_embassy_x,ap-2", "2020-01-13_embassy_x,ap-3"),
        "reports.csv:3: source_id: 'ap-3': an id that stands as source_id in sources.csv",
    ),
    "an unknown source of a place": (
        ("places.csv", ",3.0,own-1", ",3.0,own-9"),
        "places.csv:2: source_id: 'own-9': an id that stands as source_id in sources.csv",
    ),
    "an unknown source of an event": (
        ("context_events.csv", "vow,own-1", "vow,own-9"),
        "context_events.csv:3: source_id: 'own-9': an id that stands as source_id in sources.csv",
    ),
    "an unknown source of the second coder": (
        ("second_coding/reports.csv", ",second-1,", ",second-9,"),
        "second_coding/reports.csv:3: source_id: 'second-9': an id that stands as source_id in "
        "second_coding/sources.csv or sources.csv",
    ),
    "an unknown site of a report": (
        ("reports.csv", ",night,zone_x,", ",night,zone_y,"),
        "reports.csv:4: site_id: 'zone_y': an id that stands as site_id in sites.csv",
    ),
    "an unknown site of the register": (
        ("incident_register.csv", ",zone_x,", ",zone_y,"),
        "incident_register.csv:3: site_id: 'zone_y': an id that stands as site_id in sites.csv",
    ),
    "an unknown incident of a pair": (
        ("distinct_pairs.csv", ",2020-01-14_zone_x,", ",2020-01-15_zone_x,"),
        "distinct_pairs.csv:2: other_id: '2020-01-15_zone_x': an id that stands as incident_id in "
        "incident_register.csv",
    ),
    "a day before the window": (
        ("reports.csv", ",a,2020-01-13,weekday", ",a,2019-12-31,weekday"),
        "reports.csv:2: event_date: '2019-12-31': a date from 2020-01-01 to 2020-02-29, the window of search_log.csv",
    ),
    "a day of the second coder after the window": (
        ("second_coding/reports.csv", ",b,2020-01-13,", ",b,2020-03-01,"),
        "second_coding/reports.csv:2: event_date: '2020-03-01': a date from 2020-01-01 to 2020-02-29, the window of "
        "search_log.csv",
    ),
    "an incident of the second coder outside the window": (
        ("second_coding/reports.csv", "2020-01-13_embassy_x,own-1", "2021-01-13_embassy_x,own-1"),
        "second_coding/reports.csv:2: incident_id: '2021-01-13_embassy_x': a date from 2020-01-01 to 2020-02-29, the "
        "window of search_log.csv",
    ),
    "months with a gap": (
        ("search_log.csv", "2020-02,1,", "2020-04,1,"),
        "search_log.csv:4: month: '2020-04': a month that follows another; months leave no gap",
    ),
    "a wrong cell": (
        ("reports.csv", ",minor,", ",miner,"),
        "reports.csv:2: damage: 'miner': one of none, minor, major, unknown; not empty",
    ),
    "a key of the wrong form": (
        ("sites.csv", "embassy_x,Embassy", "Embassy X,Embassy"),
        "sites.csv:2: site_id: 'Embassy X': lower-case letters, digits, _ and -; not empty",
    ),
    "a header alone": (
        ("sites.csv", "\n", "\n#"),
        "sites.csv:2: site_id: '#embassy_x': lower-case letters, digits, _ and -; not empty",
    ),
    "a broken row": (
        ("sources.csv", "own-2,Gazette,own", "own-2,own"),
        "sources.csv:5: -: 6 fields: 7 fields, as in the header",
    ),
}


@pytest.mark.parametrize(("change", "fault"), ACROSS.values(), ids=ACROSS)
def test_one_fault_is_reported_once_without_a_cascade(folder, change, fault):
    spoil(folder, *change)
    assert faults(folder) == [fault]


def test_an_incident_outside_the_window_is_a_fault_of_the_register(folder):
    for file in ("reports.csv", "incident_register.csv"):
        text = (folder / file).read_text(encoding="utf-8")
        (folder / file).write_text(text.replace("2020-02-10_base_x", "2021-02-10_base_x"), encoding="utf-8")
    window = "a date from 2020-01-01 to 2020-02-29, the window of search_log.csv"
    assert faults(folder) == [f"incident_register.csv:4: incident_id: '2021-02-10_base_x': {window}"]


def test_every_fault_of_every_file_is_reported_at_once(folder):
    spoil(folder, "reports.csv", ",weekday,evening,embassy_x,rocket,", ",weekday,evening,embassy_x,rockt,")
    spoil(folder, "sites.csv", "33.299,44.396", "133.299,abc")
    spoil(folder, "search_log.csv", "2020-01,1", "2020-13,1")
    spoil(folder, "places.csv", ",own-1", ",own-9")
    assert [fault.split(": ")[:2] for fault in faults(folder)] == [
        ["places.csv:2", "source_id"],
        ["reports.csv:2", "weapon"],
        ["search_log.csv:2", "month"],
        ["sites.csv:2", "latitude"],
        ["sites.csv:2", "longitude"],
    ]


def test_a_table_that_is_not_there_is_one_fault(folder):
    (folder / "sites.csv").unlink()
    assert faults(folder) == ["sites.csv:1: -: no file: a readable CSV file (No such file or directory)"]


def test_the_second_coding_may_be_absent(folder):
    shutil.rmtree(folder / "second_coding")
    assert faults(folder) == []
    assert "second_coding/reports" not in checks.check_raw(folder)[0]


def drop_columns(path, columns):
    pd.read_csv(path, dtype="str").drop(columns=columns).to_csv(path, index=False)


def test_the_second_coding_may_lack_some_columns(folder):
    drop_columns(folder / "second_coding" / "reports.csv", ["paragraph", "origin", "found_by", "note"])
    raw, found = checks.check_raw(folder)
    assert found == []
    assert list(raw["second_coding/reports"].columns) == list(raw["reports"].columns)
    drop_columns(folder / "second_coding" / "reports.csv", ["weapon"])
    assert faults(folder) == ["second_coding/reports.csv:1: weapon: missing column: this column is required"]


def test_a_base_map_that_is_none_is_a_fault(folder):
    (folder / "base_map.geojson").write_text("{}", encoding="utf-8")
    assert faults(folder)[0].startswith("base_map.geojson:1: -: not a base map: GeoJSON of countries")


def test_a_wrong_schema_of_ones_own_is_raised(folder):
    (folder.parent / "schema").mkdir()
    (folder.parent / "schema" / "sites.toml").write_text('description = "x"', encoding="utf-8")
    with pytest.raises(tables.DataError, match=r"sites.toml:1: columns: missing: a section with keys"):
        checks.check_raw(folder)


# --- a file of one's own --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({"hit_low": [3], "hit_best": [2]}, "own.csv:2: hit_low: 3 (hit_best 2): at most hit_best"),
        ({"hit_best": [3], "hit_high": [2]}, "own.csv:2: hit_best: 3 (hit_high 2): at most hit_high"),
        ({"hit_low": [3], "hit_high": [2]}, "own.csv:2: hit_low: 3 (hit_high 2): at most hit_high"),
        (
            {"hit_low": [3], "hit_best": [np.nan], "hit_high": [2]},
            "own.csv:2: hit_low: 3 (hit_high 2): at most hit_high",
        ),
        (
            {"date_low": pd.to_datetime(["2020-01-03"]), "date_high": pd.to_datetime(["2020-01-02"])},
            "own.csv:2: date_low: 2020-01-03 (date_high 2020-01-02): at most date_high",
        ),
        ({"us_killed": [-1]}, "own.csv:2: us_killed: '-1': 0 or more"),
        (
            {"latitude": [33.3], "longitude": [None]},
            "own.csv:2: longitude: empty: both latitude and longitude, or neither",
        ),
        (
            {"date": pd.to_datetime(["2020-01-03"]), "date_high": pd.to_datetime(["2020-01-02"])},
            "own.csv:2: date: 2020-01-03 (date_high 2020-01-02): at most date_high",
        ),
    ],
)  # fmt: skip
def test_incidents_of_ones_own_that_contradict_themselves_are_faults(columns, fault):
    data = pd.DataFrame(columns, index=[2]).convert_dtypes()
    assert [str(found) for found in checks.check_rows(data, "own.csv")] == [fault]


def test_each_pair_out_of_order_is_one_fault():
    data = pd.DataFrame({"hit_low": [9], "hit_best": [5], "hit_high": [1]})
    assert [(found.column, found.allowed) for found in checks.check_rows(data, "own.csv")] == [
        ("hit_low", "at most hit_best"),
        ("hit_best", "at most hit_high"),
    ]


def test_numbers_in_order_and_silence_are_no_fault():
    data = pd.DataFrame({"hit_low": [1, None], "hit_best": [1, 2], "hit_high": [1, None]}).convert_dtypes()
    assert checks.check_rows(data, "own.csv") == []


# --- what is worth a look in incidents of one's own -----------------------------------------------------------------


def doubts(**columns):
    """What is said of incidents, by kind; text that is a day is one."""
    data = pd.DataFrame(columns)
    days = {name: pd.to_datetime(data[name]) for name in ("date", "date_low", "date_high") if name in data}
    data = data.assign(**days)
    return checks.find_incident_warnings(data if "incident_id" in data else data.assign(incident_id=data.index))


YEAR = "is the year right?"
DOUBTS = {
    "day far from the id": (
        {"incident_id": ["2022-01-05_conoco"], "date": ["2021-01-05"]},
        "2022-01-05_conoco: date: 2021-01-05 (incident_id 2022-01-05_conoco): "
        f"at most 3 days from the day in incident_id; {YEAR}",
    ),
    "four days from the id": (
        {"incident_id": ["2022-01-05"], "date": ["2022-01-09"]},
        f"2022-01-05: date: 2022-01-09 (incident_id 2022-01-05): at most 3 days from the day in incident_id; {YEAR}",
    ),
    "a stray year": (
        {"date": ["2020-01-03", "2009-12-31", "2020-01-04"]},
        f"1: date: 2009-12-31: near the other days, 2020-01-03 to 2020-01-04; {YEAR}",
    ),
    "a year to come": (
        {"date": ["2020-01-03", "2020-01-04", "2202-01-05"]},
        f"2: date: 2202-01-05: near the other days, 2020-01-03 to 2020-01-04; {YEAR}",
    ),
    "a day after a long gap": (
        {"date": ["2017-01-05", "2021-01-05", "2021-01-25", "2021-02-10", "2021-03-01"]},
        f"0: date: 2017-01-05: near the other days, 2021-01-05 to 2021-03-01; {YEAR}",
    ),
    "years alone": (
        {"date": ["2020-01-01", "2021-01-01"]},
        "0: date: 2020-01-01: a day of the event; all dates here (2) are on 1 January: are they years alone?",
    ),
    "serial numbers": (
        {"date": ["1970-01-01"]},
        "0: date: 1970-01-01: a day of the event; all dates here (1) are this one: are they serial numbers?",
    ),
    "a site in two places": (
        {"site_id": ["s"] * 3, "latitude": [33.3, 33.3, 33.4], "longitude": [44.4] * 3},
        "2: latitude: 33.4, 44.4 (site_id s, 11.1 km apart): at most 1 km from the site's other positions, such as "
        "33.3, 44.4",
    ),
    "more Americans than people": (
        {"us_killed": [2], "killed_best": [2], "killed_high": [1]},
        [f"0: {column}: 2 (killed_high 1): at most killed_high" for column in ("killed_best", "us_killed")],
    ),
    "more Americans hurt than people": (
        {"us_injured": [2], "injured_best": [1]},
        "0: us_injured: 2 (injured_best 1): at most injured_best",
    ),
    "more hits than rounds": (
        {"launched_best": [2], "hit_best": [3]},
        "0: best numbers do not add up: 3 inside, silence on intercepted, but 2 launched",
    ),
    "a base that is an embassy": (
        {"site_type": ["base", "embassy"], "target": ["embassy", "embassy"]},
        "0: target: 'embassy' (site_type base): base, the group of that site_type",
    ),
    "swapped coordinates": (
        {"latitude": [44.4], "longitude": [33.3]},
        "0: latitude: 44.4, 33.3: a point from 28.5 to 38.5 N and 35 to 50 E, which the maps show; "
        "are latitude and longitude swapped?",
    ),
    "a point at sea": (
        {"latitude": [0.0], "longitude": [0.0]},
        "0: latitude: 0, 0: a point from 28.5 to 38.5 N and 35 to 50 E, which the maps show",
    ),
    "half of a point": (
        {"latitude": [33.3], "longitude": [np.nan]},
        "0: longitude: empty: both latitude and longitude, or neither",
    ),
    "one complex within a day": (
        {"incident_id": ["b", "a"], "date": ["2020-01-03", "2020-01-04"], "complex": ["x", "x"], "site_id": ["s", "t"]},
        "a and b lie in x within a day; are they one attack?",
    ),
    "one site within a day": (
        {"incident_id": ["a", "b"], "date": ["2020-01-03"] * 2, "complex": [None, None], "site_id": ["s", "s"]},
        "a and b lie in s within a day; are they one attack?",
    ),
    "a country that does not hold its position": (
        {"country": ["syria", "Iraq"], "latitude": [33.3, 29.5], "longitude": [44.4, 49.0]},
        [
            "0: country: 'syria': the position 33.3, 44.4 lies 338 km outside Syria, in Iraq",
            "1: country: 'Iraq': the position 29.5, 49 lies 65 km outside Iraq",
        ],
    ),
    "a range of an import that is reversed": (
        {"killed_low": [3], "killed_best": [1]},
        "0: killed_low: 3 (killed_best 1): at most killed_best",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "said"), DOUBTS.values(), ids=DOUBTS)
def test_doubtful_incidents_are_named(columns, said):
    assert [text for _, text in doubts(**columns)] == ([said] if isinstance(said, str) else said)


SOUND = {
    "three days from the id": {"incident_id": ["2022-01-05_x"], "date": ["2022-01-02"]},
    "ids that are no day": {"incident_id": ["2022-01-051", "IRQ2021"], "date": ["2020-01-02", "2020-01-05"]},
    "days ten years apart": {"date": ["2010-01-03", "2020-01-03"]},
    "yearly days": {"date": ["2018-03-01", "2019-04-05", "2020-05-09", "2021-06-11"]},
    "one site within a kilometre": {"site_id": ["s"] * 2, "latitude": [33.3, 33.305], "longitude": [44.4] * 2},
    "open upwards": {"us_killed": [2], "killed_best": [1], "killed_high": [np.nan]},
    "no target": {"site_type": ["base", None], "target": [None, "base"]},
    "no point": {"latitude": [np.nan], "longitude": [np.nan]},
    "two days at one site": {"date": ["2020-01-03", "2020-01-05"], "site_id": ["s", "s"]},
    "one day at two sites": {"date": ["2020-01-03", "2020-01-03"], "site_id": ["s", "t"]},
    "a minimal file": {"date": ["2020-01-03", "2020-01-03"]},
    "no incident": {"date": []},
    "a country of another name": {"country": ["Irak"], "latitude": [35.3], "longitude": [40.3]},
    "a position across the border, as precise as that": {
        "country": ["Syria"],
        "latitude": [33.3],
        "longitude": [44.4],
        "precision_km": [340.0],
    },
    "a position beside the border": {"country": ["Iraq"], "latitude": [34.4], "longitude": [40.93]},
}


@pytest.mark.parametrize("columns", SOUND.values(), ids=SOUND)
def test_sound_incidents_are_left_in_peace(columns):
    assert doubts(**columns) == []


def test_every_kind_of_warning_has_its_place():
    assert {rule.kind for rule in checks.RULES} <= set(checks.KINDS)
    assert doubts(date=["2020-01-03"] * 2, site_id=["s", "s"])[0][0] == "pairs that may be one attack"


def test_points_as_geometry_are_judged_like_coordinates():
    points = gpd.GeoDataFrame({"incident_id": ["a", "b"]}, geometry=gpd.points_from_xy([33.3, 44.4], [44.4, 33.3]))
    assert [text[:24] for _, text in checks.find_incident_warnings(points)] == ["a: latitude: 44.4, 33.3:"]


def test_of_one_kind_twenty_are_listed_and_the_rest_counted():
    days = {"incident_id": [f"2022-01-05_{n:02}" for n in range(30)], "date": ["2021-01-05"] * 30}
    found = doubts(**days, killed_low=[1] * 30, killed_high=[0] * 30)
    assert [text for _, text in found[20:21]] == ["10 more days that may be mistyped"]
    assert found[41] == ("values out of order", "10 more values out of order")
    assert len(found) == 42


def test_of_many_of_a_kind_one_line_gives_the_first_three():
    days = {"incident_id": [f"2022-01-05_{n:02}" for n in range(30)], "date": pd.to_datetime(["2021-01-05"] * 30)}
    data = pd.DataFrame(days | {"killed_low": [1] + [0] * 29, "killed_high": [0] * 30})
    mistyped, disordered = checks.sum_up_incident_warnings(data)
    examples = [f"2022-01-05_{n:02}: date: 2021-01-05 (incident_id 2022-01-05_{n:02})" for n in range(3)]
    wanted = "at most 3 days from the day in incident_id; is the year right?"
    assert mistyped == f"days that may be mistyped (30): {'; '.join(examples)}; and 27 more: {wanted}"
    assert disordered == "values out of order: 2022-01-05_00: killed_low: 1 (killed_high 0): at most killed_high"


# --- warnings -------------------------------------------------------------------------------------------------------


def test_numbers_that_add_up_exactly_are_no_warning():
    numbers = {"launched_best": [3, 3, 3, None], "hit_best": [2, 3, 2, 2], "intercepted_best": [1, None, 2, 2]}
    data = pd.DataFrame({"incident_id": list("abcd"), **numbers}).convert_dtypes()
    assert checks.overcounts(data)["incident_id"].tolist() == ["c"]


def pairs_of(days, complexes, judged=()):
    data = pd.DataFrame({"incident_id": ["a", "b"], "complex": complexes, "date": pd.to_datetime(days)})
    return len(list(checks._unjudged_pairs(data, pd.DataFrame(judged, columns=["incident_id", "other_id"]))))


def test_pairs_within_a_day_and_a_complex_want_a_judgement():
    assert pairs_of(["2020-01-01", "2020-01-02"], ["x", "x"]) == 1
    assert pairs_of(["2020-01-01", "2020-01-01"], ["x", "x"]) == 1
    assert pairs_of(["2020-01-01", "2020-01-03"], ["x", "x"]) == 0
    assert pairs_of(["2020-01-01", "2020-01-02"], ["x", "y"]) == 0
    assert pairs_of(["2020-01-01", "2020-01-02"], ["x", "x"], [("b", "a")]) == 0, "in either order"


def test_the_small_collection_lacks_a_base_map_and_a_place(folder):
    assert warnings(folder) == [
        ("files that are not there", "base_map.geojson: not there; the data package will have no base map"),
        (
            "launch areas without a place",
            "reports.csv:4: launch_area: 'a farm': holds no name or alias of a row in places.csv or sites.csv",
        ),
    ]


def test_a_site_in_another_country_than_coded_is_warned_about(folder):
    spoil(folder, "sites.csv", ",taji,Iraq,", ",taji,Syria,")
    kind = "countries that do not match the position"
    said = "sites.csv:4: country: 'Syria': the position 33.53, 44.26 lies 314 km outside Syria, in Iraq"
    assert [text for found, text in warnings(folder) if found == kind] == [said]
    spoil(folder, "sites.csv", "33.53,44.26,1.5", "33.53,44.26,400")
    assert kind not in dict(warnings(folder))


def test_what_matters_most_is_warned_about_first(folder):
    spoil(
        folder,
        "reports.csv",
        "own-1,a,2020-01-14,stated,night,zone_x,rocket,3,3",
        "own-1,a,2020-01-14,stated,night,zone_x,rocket,2,2",
    )
    spoil(folder, "distinct_pairs.csv", "2020-01-13_embassy_x,2020-01-14_zone_x,unsure,told alike\n", "")
    spoil(folder, "sites.csv", "33.306,44.387", "44.387,33.306")
    spoil(folder, "sites.csv", "33.53,44.26", ",")
    shutil.rmtree(folder / "second_coding")
    shown = "a point from 28.5 to 38.5 N and 35 to 50 E, which the maps show"
    assert warnings(folder)[:4] == [
        (
            "numbers that do not add up",
            "2020-01-13_embassy_x: best numbers do not add up: 2 inside, 1 intercepted, but 2 launched",
        ),
        (
            "pairs that nobody judged",
            "2020-01-13_embassy_x and 2020-01-14_zone_x lie in centre within a day; judge them in distinct_pairs.csv",
        ),
        (
            "points outside the region",
            f"sites.csv:3: latitude: 44.387, 33.306: {shown}; are latitude and longitude swapped?",
        ),
        ("sites without coordinates", "sites.csv:4: latitude: empty: without coordinates the site is on no map"),
    ]
    assert [kind for kind, _ in warnings(folder)[4:]] == [
        "files that are not there",
        "files that are not there",
        "launch areas without a place",
    ]


def mistyped(name="reports", published="2022-01-06", **cells):
    """What is said of one row of a raw table that rests on a source."""
    sources = pd.DataFrame({"source_id": ["s"], "published": pd.to_datetime([published])}, index=[2])
    table = pd.DataFrame({"source_id": ["s"], **{column: [value] for column, value in cells.items()}}, index=[2])
    if "event_date" in table:
        table["event_date"] = pd.to_datetime(table["event_date"])
    found = checks._row_warnings({"sources": sources, "second_coding/sources": sources[:0], name: table})
    assert {kind for kind, _ in found} <= {"days that may be mistyped"}
    return [str(fault).removesuffix("; is the year right?") for _, fault in found]


MISTYPED = {
    "year": (
        {"incident_id": "2022-01-05_conoco", "event_date": "2021-01-05"},
        "reports:2: event_date: 2021-01-05 (incident_id 2022-01-05_conoco): at most 3 days from the day in incident_id",
    ),
    "four days from the id": (
        {"incident_id": "2022-01-05_conoco", "event_date": "2022-01-01"},
        "reports:2: event_date: 2022-01-01 (incident_id 2022-01-05_conoco): at most 3 days from the day in incident_id",
    ),
    "month of the second coder": (
        {"name": "second_coding/reports", "incident_id": "2022-01-05_conoco", "event_date": "2022-02-05"},
        "second_coding/reports:2: event_date: 2022-02-05 (incident_id 2022-01-05_conoco): at most 3 days from the day "
        "in incident_id",
    ),
    "two days after publication": (
        {"event_date": "2022-01-08"},
        "reports:2: event_date: 2022-01-08 (published 2022-01-06): at most 1 day after its publication",
    ),
    "the same day of the year before, in the id too": (
        {"incident_id": "2021-01-06_conoco", "event_date": "2021-01-06"},
        "reports:2: event_date: 2021-01-06 (published 2022-01-06): less than a year before its publication",
    ),
    "an event after publication": (
        {"name": "context_events", "date": "2022-01-08", "date_precision": "day", "clock": "us"},
        "context_events:2: date: 2022-01-08 (published 2022-01-06): at most 1 day after its publication",
    ),
    "an event in a month after publication": (
        {"name": "context_events", "date": "2022-02", "date_precision": "month", "clock": "local"},
        "context_events:2: date: 2022-02 (published 2022-01-06): at most 1 day after its publication",
    ),
    "an event of another year": (
        {"name": "context_events", "date": "2021-01-03", "date_precision": "day", "clock": "local"},
        "context_events:2: date: 2021-01-03 (published 2022-01-06): less than a year before its publication",
    ),
    "an event far from its id": (
        {"name": "context_events", "event_id": "2022-01-01-vow", "date": "2022-01-05", "date_precision": "day",
         "clock": "local"},
        "context_events:2: date: 2022-01-05 (event_id 2022-01-01-vow): at most 3 days from the day in event_id",
    ),
    "an event far from the month in its id": (
        {"name": "context_events", "event_id": "2021-11-vow", "date": "2022-01-05", "date_precision": "day",
         "clock": "local"},
        "context_events:2: date: 2022-01-05 (event_id 2021-11-vow): at most 3 days from the day in event_id",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "said"), MISTYPED.values(), ids=MISTYPED)
def test_a_mistyped_year_or_month_is_warned_about(cells, said):
    assert mistyped(**cells) == [said]


@pytest.mark.parametrize(
    "cells",
    [
        {"incident_id": "2022-01-05_conoco", "event_date": "2022-01-02"},
        {"incident_id": "2022-01-05_conoco", "event_date": None},
        {"event_date": "2022-01-07"},
        {"event_date": "2021-01-07"},
        {"event_date": "2031-01-07", "published": None},
        {"name": "context_events", "event_id": "2022-01-vow", "date": "2022-01", "date_precision": "month",
         "clock": "local"},
        {"name": "context_events", "event_id": "2022-01-01-vow", "date": "2022-01", "date_precision": "month",
         "clock": "local"},
        {"name": "context_events", "event_id": "vow", "date": "2022-01-07", "date_precision": "day", "clock": "us"},
    ],
)  # fmt: skip
def test_days_as_near_as_they_may_be_are_no_warning(cells):
    assert mistyped(**cells) == []


def test_a_publication_of_another_decade_is_a_warning_of_the_sources():
    sources = pd.DataFrame({"published": pd.to_datetime(["2020-01-03", None, "2002-01-03"])}, index=[2, 3, 4])
    [(_, fault)] = checks._row_warnings({"sources": sources})
    assert str(fault).startswith("sources:4: published: 2002-01-03: near the other days, 2020-01-03; is")


def test_a_mistyped_year_stands_before_all_else_and_no_event_is_no_warning(folder):
    spoil(folder, "sources.csv", ",,2020-01-16,en", ",,2021-01-13,en")
    header = (folder / "context_events.csv").read_text(encoding="utf-8").splitlines()[0]
    (folder / "context_events.csv").write_text(f"{header}\n", encoding="utf-8")
    assert warnings(folder)[0] == (
        "days that may be mistyped",
        "reports.csv:3: event_date: 2020-01-13 (published 2021-01-13): less than a year before its publication; "
        "is the year right?",
    )


def test_a_point_far_away_is_outside_but_not_swapped(folder):
    spoil(folder, "places.csv", "33.25,44.4", "60.1,24.9")
    kind, text = warnings(folder)[0]
    assert kind == "points outside the region"
    assert text.startswith("places.csv:2: latitude: 60.1, 24.9: a point from")
    assert "swapped" not in text


def test_silence_in_a_number_is_said_in_words(folder):
    spoil(folder, "reports.csv", ",drone,5,5,0,0,", ",drone,5,5,9,9,")
    spoil(folder, "reports.csv", ",rocket,,12,0,0,", ",rocket,,,9,9,")
    assert (
        "numbers that do not add up",
        "2020-02-10_base_x: best numbers do not add up: 9 inside, silence on intercepted, but 5 launched",
    ) in warnings(folder)


# --- tables that a collection may lack --------------------------------------------------------------------------------

COVERAGE = "month,coverage,note\n2020-01,good,\n2020-02,thin,few pages\n"


def add(folder, name, text):
    (folder / f"{name}.csv").write_text(text, encoding="utf-8")


def test_a_collection_may_lack_coverage_and_tallies(folder):
    assert {"coverage", "tallies"}.isdisjoint(checks.check_raw(folder)[0])
    add(folder, "coverage", COVERAGE)
    add(folder, "tallies", "date,count,scope,source_id\n2020-02-01,7,all since 2019,own-1\n")
    raw, found = checks.check_raw(folder)
    assert found == []
    assert raw["coverage"]["coverage"].tolist() == ["good", "thin"]
    assert raw["tallies"]["count"].tolist() == [7]


@pytest.mark.parametrize(("old", "new", "fault"), [
    ("2020-02,thin,few pages\n", "", "1: month: no row for 2020-02: one row for each month of search_log.csv"),
    ("2020-02", "2020-01", "3: month: '2020-01': a key that no earlier row has"),
    ("thin", "poor", "3: coverage: 'poor': one of good, thin, saturated, none; not empty"),
    ("2020-02,thin", "2020-02,good,\n2020-03,thin", "4: month: '2020-03': a month that stands in search_log.csv"),
])  # fmt: skip
def test_months_of_coverage_are_those_that_were_searched(folder, old, new, fault):
    add(folder, "coverage", COVERAGE.replace(old, new, 1))
    assert f"coverage.csv:{fault}" in faults(folder)


def test_a_tally_needs_a_known_source_a_day_and_a_count(folder):
    add(folder, "tallies", "date,count,scope,source_id\n2020-02,-7,,nobody\n")
    assert faults(folder) == [
        "tallies.csv:2: count: '-7': a whole number, 0 or more; not empty",
        "tallies.csv:2: date: '2020-02': a date that exists, as YYYY-MM-DD",
        "tallies.csv:2: scope: empty: text; not empty",
        "tallies.csv:2: source_id: 'nobody': an id that stands as source_id in sources.csv",
    ]


def test_a_basis_that_the_register_has_is_one_of_the_list(folder):
    path = folder / "incident_register.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([f"{lines[0]},basis", *(f"{line},hearsay" for line in lines[1:])]), encoding="utf-8")
    assert faults(folder)[0].startswith("incident_register.csv:2: basis: 'hearsay': one of official, security_source,")


def test_more_americans_than_people_among_accounts_is_warned_about(folder):
    """One account has no dead, another counts an American: no row is wrong by itself."""
    before = warnings(folder)
    spoil(folder, "reports.csv", "article,a,2020-01-13,weekday,evening,embassy_x,rocket,4,,2,2,1,1,yes,,,2,2,,",
          "article,a,2020-01-13,weekday,evening,embassy_x,rocket,4,,2,2,1,1,yes,,,2,2,1,")  # fmt: skip
    new = [text for _, text in warnings(folder) if text not in {words for _, words in before}]
    assert new == ["2020-01-13_embassy_x: us_killed: 1 (killed_high 0): at most killed_high"]
