import importlib.util
import json
import math
import shutil
from itertools import permutations

import geopandas as gpd
import numpy as np
import pandas as pd
import pointpats
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, box

from conftest import ROOT
from helpers import cli, geography, load_incidents, load_sites, tables

# --- names of launch areas ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def names():
    return geography.gazetteer()


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


@given(text=st.text(max_size=40))
def test_any_text_can_be_matched(names, text):
    assert set(geography.match_area(text, names)) <= set(names["area_id"])


def test_independent_accounts_keep_their_own_words(everything):
    areas = everything.set_index("incident_id")["launch_area"]
    assert areas["2022-01-13_us_embassy_baghdad"] == "Dora, Baghdad|Doura, southern Baghdad"
    assert areas["2021-06-20_ain_al_asad"] == "al-Baghdadi"
    assert areas.notna().sum() == 59


# --- distances ------------------------------------------------------------------------------------------------------


def cosine_km(start, end):
    """Distance on a sphere by the law of cosines: a second route, good to half a percent."""
    (lon1, lat1), (lon2, lat2) = np.radians([[start.x, start.y], [end.x, end.y]])
    cosine = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(lon2 - lon1)
    return 6371.0 * math.acos(min(cosine, 1.0))


def test_distances_on_the_real_rows(core):
    found = geography.launch_distances(core)
    assert found.index.equals(core.index)
    assert found["status"].value_counts().to_dict() == {
        "not told": 73, "not matched": 35, "measured": 13, "no position of the place": 3}  # fmt: skip
    dora = found[core["incident_id"] == "2022-01-13_us_embassy_baghdad"].iloc[0]
    assert (dora["areas"], dora["uncertainty_km"]) == ("dora", 4.5)  # 4 km for the quarter, half a km for the embassy
    assert dora["distance_km"] == pytest.approx(cosine_km(Point(44.39194, 33.25139), Point(44.396, 33.299)), rel=5e-3)
    assert (dora["distance_low"], dora["distance_high"]) == pytest.approx((0.79, 9.79), abs=0.01)
    assert dora["bearing"] == pytest.approx(4.1, abs=0.1)  # the quarter lies south of the embassy
    measured = found[found["status"] == "measured"]
    assert found["distance_km"].notna().sum() == len(measured)
    assert measured["distance_km"].between(measured["distance_low"], measured["distance_high"]).all()


def test_the_most_precise_of_several_places_is_measured_and_the_range_covers_all():
    incidents = gpd.GeoDataFrame(
        {"launch_area": ["Dora|Abu Ghraib"], "site_id": ["us_embassy_baghdad"]},
        geometry=[Point(44.396, 33.299)], crs=tables.CRS, index=["x"],
    )  # fmt: skip
    found = geography.launch_distances(incidents).loc["x"]
    assert (found["areas"], found["area_id"]) == ("dora|abu_ghraib", "dora")
    assert found["distance_low"] == pytest.approx(5.29 - 4.5, abs=0.01)
    assert found["distance_high"] == pytest.approx(19.7 + 8.5, abs=0.1)


def test_the_own_site_is_a_landmark():
    sites = load_sites().set_index("site_id", drop=False).loc[["taji"]]
    found = geography.launch_distances(sites.assign(launch_area="fields around Taji base"))
    assert found["status"].tolist() == ["not matched"]


def test_own_data_without_site_or_area_are_left_open(core):
    plain = core.drop(columns=["site_id", "launch_area"])
    assert set(geography.launch_distances(plain)["status"]) == {"not told"}
    found = geography.launch_distances(core.drop(columns="site_id"))
    measured = found[found["status"] == "measured"]
    assert measured["distance_km"].notna().all()
    assert measured[["uncertainty_km", "distance_low", "bearing_within"]].isna().all().all()


def test_a_site_without_usable_coordinates_is_not_measured(core):
    struck = core[core["incident_id"] == "2022-01-13_us_embassy_baghdad"]
    for point in (None, Point(), Point(33.299, 44.396)):
        moved = struck.set_geometry(gpd.GeoSeries([point], index=struck.index, crs=tables.CRS))
        found = geography.launch_distances(moved).iloc[0]
        assert found["status"] == "no position of the site"
        assert np.isnan(found["distance_km"])


degrees_east, degrees_north = st.floats(36, 48), st.floats(30, 38)
points = st.builds(Point, degrees_east, degrees_north)


@given(points, points, st.floats(0, 20), st.floats(0, 20))
def test_the_uncertainty_holds_the_truth(start, end, first, second):
    """Wherever the true points lie within their circles, distance and bearing stay within what is told."""
    found = geography.measure(start, end, first, second)
    assert found["distance_km"] == pytest.approx(cosine_km(start, end), rel=8e-3, abs=0.01)
    for turn in (0, 90, 213):
        east, north, _ = geography.GEOD.fwd(start.x, start.y, turn, first * 1000)
        there, up, _ = geography.GEOD.fwd(end.x, end.y, turn + 180, second * 1000)
        moved = geography.measure(Point(east, north), Point(there, up), 0, 0)
        assert found["distance_low"] - 0.01 <= moved["distance_km"] <= found["distance_high"] + 0.01
        off = abs((moved["bearing"] - found["bearing"] + 180) % 360 - 180)
        assert off <= found["bearing_within"] + 0.5  # half a degree: meridians converge


def test_incidents_are_left_as_they_were(core):
    before = core.copy()
    geography.launch_distances(core)
    pd.testing.assert_frame_equal(core, before)


# --- what validate says ---------------------------------------------------------------------------------------------


def told(folder, capsys):
    assert cli.main(["validate", str(folder)]) == 0
    return [line.replace(f"{folder}/", "") for line in capsys.readouterr().out.splitlines()]


def test_doubtful_positions_are_told_with_their_line(tmp_path, capsys):
    folder = shutil.copytree(tables.DATA_DIR / "raw", tmp_path / "raw")
    path = folder / "sites.csv"
    text = path.read_text()
    for old, new in [
        (",33.299,44.396,", ",44.396,33.299,"),
        (",33.306,44.387,2.0", ",,,"),
        (",33.26,44.26,", ",60.1,24.9,"),
    ]:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text)
    lines = told(folder, capsys)
    shown = "a point from 28.5 to 38.5 N and 35 to 50 E, which the maps show"
    assert f"warning: sites.csv:2: latitude: 44.396, 33.299: {shown}; are latitude and longitude swapped?" in lines
    assert "warning: sites.csv:3: latitude: empty: coordinates; without them the site is on no map" in lines
    assert f"warning: sites.csv:4: latitude: 60.1, 24.9: {shown}" in lines


def test_the_article_names_one_area():
    found = geography.launch_distances(load_incidents(scope="article"))
    assert found["area_id"].dropna().tolist() == ["dora"]


# --- the base map ---------------------------------------------------------------------------------------------------


def script():
    """The module that makes the base map; scripts are no package."""
    spec = importlib.util.spec_from_file_location("base_map", ROOT / "scripts" / "base_map.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_base_map_covers_the_region_and_every_site():
    countries = geography.load_base_map()
    assert tuple(countries.total_bounds) == geography.REGION
    sites = load_sites()
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


def test_another_archive_is_refused():
    with pytest.raises(ValueError, match=r"world-atlas 2\.0\.2 has 032e7765"):
        script().countries(b"another")


def test_the_note_tells_the_hash_of_the_archive():
    note = (tables.DATA_DIR / "raw" / "base_map.md").read_text()
    assert script().SHA256 in note
    assert "public domain" in note


@pytest.mark.parametrize("content", ["", "{}", '{"type":"FeatureCollection","features":[]}', None])
def test_a_file_that_is_no_base_map_is_told(tmp_path, content):
    path = tmp_path / "base_map.geojson"
    if content is not None:
        path.write_text(content)
    with pytest.raises(tables.DataError, match=r"base_map.geojson:1: -: not a base map"):
        geography.load_base_map(path)


def test_validate_checks_the_base_map(tmp_path, capsys):
    folder = shutil.copytree(tables.DATA_DIR / "raw", tmp_path / "raw")
    (folder / "base_map.geojson").write_text("{}")
    assert cli.main(["validate", str(folder)]) == 1
    assert "base_map.geojson:1: -: not a base map" in capsys.readouterr().err


# --- near in space and near in time ---------------------------------------------------------------------------------


def events(rows):
    """Incidents from (x km east, days) pairs near Baghdad, in 2021."""
    east = [geography.GEOD.fwd(44, 33, 90, km * 1000)[:2] for km, _ in rows]
    dates = pd.to_datetime("2021-01-01") + pd.to_timedelta([day for _, day in rows], unit="D")
    return gpd.GeoDataFrame({"date": dates}, geometry=[Point(*point) for point in east], crs=tables.CRS)


def test_thresholds_are_inclusive_and_ties_count():
    rows = events([(0, 0), (0, 0), (0, 7), (9.999, 14), (10.5, 14)])
    found = geography.near_repeat(rows, n_permutations=9)
    assert found.table["observed"].to_dict() == {
        ("same place", "same day"): 1,
        ("same place", "1 to 7 days"): 2,
        ("same place", "8 to 14 days"): 0,
        ("other place, up to 10 km", "same day"): 1,
        ("other place, up to 10 km", "1 to 7 days"): 1,
        ("other place, up to 10 km", "8 to 14 days"): 2,
    }
    assert (found.observed, found.n_places, found.n_events) == (7, 3, 5)
    assert geography.near_repeat(rows, (0, 10), (0, 7, 13), 9).observed == 5


def test_the_permutation_law_is_that_of_full_enumeration():
    """All 720 orders of six events: the expected count and the p-value, to within Monte Carlo error."""
    rows = events([(0, 0), (0, 1), (3, 2), (50, 30), (50, 31), (90, 60)])
    x, day = np.array([0, 0, 3, 50, 50, 90]), np.array([0, 1, 2, 30, 31, 60])
    near = np.abs(np.subtract.outer(x, x)) <= 10
    counts = np.array([
        np.triu(near & (np.abs(np.subtract.outer(day[list(order)], day[list(order)])) <= 7), 1).sum()
        for order in permutations(range(6))
    ])  # fmt: skip
    found = geography.near_repeat(rows, (10,), (7,), n_permutations=20_000, rng=1)
    assert found.observed == counts[0] == 4
    assert found.expected == pytest.approx(counts.mean(), abs=0.03)
    assert found.p_value == pytest.approx((counts >= counts[0]).mean(), abs=0.01)


def test_it_agrees_with_pointpats():
    """The peer works on the plane, counts within thresholds inclusively, and permutes over all dates."""
    rng = np.random.default_rng(7)
    rows = events([(km, int(day)) for km, day in zip(rng.uniform(0, 100, 60), rng.integers(0, 200, 60), strict=True)])
    frame = rows.to_crs("+proj=aeqd +lat_0=33 +lon_0=44 +datum=WGS84 +units=km")
    days = (frame["date"] - frame["date"].min()).dt.days
    np.random.seed(3)  # noqa: NPY002 - the peer draws from the global generator
    peer = pointpats.Knox(np.column_stack([frame.geometry.x, frame.geometry.y]), days.to_numpy()[:, None].astype(float),
                          delta=10, tau=14, permutations=999)  # fmt: skip
    ours = geography.near_repeat(rows, (10,), (14,), n_permutations=9_999)
    assert ours.observed == peer.statistic_
    assert ours.expected == pytest.approx(peer.expected[0, 0], rel=0.02)
    assert ours.p_value == pytest.approx(peer.p_sim, abs=0.05)


def test_dates_are_permuted_within_their_year_alone():
    """Two sites, each struck on one day of its own year: near in time, but because open at one time."""
    apart = pd.concat([events([(0, 5)] * 6), events([(80, 5)] * 6).assign(date=pd.Timestamp("2022-01-06"))])
    found = geography.near_repeat(apart.reset_index(drop=True), (0,), (0,), n_permutations=199)
    assert (found.observed, found.expected, found.p_value) == (30, 30, 1)


def test_repeats_are_found_and_a_seed_gives_the_same_again():
    clustered = events([(20 * site, 25 * site + day) for site in range(12) for day in (0, 2, 4)])
    found = geography.near_repeat(clustered, n_permutations=999, rng=5)
    assert found.p_value == 0.001
    again = geography.near_repeat(clustered.sample(frac=1, random_state=1), n_permutations=999, rng=5)
    pd.testing.assert_frame_equal(found.table[["observed"]], again.table[["observed"]])
    same = geography.near_repeat(clustered, n_permutations=999, rng=np.random.default_rng(5))
    pd.testing.assert_frame_equal(found.table, same.table)


def test_the_real_attacks_and_what_is_left_out(core):
    before = core.copy()
    found = geography.near_repeat(core)
    later = found.table.drop("same day", level="days")
    assert found.apart["observed"] == later["observed"].sum() == 41
    assert found.apart["expected"] == pytest.approx(later["expected"].sum())
    assert geography.near_repeat(core, days=(7, 14), n_permutations=9).apart is None
    assert (found.observed, found.n_events, found.n_places, found.n_permutations) == (41, 124, 18, 9_999)
    assert found.table.loc[("same place", "same day"), "observed"] == 0  # the coding rule
    assert found.p_value > 0.5
    pd.testing.assert_frame_equal(core, before)
    holes = core.copy()
    holes.loc[:9, "geometry"] = None
    assert geography.near_repeat(holes, n_permutations=9).n_left_out == 10


@pytest.mark.parametrize("edges", [{"distances": (10, 0)}, {"days": (7, 7)}, {"distances": (-1, 4)}])
def test_edges_must_rise(core, edges):
    with pytest.raises(ValueError, match="edges must rise"):
        geography.near_repeat(core, **edges)


def test_positions_are_needed(core):
    with pytest.raises(ValueError, match="1 of 1 incidents have a position; two at least"):
        geography.near_repeat(core.head(1))
