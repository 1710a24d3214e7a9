"""Maps are right on the ground: what is drawn, carried back to degrees, is what the tables say."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox
from pyproj import Geod, Transformer

from helpers import charts, findings, geography, near_repeat, tables
from helpers.charts import looks, maps

GEOD = Geod(ellps="WGS84")
EMBASSY, DORA = (44.396, 33.299), (44.39194, 33.25139)


@pytest.fixture(scope="module")
def locations(few, frozen):
    return findings.locations(few, tables.with_points(frozen["places"]), tables.with_points(frozen["sites"]))


@pytest.fixture(scope="module")
def region(locations):
    return charts.sites_map(locations)


@pytest.fixture(scope="module")
def baghdad(locations):
    return charts.baghdad_map(locations)


def on_the_ground(crs, x, y):
    """Kilometres on the map as degrees east and north."""
    return Transformer.from_crs(crs, tables.CRS, always_xy=True).transform(x, y)


def printed(chart):
    """The words above and below a plot, in one line."""
    return " ".join(text.get_text().replace("\n", " ") for text in chart.texts)


def circles(axis, crs, filled):
    """Centre in degrees and geodesic radius in km of each circle, west to east, its rim measured in four directions."""
    found = []
    for patch in axis.patches:
        if isinstance(patch, Circle) and patch.get_fill() == filled:
            east, north = on_the_ground(crs, *patch.center)
            radii = []
            for across, up in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                rim = on_the_ground(crs, patch.center[0] + across * patch.radius, patch.center[1] + up * patch.radius)
                radii.append(GEOD.inv(east, north, *rim)[2] / 1000)
            assert max(radii) < 1.02 * min(radii)
            found.append((round(east, 5), round(north, 5), np.mean(radii)))
    return sorted(found)


def circles_of(sites):
    return sorted(zip(sites.geometry.x, sites.geometry.y, sites["precision_km"], strict=True))


def test_each_site_lies_in_a_circle_as_wide_as_its_position_may_be_off(region, locations):
    drawn = circles(region.axes[0], maps.REGION_CRS, filled=True)
    assert np.allclose(drawn, circles_of(locations["sites"]), rtol=0.01, atol=1e-4)
    assert np.ptp(np.array(drawn)[:, 2]) > 9  # from half a kilometre to ten


def test_a_site_without_a_precision_has_no_circle(locations):
    vague = locations["sites"].assign(precision_km=[np.nan, 0.0, *locations["sites"]["precision_km"][2:]])
    drawn = circles(charts.sites_map({**locations, "sites": vague}).axes[0], maps.REGION_CRS, filled=True)
    assert np.allclose(drawn, circles_of(vague[2:]), rtol=0.01, atol=1e-4)


def test_a_site_known_to_its_region_alone_is_drawn_open_and_says_how_vague(locations):
    vague = locations["sites"].assign(precision_km=[300.0, *locations["sites"]["precision_km"][1:]])
    chart = charts.sites_map({**locations, "sites": vague})
    assert len(circles(chart.axes[0], maps.REGION_CRS, filled=True)) == len(vague) - 1
    fills = np.concatenate([marks.get_facecolors() for marks in chart.axes[0].collections])
    assert (fills == 1).all(axis=1).sum() == 1
    first = vague.iloc[0]
    shown = {text.get_text() for axis in chart.axes for text in axis.texts}
    assert f"{first['place']}: {first['incidents']} (± 300 km)" in shown
    assert "Open symbol: only the region is known." in printed(chart)


def test_sites_around_baghdad_have_a_panel_that_is_framed_on_the_map(region, locations):
    above, below = region.axes
    near = locations["sites"].to_crs(maps.CITY_CRS).cx[-30:26, -9:9]
    drawn = np.concatenate([marks.get_offsets() for marks in below.collections])
    assert np.allclose(sorted(map(tuple, drawn)), sorted(zip(near.geometry.x, near.geometry.y, strict=True)))
    named = {text.get_text() for text in below.texts}
    assert {f"{row.place}: {row.incidents}" for row in near.itertuples()} <= named
    assert "Baghdad: below" in {text.get_text() for text in above.texts}
    [frame] = [line for line in above.lines if line.get_linewidth() == 0.8]
    corners = {tuple(np.round(on_the_ground(maps.REGION_CRS, *corner), 2)) for corner in frame.get_xydata()}
    assert corners == {(44.08, 33.22), (44.68, 33.22), (44.08, 33.38), (44.68, 33.38)}
    far = locations["sites"][locations["sites"].geometry.y > 34].reset_index(drop=True)
    assert len(charts.sites_map({**locations, "sites": far}).axes) == 1


def cities_of(chart):
    """Each city of a map, by its name and where its dot stands, in degrees; the names' boxes in pixels."""
    axis = chart.axes[0]
    dots = [line.get_xydata()[0] for line in axis.lines if line.get_markersize() == 2]
    known = geography.load_cities()
    words = [text for text in axis.texts if text.get_text() in set(known["name"])]
    return dots, words, known.set_index("name").geometry


@pytest.mark.parametrize("width", ["page", "column"])
def test_cities_stand_where_they_are_each_beside_its_dot_and_apart_from_sites(region, width):
    chart = region.at(width)
    dots, words, known = cities_of(chart)
    assert len(dots) == len(words) > 4
    assert "Baghdad" not in {word.get_text() for word in words}  # the frame of the panel says where it is
    axis, per_point = chart.axes[0], 1 / 72 * chart.dpi
    with charts.style():
        for dot, word in zip(dots, words, strict=True):
            place = known[word.get_text()]
            assert np.allclose(on_the_ground(maps.REGION_CRS, *dot), (place.x, place.y), atol=1e-4)
            (x, y), box = axis.transData.transform(dot), word.get_window_extent()
            away = np.hypot(max(box.x0 - x, 0, x - box.x1), max(box.y0 - y, 0, y - box.y1))
            assert 0.5 * per_point < away < 8 * per_point, word
            for marks in axis.collections:
                sides = np.sqrt(marks.get_sizes()) / 2 * per_point
                for (east, north), half in zip(axis.transData.transform(marks.get_offsets()), sides, strict=True):
                    assert max(abs(east - x), abs(north - y)) > half, word
                    assert not box.overlaps(Bbox([[east - half, north - half], [east + half, north + half]])), word
    assert "Base map: Natural Earth; cities: GeoNames, CC BY 4.0." in printed(chart)


def test_names_on_the_ground_can_be_read_on_land_and_where_a_position_is_shaded():
    def light(color):
        part = np.array(to_rgb(color))
        return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    land = np.array(to_rgb(maps.LAND))
    shaded = [0.89 * land + 0.11 * np.array(to_rgb(look["color"])) for look in looks.GROUP_LOOKS]  # 0.22, half covered
    assert all((light(ground) + 0.05) / (light(maps.GROUND) + 0.05) >= 4.5 for ground in (land, *shaded))


def test_a_city_gives_way_to_sites_and_to_their_names(locations, monkeypatch):
    def sites_named(chart):
        return {text.get_text() for text in chart.axes[0].texts if ":" in text.get_text()}

    with_cities = charts.sites_map(locations)
    struck = locations["sites"].to_crs(tables.CRS).geometry
    at_sites = gpd.GeoDataFrame(
        {"name": [f"City {n}" for n in range(len(struck))]}, geometry=struck.values, crs=tables.CRS
    )
    monkeypatch.setattr(maps.geography, "load_cities", lambda: at_sites)
    without = charts.sites_map(locations)
    assert sites_named(without) == sites_named(with_cities)
    assert not [text for text in without.axes[0].texts if text.get_text().startswith("City")]
    assert not [line for line in without.axes[0].lines if line.get_markersize() == 2]


def test_the_name_of_a_site_stays_two_points_off_other_symbols_and_off_the_dot_of_a_city(locations, monkeypatch):
    """A name is tried first east of its symbol, where another stands near, and then west, where a city lies."""
    sites = locations["sites"].iloc[[0] * 3].reset_index(drop=True).assign(incidents=[4, 2, 1], complex=list("abc"))
    sites = sites.assign(place=["First", "Near", "Far"], precision_km=0.0)
    sites = sites.set_geometry(gpd.points_from_xy([42.0, 42.277, 40.0], [35.0, 35.0, 33.0], crs=tables.CRS))
    city = gpd.GeoDataFrame({"name": ["City"]}, geometry=gpd.points_from_xy([41.8], [35.0]), crs=tables.CRS)
    monkeypatch.setattr(maps.geography, "load_cities", lambda: city)
    chart = charts.sites_map({**locations, "sites": sites})
    axis = chart.axes[0]
    with charts.style():
        words = {text.get_text(): text.get_window_extent() for text in axis.texts}
        [dot] = [axis.transData.transform(xy) for xy in cities_of(chart)[0]]
        [marks] = axis.collections
        places = zip(axis.transData.transform(marks.get_offsets()), np.sqrt(marks.get_sizes()), strict=True)
        for (x, y), side in places:
            room = (side / 2 + 2) * chart.dpi / 72
            around = Bbox([[x - room, y - room], [x + room, y + room]])
            assert not any(words[name].overlaps(around) for name in ("First: 4", "Near: 2", "Far: 1"))
    assert not words["First: 4"].padded(1).contains(*dot)


def test_what_finds_no_room_is_named(baghdad, locations):
    sites = locations["sites"].iloc[[0] * 9].reset_index(drop=True)
    sites = sites.assign(place=[f"Site {n} {'of a long name ' * 5}".strip() for n in range(9)])
    chart = charts.sites_map({**locations, "sites": sites})
    shown = {text.get_text() for axis in chart.axes for text in axis.texts}
    left_out = [row.place for row in sites.itertuples() if f"{row.place}: {row.incidents}" not in shown]
    assert 0 < len(left_out) < 9
    assert f"No room to name {', '.join(left_out)}." in printed(chart)
    assert "No room" not in printed(baghdad)


def test_a_column_names_the_six_sites_most_struck_and_says_where_several_are_sixth(locations):
    sites = locations["sites"].iloc[[0] * 8].reset_index(drop=True)
    sites = sites.assign(place=list("ABCDEFGH"), incidents=[9, 8, 7, 6, 5, 4, 4, 3], complex=list("ABCDEFGH"))
    sites = sites.set_geometry(gpd.points_from_xy(np.linspace(40, 44, 8), np.linspace(35, 36.5, 8), crs=tables.CRS))
    chart = charts.sites_map({**locations, "sites": sites}, width="column")
    shown = {text.get_text() for text in chart.axes[0].texts}
    assert {"A: 9", "F: 4", "G: 4"} <= shown
    assert "H: 3" not in shown
    assert "Named: the 7 sites with 4 or more (several share the 6th place)." in printed(chart)
    assert "H: 3" in {text.get_text() for text in chart.at("page").axes[0].texts}


def test_baghdad_has_circles_around_sites_and_launch_areas(baghdad, locations):
    drawn = circles(baghdad.axes[0], maps.CITY_CRS, filled=True)
    near = locations["sites"][locations["sites"]["complex"].isin(["green_zone", "baghdad_airport"])]
    expected = sorted([*circles_of(near), (*DORA, 4), (44.283, 33.283, 3)])
    assert np.allclose(drawn, expected, rtol=0.01, atol=1e-4)


def test_rings_show_how_far_rockets_fly_from_the_most_struck_site(baghdad):
    drawn = circles(baghdad.axes[0], maps.CITY_CRS, filled=False)
    expected = [(44.2346, 33.2625, 8), (44.2346, 33.2625, 20)]
    assert np.allclose(drawn, expected, rtol=0.01, atol=1e-4)


def test_an_arrow_flies_from_the_launch_area_to_the_site(baghdad):
    arrows = [text for text in baghdad.axes[0].texts if isinstance(text, Annotation)]
    ends = [(arrow.xyann, arrow.xy) for arrow in arrows]
    drawn = [(*on_the_ground(maps.CITY_CRS, *start), *on_the_ground(maps.CITY_CRS, *end)) for start, end in ends]
    assert np.allclose(sorted(drawn), [(44.283, 33.283, 44.2346, 33.2625), (*DORA, *EMBASSY)], atol=1e-4)
    words = {text.get_text() for text in baghdad.axes[0].texts}
    assert {"Dora\n5 ± 4 km", "al-Jihad\n5 ± 6 km"} <= words


def test_the_area_of_a_symbol_grows_with_the_attacks_on_its_site(region, locations):
    counts = {(row.geometry.x, row.geometry.y): row.incidents for row in locations["sites"].itertuples()}
    ratios, seen = [], []
    for marks in region.axes[0].collections:
        places = [tuple(np.round(on_the_ground(maps.REGION_CRS, *point), 4)) for point in marks.get_offsets()]
        ratios += [size / counts[place] for place, size in zip(places, marks.get_sizes(), strict=True)]
        seen += places
    assert set(seen) == set(counts)
    assert np.allclose(ratios, ratios[0])


def test_the_scale_bar_is_as_long_as_it_says(region, baghdad):
    for chart, crs, km in ((region, maps.REGION_CRS, 100), (baghdad, maps.CITY_CRS, 5)):
        bar = next(line for line in chart.axes[0].lines if line.get_linewidth() == 2)
        ends = [on_the_ground(crs, *end) for end in bar.get_xydata()]
        assert GEOD.inv(*ends[0], *ends[1])[2] / 1000 == pytest.approx(km, rel=0.01)
        assert f"{km} km" in [text.get_text() for text in chart.axes[0].texts]


def test_a_bar_spans_what_the_precision_of_both_positions_allows(locations):
    chart = charts.launch_ranges(locations)
    axis, rows = chart.axes[0], locations["launches"].sort_values("distance_km")
    bars = sorted((np.array(bar)[:, 0].tolist() for marks in axis.collections for bar in marks.get_segments()),
                  key=np.mean)  # fmt: skip
    middle = rows.assign(mean=(rows["distance_low"] + rows["distance_high"]) / 2).sort_values("mean")
    assert np.allclose(bars, middle[["distance_low", "distance_high"]])  # each of its own area and site
    points = sorted(x for line in axis.lines if line.get_linestyle() == "None" for x in line.get_xdata())
    assert np.allclose(points, rows["distance_km"])
    ranges = {line.get_xdata()[0] for line in axis.lines if line.get_linestyle() != "None"}
    assert ranges == {8, 20}


def test_the_title_of_distances_says_what_is_sure_and_what_is_possible(few, frozen):
    """Of three launches one, from al-Mayadin, may lie 22 km off, or less where that place is known better."""
    for precision, words in ((5, ", 1 more possibly"), (1, "")):
        places = frozen["places"].copy()
        places.loc[places["place_id"] == "mayadin", "precision_km"] = precision
        chart = charts.launch_ranges(
            findings.locations(few, tables.with_points(places), tables.with_points(frozen["sites"]))
        )
        sure = 3 - bool(words)
        assert chart.headline == f"{sure} of 3 attacks with a known launch area surely came from within 20 km{words}"


def test_the_map_of_baghdad_says_of_how_many_incidents_a_launch_area_could_not_be_placed(baghdad, few):
    assert f"In 5 of all {len(few)}, the launch area named could not be placed." in baghdad.note


def test_each_cell_of_the_near_repeat_chart_shows_its_own_numbers():
    dates = pd.to_datetime(["2021-01-01", "2021-01-03", "2021-06-01", "2021-06-20"])
    points = gpd.points_from_xy([44.0, 44.0, 43.0, 43.05], [33.0, 33.0, 35.0, 35.0], crs=tables.CRS)
    found = near_repeat.near_repeat(gpd.GeoDataFrame({"date": dates}, geometry=points), (0, 10), (7, 21), 99)
    facts = {"test": found, "near": False, "distance": "10 km", "days": "21 days", "coded": True}
    chart = charts.near_repeat({**facts, "source_line": "Four incidents."})
    p = findings.p_value(found.p_value)
    assert f"All pairs within 10 km and 21 days: {p}." in printed(chart)
    apart = pd.Series({"observed": 5, "expected": 4.0, "p_value": 0.14})
    other = charts.near_repeat({**facts, "test": replace(found, excluding_same_day=apart), "source_line": "Four."})
    assert other.headline == "5 pairs of attacks on different days are near in space and time, 4 expected"
    assert "Pairs on different days within 10 km and 21 days: p = 0.14." in printed(other)
    axis = chart.axes[0]
    columns, rows = (
        [text.get_text() for text in labels] for labels in (axis.get_xticklabels(), axis.get_yticklabels())
    )
    shown = {(rows[int(text.get_position()[1])], columns[int(text.get_position()[0])]): text.get_text().split()[0]
             for text in axis.texts}  # fmt: skip
    observed = found.table["observed"].items()
    assert shown == {tuple(map(findings.upper_first, key)): str(n) for key, n in observed}
    assert shown["Same place", "Up to 7 days"] == shown["Other place, up to 10 km", "8 to 21 days"] == "1"


def test_the_key_of_launches_covers_no_distance_however_far(locations):
    launches = pd.concat([locations["launches"]] * 3, ignore_index=True).iloc[:10]
    far = np.linspace(5, 54, len(launches))
    spread = launches.assign(distance_km=far, distance_low=far - 6, distance_high=far + 6)
    chart = charts.launch_ranges({**locations, "launches": spread})
    [axis], [key] = chart.axes, chart.legends
    with charts.style():
        assert key.get_window_extent().y1 < axis.get_window_extent().y0
