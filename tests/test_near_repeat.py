from itertools import combinations, permutations

import geopandas as gpd
import numpy as np
import pandas as pd
import pointpats
import pytest
from shapely import Point

from helpers import geography, near_repeat, tables


def events(rows):
    """Incidents from (x km east, days) pairs near Baghdad, in 2021."""
    east = [geography.GEOD.fwd(44, 33, 90, km * 1000)[:2] for km, _ in rows]
    dates = pd.to_datetime("2021-01-01") + pd.to_timedelta([day for _, day in rows], unit="D")
    return gpd.GeoDataFrame({"date": dates}, geometry=[Point(*point) for point in east], crs=tables.CRS)


def test_thresholds_are_inclusive_and_ties_count():
    rows = events([(0, 0), (0, 0), (0, 7), (9.999, 14), (10.5, 14)])
    found = near_repeat.near_repeat(rows, n_permutations=9)
    assert found.table["observed"].to_dict() == {
        ("same place", "same day"): 1,
        ("same place", "1 to 7 days"): 2,
        ("same place", "8 to 14 days"): 0,
        ("other place, up to 10 km", "same day"): 1,
        ("other place, up to 10 km", "1 to 7 days"): 1,
        ("other place, up to 10 km", "8 to 14 days"): 2,
    }
    assert (found.observed, found.n_places, found.n_events) == (7, 3, 5)
    assert near_repeat.near_repeat(rows, (0, 10), (0, 7, 13), 9).observed == 5


def test_the_permutation_law_is_that_of_full_enumeration():
    """All 720 orders of six events: the expected count and the p-value, to within Monte Carlo error."""
    rows = events([(0, 0), (0, 1), (3, 2), (50, 30), (50, 31), (90, 60)])
    x, day = np.array([0, 0, 3, 50, 50, 90]), np.array([0, 1, 2, 30, 31, 60])
    near = np.abs(np.subtract.outer(x, x)) <= 10
    counts = np.array([
        np.triu(near & (np.abs(np.subtract.outer(day[list(order)], day[list(order)])) <= 7), 1).sum()
        for order in permutations(range(6))
    ])  # fmt: skip
    found = near_repeat.near_repeat(rows, (10,), (7,), n_permutations=10_000, rng=1)
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
    ours = near_repeat.near_repeat(rows, (10,), (14,), n_permutations=4_999)
    assert ours.observed == peer.statistic_
    assert ours.expected == pytest.approx(peer.expected[0, 0], rel=0.02)
    assert ours.p_value == pytest.approx(peer.p_sim, abs=0.05)


def test_dates_are_permuted_within_their_year_alone():
    """Two sites, each struck on one day of its own year: near in time, but because open at one time."""
    apart = pd.concat([events([(0, 5)] * 6), events([(80, 5)] * 6).assign(date=pd.Timestamp("2022-01-06"))])
    found = near_repeat.near_repeat(apart.reset_index(drop=True), (0,), (0,), n_permutations=199)
    assert (found.observed, found.expected, found.p_value) == (30, 30, 1)


def test_pairs_near_in_time_and_pairs_near_in_space_give_the_same(monkeypatch):
    rng = np.random.default_rng(3)
    rows = events([(km, day) for km, day in zip(rng.integers(0, 60, 90), rng.integers(0, 700, 90), strict=True)])
    found = [near_repeat.near_repeat(rows, (0, 2, 10), (0, 7, 20), n_permutations=99)]
    monkeypatch.setattr(near_repeat, "_MOST_PLACES", 0)
    found += [near_repeat.near_repeat(rows, (0, 2, 10), (0, 7, 20), n_permutations=99)]
    monkeypatch.setattr(near_repeat, "_PAIRS_AT_ONCE", 1)
    found += [near_repeat.near_repeat(rows, (0, 2, 10), (0, 7, 20), n_permutations=99)]
    assert found[0].observed > 0
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0].table, other.table)


def test_pairs_are_those_of_brute_force():
    rng = np.random.default_rng(4)
    points = [Point(44 + east / 50, 33 + north / 50) for east, north in rng.integers(0, 12, (400, 2))]
    days = pd.to_datetime("2021-01-01") + pd.to_timedelta(rng.integers(0, 90, 400), unit="D")
    rows = gpd.GeoDataFrame({"date": days}, geometry=points, crs=tables.CRS)
    table = near_repeat.near_repeat(rows, (0, 3, 12), (0, 2, 9), n_permutations=1).table
    counted = dict.fromkeys(table.index, 0)
    for one, other in combinations(rows.itertuples(), 2):
        km = geography.GEOD.inv(one.geometry.x, one.geometry.y, other.geometry.x, other.geometry.y)[2] / 1000
        cell = np.searchsorted((0, 3, 12), km), np.searchsorted((0, 2, 9), abs(one.date - other.date).days)
        if max(cell) < 3:
            counted[table.index[cell[0] * 3 + cell[1]]] += 1
    assert table["observed"].to_dict() == counted
    assert min(counted.values()) > 0


def test_repeats_are_found_and_a_seed_gives_the_same_again():
    clustered = events([(20 * site, 25 * site + day) for site in range(12) for day in (0, 2, 4)])
    found = near_repeat.near_repeat(clustered, n_permutations=999, rng=5)
    assert found.p_value == 0.001
    again = near_repeat.near_repeat(clustered.sample(frac=1, random_state=1), n_permutations=999, rng=5)
    pd.testing.assert_frame_equal(found.table[["observed"]], again.table[["observed"]])
    same = near_repeat.near_repeat(clustered, n_permutations=999, rng=np.random.default_rng(5))
    pd.testing.assert_frame_equal(found.table, same.table)


def test_pairs_of_one_day_are_set_apart_where_that_is_a_band():
    rows = events([(0, 0), (0, 0), (0, 7), (9.999, 14), (10.5, 14)])
    found = near_repeat.near_repeat(rows, n_permutations=99)
    later = found.table.drop("same day", level="days")
    assert found.excluding_same_day["observed"] == later["observed"].sum() == 5
    assert found.excluding_same_day["expected"] == pytest.approx(later["expected"].sum())
    for days in ((7, 14), (0,)):
        assert near_repeat.near_repeat(rows, days=days, n_permutations=9).excluding_same_day is None


def test_events_without_a_usable_position_are_counted_and_left_out():
    rows = events([(0, 0), (0, 3), (0, 5), (0, 9)])
    rows.loc[1, "geometry"], rows.loc[3, "geometry"] = None, Point(33, 44)
    before = rows.copy()
    found = near_repeat.near_repeat(rows, n_permutations=9)
    assert (found.n_events, found.n_left_out, found.observed) == (2, 2, 1)
    pd.testing.assert_frame_equal(rows, before)


@pytest.mark.parametrize(
    ("edges", "unit", "same", "words"),
    [
        ((0, 7, 14), "days", "day", ["same day", "1 to 7 days", "8 to 14 days"]),
        ((5, 10), "km", "place", ["up to 5 km", "5 to 10 km"]),
        ((0, 10), "km", "place", ["same place", "other place, up to 10 km"]),
    ],
)
def test_bands_are_named(edges, unit, same, words):
    assert near_repeat._name_bands(edges, unit, same) == words


@pytest.mark.parametrize("edges", [{"distances": (10, 0)}, {"days": (7, 7)}, {"distances": (-0.5, 4)}, {"days": ()}])
def test_edges_must_rise(edges):
    with pytest.raises(ValueError, match="edges must rise"):
        near_repeat.near_repeat(events([(0, 0), (0, 1)]), **edges)


def test_positions_are_needed():
    with pytest.raises(ValueError, match="two incidents with a position are needed; here 1 of 1 have one"):
        near_repeat.near_repeat(events([(0, 0)]))


FORMS = {
    "text": lambda days: days.dt.strftime("%Y-%m-%d"),
    "dates": lambda days: days.dt.date,
    "a zone": lambda days: (days + pd.Timedelta(hours=23)).dt.tz_localize("Asia/Baghdad"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_dates_and_coordinates_of_any_kind_give_the_same(form):
    rows = events([(0, 0), (0, 3), (20, 5), (20, 9)])
    same = rows.assign(date=form(rows["date"])).to_crs("EPSG:32638").rename_geometry("where")
    pd.testing.assert_frame_equal(
        near_repeat.near_repeat(same, (1,), (7,), 9).table, near_repeat.near_repeat(rows, (1,), (7,), 9).table
    )


REFUSED = {
    "no date": (lambda rows: rows.drop(columns="date"), "the column date; the data have geometry"),
    "a year": (lambda rows: rows.assign(date="2021"), "dates must be whole days"),
    "no geometry": (lambda rows: pd.DataFrame(rows[["date"]]), "the column geometry is needed; the data have date"),
    "areas": (
        lambda rows: rows.set_geometry(rows.to_crs("EPSG:32638").buffer(1)),
        "the column geometry must hold points alone",
    ),
    "metres": (
        lambda rows: rows.to_crs("EPSG:32638").set_crs(None, allow_override=True),
        "the column geometry has no coordinate system",
    ),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_named_by_its_column(change, message):
    with pytest.raises(ValueError, match=message):
        near_repeat.near_repeat(change(events([(0, 0), (0, 1)])), n_permutations=9)
