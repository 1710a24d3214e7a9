"""Where did attacks fall, and from where did they come? On the frozen set and on points by hand."""

import dataclasses

import geopandas as gpd
import pandas as pd
import pytest

from helpers import findings, geography, tables


@pytest.fixture(scope="module")
def found(results):
    return results.locations


def at(*counts):
    """Incidents at several sites, so many at each, a day apart."""
    points = [gpd.points_from_xy([44.0 + 0.1 * n], [33.0])[0] for n, count in enumerate(counts) for _ in range(count)]
    rows = {
        "incident_id": [f"i{n}" for n in range(len(points))],
        "date": pd.date_range("2021-12-30", periods=len(points)),
    }
    return gpd.GeoDataFrame(rows, geometry=points, crs=tables.CRS)


def test_sites_are_ordered_by_attacks_and_hold_them_all(found, few):
    assert found["sites"]["incidents"].sum() == found["n_mapped"] == len(few)
    assert found["sites"]["incidents"].is_monotonic_decreasing
    top = few["site_name"].value_counts()
    assert found["sites"].iloc[0][["place", "incidents"]].tolist() == [top.index[0], top.iloc[0]]
    assert findings.tell(found).endswith(f"; {top.index[0]} comes first with {top.iloc[0]}.")  # none is left off


@pytest.mark.parametrize(("counts", "half", "in_half"), [((4, 2, 1, 1), 1, 4), ((3, 3, 1), 2, 6), ((2, 2, 2, 1), 2, 4)])
def test_half_of_the_attacks_lies_on_the_fewest_sites_that_hold_it(counts, half, in_half):
    found = findings.locations(at(*counts))
    assert (found["half"], found["in_half"]) == (half, in_half)
    words = f"{sum(counts)} attacks were reported on {len(counts)} sites, {in_half} of them on {half}; "
    assert findings.tell(found).startswith(words)


def test_lines_of_fire_have_both_ends(found):
    assert len(found["launches"]) == found["launch_status"]["measured"] == 3
    dora = found["launches"][found["launches"]["area"] == "Dora"].iloc[0]
    assert (dora["place"], dora["incident_id"]) == ("US Embassy Baghdad", "2022-01-13_us_embassy_baghdad")
    assert (dora["area_point"].x, dora["area_point"].y) == (44.39194, 33.25139)
    assert found["unmatched"]["2021-07-29_us_embassy_baghdad"] == "eastern Baghdad"
    assert len(found["unmatched"]) == found["launch_status"]["not matched"]


def test_launches_are_told_with_their_distances_and_the_ranges_they_fit(found):
    launches, told = found["launches"], findings.tell(found, "launches")
    assert told.startswith("Sources name a launch area for 8 of 21 incidents; 3 of these are places of known position.")
    low, middle, high = (findings.number(launches["distance_km"].agg(name)) for name in ("min", "median", "max"))
    best = findings.number(launches["uncertainty_km"].min())
    assert f"The median distance is {middle} km (range {low} to {high} km), each known to within {best} km at" in told
    verbs = {True: ("lies", "is"), False: ("lie", "are")}
    for row, (_, (km, _)) in zip(found["ranges"], geography.ROCKET_RANGES.iterrows(), strict=True):
        assert row["within"] == (launches["distance_high"] <= km).sum()
        assert row["beyond"] == (launches["distance_low"] > km).sum()
        assert row["within"] + row["beyond"] + row["indeterminate"] == len(launches)
        (lies, _), (_, are) = verbs[row["within"] == 1], verbs[row["indeterminate"] == 1]
        assert (
            f"{row['within']} {lies} within the {row['km']:g} km of a {row['rocket']} rocket, {row['beyond']} beyond, "
            f"and {row['indeterminate']} {are} indeterminate."
        ) in told


def test_a_single_measured_launch_is_told_as_one(found):
    one = findings.tell({**found, "launches": found["launches"][:1], "uncertainty_km": None}, "launches")
    assert "; 1 of these is a place of known position." in one
    assert "km); its precision is not known." in one


def test_labels_and_gaps_of_a_table_of_ones_own_lose_no_attack(results, found, few):
    """Rows labelled twice, sites without a name or a complex."""
    own = few.assign(site_name=few["site_name"].mask(few.index < 5), complex=few["complex"].mask(few.index < 8))
    own = pd.concat([own[:12].reset_index(drop=True), own[12:].reset_index(drop=True)])
    again = findings.locations(own, results.places, results.sites)
    assert again["sites"]["incidents"].sum() == len(few)
    assert again["launches"]["distance_km"].tolist() == found["launches"]["distance_km"].tolist()


def test_positions_alone_are_enough(few):
    bare = findings.locations(few[["incident_id", "date", "geometry"]])
    assert set(bare["sites"]["target"]) == {"unknown"}
    assert len(bare["sites"]) == len(few.geometry.drop_duplicates())


def test_no_positions_are_told(few):
    bare = few[["incident_id", "date", "geometry"]]
    nowhere = findings.locations(bare.assign(geometry=None).set_geometry("geometry", crs=few.crs))
    region = "the region of the base map (28.5 to 38.5 degrees north, 35 to 50 east)"
    told = f"None of the 21 incidents has a position in {region}, so nothing can be mapped."
    assert findings.tell(nowhere) == told
    assert findings.tell({**nowhere, "n_incidents": 1}).startswith(f"The one incident has no position in {region}")
    assert findings.tell(nowhere, "launches").endswith("; none of these can be measured.")
    assert findings.tell(findings.locations(few[:0])).startswith("None of the 0 incidents has a position")


def test_positions_outside_the_region_are_counted_as_left_off():
    own = at(2, 1)
    own.loc[0, "geometry"] = gpd.points_from_xy([33.0], [44.0])[0]
    found = findings.locations(own)
    told = findings.tell(found)
    assert "1 of 3 incidents has no position in the region of the base map (28.5 to 38.5 degrees north" in told
    assert told.endswith(") and is on no map.")
    assert findings.tell({**found, "n_unmapped": 2}).endswith(") and are on no map.")
    assert found["source_line"].endswith("Left off for want of a position in the region: 1.")


def test_windows_share_out_the_attacks_of_the_blocks(results):
    windows, years = results.window_sites, results.anniversary["years"]["observed"]
    inside = windows[windows["inside"]].groupby("anniversary")["incidents"].sum()
    assert inside.to_dict() == {int(year): years[year] for year in ("2021", "2022", "2023")}
    assert windows["incidents"].sum() == len(results.anniversary["offsets"])


def test_windows_without_positions_are_refused(results, few):
    nowhere = few.assign(geometry=None).set_geometry("geometry", crs=few.crs)
    with pytest.raises(ValueError, match="no attack can be mapped by year"):
        findings.window_sites(results.anniversary, nowhere)


def test_the_ranges_name_their_sources(found):
    told = findings.tell(found, "ranges")
    assert "107 mm rockets 8 km (StrategyPage, Iraq, 11 July 2001)" in told
    assert "122 mm rockets 20 km (Human Rights Watch (2007)" in told


def test_near_repeats_are_told_with_and_without_pairs_of_one_day(results):
    found, test = results.space_time, results.space_time["test"]
    told = findings.tell(found, "near_repeat")
    assert told.startswith("Whether attacks near in space are also near in time is inconclusive. ")
    expected, p = findings.number(test.expected), findings.p_value(test.p_value)
    assert f"{test.observed} pairs lie within 10 km and 14 days, against {expected} expected with dates perm" in told
    assert f"within each year ({p}). Without pairs of one day, since attacks of one day on one site are coded" in told
    apart = test.excluding_same_day
    numbers = (
        f"{apart['observed']:.0f} against {findings.number(apart['expected'])} ({findings.p_value(apart['p_value'])})"
    )
    assert f"are coded as one, it is {numbers}. " in told
    assert f"{test.n_events} attacks share {test.n_places} positions, so near in space means" in told
    told = findings.tell({**found, "near": True}, "near_repeat")
    assert told.startswith("Attacks near in space are also near in time. ")
    assert "Without pairs of one day, it is" in findings.tell({**found, "coded": False}, "near_repeat")


def test_near_repeats_need_positions(few):
    with pytest.raises(ValueError, match="position"):
        findings.space_time(few.assign(geometry=None).set_geometry("geometry", crs=few.crs))


def test_points_in_metres_lie_where_those_in_degrees_do():
    rows = at(2, 1)
    found = findings.locations(rows.to_crs("EPSG:32638").rename_geometry("where"))
    assert found["sites"]["place"].tolist() == findings.locations(rows)["sites"]["place"].tolist()


def test_pairs_that_no_permutation_changes_are_said_to_test_nothing(results):
    found = results.space_time
    same = dataclasses.replace(found["test"], observed=3, expected=3.0, p_value=1.0)
    told = findings.tell({**found, "near": False, "test": same}, "near_repeat")
    assert told.startswith("No permutation changes the number of pairs, so nothing can be tested. 3 pairs lie")
