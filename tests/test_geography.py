import math
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

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
    shown = "a point from 28 to 39 N and 34 to 50 E, which the maps show"
    assert f"warning: sites.csv:2: latitude: 44.396, 33.299: {shown}; are latitude and longitude swapped?" in lines
    assert "warning: sites.csv:3: latitude: empty: coordinates; without them the site is on no map" in lines
    assert f"warning: sites.csv:4: latitude: 60.1, 24.9: {shown}" in lines


def test_unknown_launch_areas_are_told_with_their_line(capsys):
    lines = told(tables.DATA_DIR / "raw", capsys)
    row = "'Mosul city': the name or an alias of a row in places.csv or sites.csv"
    assert f"warning: reports.csv:2: launch_area: {row}" in lines
    assert not any("'Dora, Baghdad'" in line for line in lines)
    assert not any("sites.csv:" in line and "latitude" in line for line in lines)


def test_the_article_names_one_area():
    found = geography.launch_distances(load_incidents(scope="article"))
    assert found["area_id"].dropna().tolist() == ["dora"]
