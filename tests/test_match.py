"""Matches one to one: against every assignment, mirrored, shuffled, and at the borders of the gates."""

from itertools import permutations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from shapely import Point

from helpers import geography, load_incidents, match, tables
from helpers.findings import Results, tell


def events(rows, prefix="a", **columns):
    """Incidents from (x km east, day) pairs near Baghdad, in 2021."""
    east = [geography.GEOD.fwd(44, 33, 90, km * 1000)[:2] for km, _ in rows]
    dates = pd.to_datetime("2021-01-01") + pd.to_timedelta([day for _, day in rows], unit="D")
    table = {"incident_id": [f"{prefix}{n}" for n in range(len(rows))], "date": dates, **columns}
    return gpd.GeoDataFrame(table, geometry=[Point(*point) for point in east], crs=tables.CRS)


def pairs_of(found):
    return set(found.pairs[["id_a", "id_b"]].itertuples(index=False, name=None))


def best_by_enumeration(a, b, km, days):
    """Most pairs and their least cost, over every assignment of the shorter list to places in the longer."""
    costs = np.full((len(a), len(b)), np.inf)
    for i, (x, day) in enumerate(a):
        for j, (y, other) in enumerate(b):
            if abs(x - y) <= km and abs(day - other) <= days:
                costs[i, j] = abs(x - y) / km + abs(day - other) / days
    costs = costs if len(a) <= len(b) else costs.T
    rows = np.arange(len(costs))
    chosen = [costs[rows, list(order)] for order in permutations(range(costs.shape[1]), len(costs))]
    return min((-int(np.isfinite(cost).sum()), cost[np.isfinite(cost)].sum()) for cost in chosen)


# Places up to 60 km apart and few days, so that components are large and ties many.
ROWS = st.lists(st.tuples(st.integers(0, 6).map(lambda step: step * 10), st.integers(0, 4)), min_size=1, max_size=5)


@given(a=ROWS, b=ROWS, dense=st.booleans())
@settings(max_examples=25)
def test_no_assignment_has_more_pairs_or_costs_less(a, b, dense):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(match, "_MOST_CELLS", 10**6 if dense else 0)
        a, b = [*a, (0, 2)], [*b, (0, 2)]  # so that the dates overlap
        first, second = events(a), events(b, "b")
        found = match.match_events(first, second, km=25, days=1)
        n_pairs, cost = best_by_enumeration(a, b, 25, 1)
        assert -n_pairs == len(found.pairs)
        assert found.pairs["cost"].sum() == pytest.approx(cost, abs=1e-5)
        for own, others, ids in (
            ("id_a", found.only_a + found.outside_a, first),
            ("id_b", found.only_b + found.outside_b, second),
        ):
            assert sorted([*found.pairs[own], *others]) == sorted(ids["incident_id"])


@given(a=ROWS, b=ROWS, seed=st.integers(0, 99), prefix=st.sampled_from("ab"))
@settings(max_examples=12)
def test_it_is_mirrored_and_no_order_of_rows_changes_it(a, b, seed, prefix):
    first, second = events([*a, (0, 2)]), events([*b, (0, 2)], prefix)
    found = match.match_events(first, second)
    back = match.match_events(second, first)
    assert pairs_of(found) == {(mine, theirs) for theirs, mine in pairs_of(back)}
    assert (found.only_a, found.outside_a) == (back.only_b, back.outside_b)
    assert (found.only_b, found.outside_b) == (back.only_a, back.outside_a)
    shuffled = match.match_events(first.sample(frac=1, random_state=seed), second.sample(frac=1, random_state=seed))
    pd.testing.assert_frame_equal(found.pairs, shuffled.pairs)


@given(rows=ROWS)
@settings(max_examples=6)
def test_a_collection_matches_itself_event_by_event(rows):
    found = match.match_events(events(rows), events(rows))
    assert (found.pairs["id_a"] == found.pairs["id_b"]).all()
    assert len(found.pairs) == len(rows)


def test_many_events_give_the_same_by_table_and_by_graph(monkeypatch):
    rng = np.random.default_rng(1)
    a, b = (events(list(zip(rng.uniform(0, 300, 90), rng.integers(0, 20, 90), strict=True)), name) for name in "ab")
    table = match.match_events(a, b).pairs
    monkeypatch.setattr(match, "_MOST_CELLS", 0)
    monkeypatch.setattr(match, "_ROWS_AT_ONCE", 7)
    graph = match.match_events(a, b).pairs
    assert len(table) == len(graph) > 60
    assert table["cost"].sum() == pytest.approx(graph["cost"].sum())


def test_a_pair_more_counts_before_what_is_nearer():
    """The nearest pair of all would leave two events single."""
    found = match.match_events(events([(0, 0), (20, 0)]), events([(19, 0), (40, 0)], "b"))
    assert pairs_of(found) == {("a0", "b0"), ("a1", "b1")}


@pytest.mark.parametrize(("x", "day", "n_pairs"), [(25, 0, 1), (25.001, 0, 0), (0, 1, 1), (0, 2, 0), (25, 1, 1)])
def test_gates_are_included(x, day, n_pairs):
    found = match.match_events(events([(0, 0), (500, 30)]), events([(x, day), (900, 30)], "b"))
    assert len(found.pairs) == n_pairs
    if n_pairs:
        assert found.pairs.loc[0, ["km", "days", "cost"]].tolist() == pytest.approx([x, day, x / 25 + day])


def test_gates_of_nothing_match_what_is_the_same():
    found = match.match_events(events([(0, 0), (5, 3)]), events([(0, 0), (5, 4)], "b"), km=0, days=0)
    assert pairs_of(found) == {("a0", "b0")}
    assert found.pairs["cost"].tolist() == [0]


def test_the_gap_is_that_between_ranges_of_days():
    low, high = pd.to_datetime(["2021-01-01", None]), pd.to_datetime(["2021-01-31", None])
    a = events([(0, 14), (300, 9)], date_low=low, date_high=high)
    b = events([(0, 32), (300, 9)], "b")
    assert match.match_events(a, b).pairs[["id_a", "days"]].to_numpy().tolist() == [["a1", 0]]
    assert match.match_events(a, b, days=2).pairs["days"].tolist() == [2, 0]
    assert match.match_events(a, events([(0, 20)], "b")).pairs["days"].tolist() == [0]


def test_distance_is_geodesic_over_poles_and_the_date_line():
    a = pd.DataFrame({"incident_id": ["line", "pole"], "date": "2021-01-01", "latitude": [10.0, 89.95],
                      "longitude": [179.95, 0.0]})  # fmt: skip
    b = a.assign(longitude=[-179.95, 180.0])
    found = match.match_events(a, b).pairs
    expected = [geography.GEOD.inv(*row)[2] / 1000 for row in ((179.95, 10, -179.95, 10), (0, 89.95, 180, 89.95))]
    assert found["km"].tolist() == pytest.approx(expected)


def test_events_without_position_or_date_are_named_and_not_matched():
    a = pd.DataFrame({"incident_id": [1, 2, 3], "date": ["2021-01-01", "2021-01-01", None],
                      "latitude": [33.3, None, 33.3], "longitude": 44.4})  # fmt: skip
    found = match.match_events(a, a.iloc[:1])
    assert (pairs_of(found), found.unusable_a, found.only_a, found.unusable_b) == ({(1, 1)}, [2, 3], [], [])
    table = match.recall(found)
    assert table.loc["a", ["n_matched", "n", "n_unusable"]].tolist() == [1, 1, 2]


def test_events_outside_the_days_of_the_other_are_told_apart():
    a, b = events([(0, 0), (0, 5), (0, 10), (0, 11), (0, 12)]), events([(0, 5), (99, 10)], "b")
    found = match.match_events(a, b)
    assert (found.only_a, found.outside_a, found.outside_b) == (["a2", "a3"], ["a0", "a4"], [])
    assert match.recall(found).loc["a", ["n_matched", "n", "n_outside"]].tolist() == [1, 3, 2]
    b.attrs["window"] = ["2021-01-01", "2021-01-11"]
    found = match.match_events(a, b)
    assert (found.only_a, found.outside_a) == (["a0", "a2", "a3"], ["a4"])


def test_recall_has_wilsons_interval():
    found = match.match_events(events([(0, 0), (0, 9), (0, 7)]), events([(1, 0), (1, 9)], "b"))
    table = match.recall(found)
    for name, n in (("a", 3), ("b", 2)):
        interval = binomtest(2, n).proportion_ci(method="wilson")
        assert table.loc[name, ["recall", "ci_low", "ci_high"]].tolist() == pytest.approx([2 / n, *interval])


def test_chance_is_what_shifted_dates_give():
    """Events on days of their own: the expected number is that of independent days."""
    rng = np.random.default_rng(3)
    a, b = (events([(0, day) for day in rng.integers(0, 3_000, 150)], name) for name in "ab")
    found = match.chance_matches(a, b)
    assert found.index.tolist() == [0, -30, -60, -90, 30, 60, 90]
    assert found.loc[0, "n_pairs"] == len(match.match_events(a, b).pairs)
    moved = match.match_events(a, b.assign(date=b["date"] + pd.Timedelta(days=60)))
    assert found.loc[60, "n_pairs"] == len(moved.pairs)
    # Most of the pairs that may be are one to one at this density.
    assert found.attrs["expected"] == pytest.approx(150 * 150 * 3 / 3_000, rel=0.35)


def test_chance_is_scaled_to_what_stays_within_the_span():
    a = events([(0, day) for day in range(0, 100, 2)])
    found = match.chance_matches(a, a.copy())
    assert found.loc[90, ["n_pairs", "n_within"]].tolist() == [5, 5]
    assert found.attrs["expected"] == 50
    alone = match.chance_matches(events([(0, 0)]), events([(0, 0)], "b"))
    assert np.isnan(alone.attrs["expected"])
    assert match.chance_matches(a, a, days=20).index.tolist() == [0, -41, -82, -123, 41, 82, 123]


GOOD = events([(0, 0)])


@pytest.mark.parametrize(("a", "options", "words"), [
    (GOOD, {"km": -1}, "km must be a number of 0 or more, not -1"),
    (GOOD, {"days": float("nan")}, "days must be a number of 0 or more, not nan"),
    (GOOD, {"km": "25"}, "km must be a number of 0 or more, not '25'"),
    (GOOD.drop(columns="date"), {}, "A needs the column(s) date; it has incident_id, geometry"),
    (pd.concat([GOOD, GOOD]), {}, "A: each event needs an incident_id of its own; not so 1 of 2"),
    (GOOD.assign(date="2021"), {}, "A: dates must be whole days"),
    (GOOD.assign(date=None), {}, "A has no event with a position and a date: of 1, 1 have a position, 0 a date"),
    (GOOD.set_geometry([None], crs=tables.CRS), {}, "of 1, 0 have a position, 1 a date"),
    (pd.DataFrame(GOOD.drop(columns="geometry")), {}, "A: a GeoDataFrame with points in the column geometry is needed"),
    (pd.DataFrame(GOOD).assign(latitude=144.4, longitude=33.3), {}, "not 144.4, 33.3; swapped?"),
    (GOOD.assign(date_low="2021-02-01", date_high="2021-01-01"), {}, "date_high lies before date_low, as in a0"),
    (events([(0, 500)]), {}, "within 1 days: A is from 2022-05-16 to 2022-05-16, B from 2021-01-01 to 2021-01-01"),
])  # fmt: skip
def test_what_cannot_be_matched_is_refused(a, options, words):
    with pytest.raises(match.MatchError) as error:
        match.match_events(a, GOOD, **options)
    assert words in str(error.value)


def test_gates_that_hold_nearly_all_are_refused(monkeypatch):
    monkeypatch.setattr(match, "_MOST_CANDIDATES", 3)
    with pytest.raises(match.MatchError, match="25 km and 1 days give more than 3 candidates; narrow them"):
        match.match_events(events([(0, 0)] * 2), events([(0, 0)] * 2, "b"))


def test_what_a_file_shares_with_the_coded_incidents_is_a_finding(tmp_path, frozen_dir):
    coded = load_incidents(data_dir=frozen_dir)
    rows = pd.DataFrame({"incident_id": ["a", "b"], "date": coded["date"][:2]})
    rows.assign(latitude=coded.geometry.y[:2], longitude=coded.geometry.x[:2]).to_csv(tmp_path / "own.csv", index=False)
    shared = Results(dataset=tmp_path / "own.csv", data_dir=frozen_dir).shared_events
    assert shared["pairs"][["id_a", "id_b"]].to_numpy().tolist() == [
        [coded["incident_id"][0], "a"],
        [coded["incident_id"][1], "b"],
    ]
    assert "of the file (100%" in tell(shared)
    rows[["incident_id", "date"]].to_csv(tmp_path / "own.csv", index=False)
    assert "(A is our incidents, B is the file)" in repr(Results(dataset=tmp_path / "own.csv").shared_events)
    assert "the hand-coded ones" in repr(Results(data_dir=frozen_dir).shared_events)
