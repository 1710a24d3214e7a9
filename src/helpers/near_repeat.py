"""Are attacks near in space also near in time? Knox's test, with dates permuted within each year."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from . import anniversaries, geography

SEED = 20200103
_GLOBE_KM, _REACH = 6371.0, 1.01  # a globe's distances are up to 0.6% off the ellipsoid's
_MOST_PLACES = 2_000  # whose distances from each other fit in a table
_PAIRS_AT_ONCE = 30_000  # more would leave the processor's cache


@dataclass(frozen=True)
class NearRepeat:
    """What :func:`near_repeat` finds.

    Attributes
    ----------
    table : DataFrame
        Indexed by ``distance`` and ``days``, the bands as text: ``observed`` pairs, ``expected`` (mean over the
        permutations), ``ratio`` and ``p_value``.
    observed, expected, p_value : int, float, float
        Of all pairs within the last edges: Knox's test.
    excluding_same_day : Series or None
        The same without pairs of one day, where that is the first band: data that code all attacks on one site on one
        day as one cannot hold such pairs, but permuted dates can.
    n_events, n_left_out, n_places, n_permutations : int
        Events; incidents left out for want of a usable position or a date; distinct positions; permutations.
    """

    table: pd.DataFrame
    observed: int
    expected: float
    p_value: float
    excluding_same_day: pd.Series | None
    n_events: int
    n_left_out: int
    n_places: int
    n_permutations: int


def near_repeat(
    incidents: gpd.GeoDataFrame,
    distances: Sequence[float] = (0, 10),
    days: Sequence[float] = (0, 7, 14),
    n_permutations: int = 9_999,
    rng: np.random.Generator | int = SEED,
) -> NearRepeat:
    """Knox's test: pairs of events by distance and days apart, against dates permuted within each calendar year.

    Parameters
    ----------
    incidents : GeoDataFrame
        With ``date``, in any form that :func:`helpers.anniversaries.as_days` takes, and points as for
        :func:`helpers.geography.as_points`.
    distances, days : sequence of float
        Upper edges of the bands, km and days, rising and included: 0 is the same point, or the same day.
    n_permutations : int
        Time goes with them and with the pairs that are near in space or those near in time, whichever are fewer.
    rng : numpy.random.Generator or int
        Or a seed.

    Returns
    -------
    NearRepeat

    Raises
    ------
    ValueError
        For edges that do not rise, fewer than two events with a position, no column ``date``, dates that cannot be
        read, or a geometry that :func:`helpers.geography.as_points` refuses.

    Notes
    -----
    Sites open and close, which alone makes attacks near in space near in time (Kulldorff and Hjalmars, 1999); within
    a year less of that is left, though not nothing.

    References
    ----------
    Knox (1964), The detection of space-time interactions, Applied Statistics 13, 25-30. Kulldorff and Hjalmars (1999),
    The Knox method and other tests for space-time interaction, Biometrics 55, 544-552. Townsley, Johnson and Ratcliffe
    (2008), Space time dynamics of insurgent activity in Iraq, Security Journal 21, 139-146.

    Examples
    --------
    >>> dates = pd.to_datetime(["2021-01-01", "2021-01-03", "2021-06-01", "2021-06-05"])
    >>> points = gpd.points_from_xy([44.0, 44.0, 43.0, 43.0], [33.0, 33.0, 35.0, 35.0], crs="EPSG:4326")
    >>> found = near_repeat(gpd.GeoDataFrame({"date": dates}, geometry=points), n_permutations=99)
    >>> found.observed, int(found.table.loc[("same place", "1 to 7 days"), "observed"])
    (2, 2)
    """
    for edges in (distances, days):
        if min(edges, default=-1) < 0 or list(edges) != sorted(set(edges)):
            raise ValueError(f"edges must rise from 0 or more; distances are {distances}, days {days}")
    events = _read_events(incidents)
    if len(events) < 2:
        raise ValueError(f"two incidents with a position are needed; here {len(events)} of {len(incidents)} have one")
    points, place = np.unique(events.geometry.get_coordinates(), axis=0, return_inverse=True)
    day = (events["date"] - events["date"].min()).dt.days.to_numpy()
    count, n_pairs = _choose_pairs(points, place, day, distances, days)
    at_once = max(1, _PAIRS_AT_ONCE // max(n_pairs, len(events)))
    observed, rng = count(np.arange(len(events))[None])[0], np.random.default_rng(rng)
    # Shuffling the events over the dates of a year is the same as shuffling dates over events.
    years = np.split(np.arange(len(events)), np.flatnonzero(np.diff(events["date"].dt.year)) + 1)
    shuffles = (np.concatenate([rng.permutation(year) for year in years]) for _ in range(n_permutations))
    permuted = np.concatenate([count(np.array(some)) for some in iter(lambda: list(islice(shuffles, at_once)), [])])
    bands = [_name_bands(distances, "km", "place"), _name_bands(days, "days", "day")]
    table = _compare(observed, permuted).set_index(pd.MultiIndex.from_product(bands, names=["distance", "days"]))
    knox = _compare_sum(observed, permuted)
    later = np.arange(len(observed)) % len(days) > 0
    return NearRepeat(
        table=table,
        observed=int(knox["observed"]),
        expected=knox["expected"],
        p_value=knox["p_value"],
        excluding_same_day=_compare_sum(observed[later], permuted[:, later]) if days[0] == 0 and later.any() else None,
        n_events=len(events),
        n_left_out=len(incidents) - len(events),
        n_places=len(points),
        n_permutations=n_permutations,
    )


def _read_events(incidents):
    """Days and points of the incidents that have both, by day."""
    if "date" not in incidents:
        there = ", ".join(map(str, incidents.columns))
        raise ValueError(f"near repeats need the column date; the data have {there}")
    points = geography.as_points(incidents).geometry
    dated = incidents["date"].notna()
    dates = pd.Series(anniversaries.as_days(incidents["date"][dated]), name="date")
    events = gpd.GeoDataFrame(dates, geometry=points[dated].reset_index(drop=True))
    return events[geography.in_region(events.geometry)].sort_values("date")


def _choose_pairs(points, place, day, distances, days):
    """What counts pairs by cell, and how many it looks at: those near in time or in space, whichever are fewer."""
    near, distance_band = _near_places(points, distances)
    n_later, sizes = _count_later(day, days[-1]), np.bincount(place)
    n_in_space = (sizes[near[:, 0]] * sizes[near[:, 1]]).sum()
    if n_later.sum() > n_in_space or len(points) > _MOST_PLACES:
        return _count_in_space(near, distance_band, place, day, days, len(distances)), int(n_in_space)
    band_of = np.full((len(points), len(points)), len(distances))
    band_of[near[:, 0], near[:, 1]] = band_of[near[:, 1], near[:, 0]] = distance_band
    return _count_in_time(band_of, len(distances), place, day, days, n_later), int(n_later.sum())


def _count_in_time(band_of, n_distances, place, day, days, n_later):
    """What counts pairs by cell: those near in time, by the places that an order of the events brings to them."""
    first, second = _spread(np.arange(len(day)), n_later)
    day_band = np.searchsorted(days, day[second] - day[first], side="left")
    # A pair's cell in the flat table; pairs that are further apart than any band lie beyond it and are cut off.
    n_cells, cell_of = n_distances * len(days), (band_of * len(days)).ravel()

    def count(orders):
        places = place[orders]
        cells = cell_of.take(places.take(first, axis=1) * len(band_of) + places.take(second, axis=1)) + day_band
        return np.array([np.bincount(row, minlength=n_cells)[:n_cells] for row in cells])

    return count


def _count_in_space(near, distance_band, place, day, days, n_distances):
    """What counts pairs by cell: those near in space, by the dates that an order of the events brings to them."""
    by_band = np.argsort(distance_band, kind="stable")
    first, second, band = _place_pairs(near[by_band], distance_band[by_band], place)
    ends = np.searchsorted(band, np.arange(n_distances + 1))

    def count(orders):
        dates = np.empty(orders.shape, dtype=np.int32)
        np.put_along_axis(dates, orders, day[None].astype(np.int32), axis=1)
        apart = np.abs(dates.take(first, axis=1) - dates.take(second, axis=1))
        parts = [apart[:, start:end] for start, end in pairwise(ends)]
        within = [[np.count_nonzero(part <= edge, axis=1) for edge in days] for part in parts]
        return np.diff(within, axis=1, prepend=0).transpose(2, 0, 1).reshape(len(orders), -1)

    return count


def _near_places(points, edges):
    """Pairs of places no further apart than the last edge, each with itself too, and the bands of their distances."""
    east, north = np.radians(points).T
    globe = _GLOBE_KM * np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
    # Distances through a globe are near enough to the geodesic ones to find the pairs that might be within reach.
    pairs = cKDTree(globe).query_pairs(edges[-1] * _REACH + 0.001, output_type="ndarray")
    kilometres = geography.GEOD.inv(*points[pairs[:, 0]].T, *points[pairs[:, 1]].T)[2] / 1000
    within = kilometres <= edges[-1]
    itself = np.repeat(np.arange(len(points)), 2).reshape(-1, 2)
    bands = np.searchsorted(edges, np.append(np.zeros(len(points)), kilometres[within]), side="left")
    return np.concatenate([itself, pairs[within]]), bands


def _place_pairs(near, values, place):
    """Pairs of events at places that are near each other, and the value of each pair of places."""
    by_place, sizes = np.argsort(place, kind="stable"), np.bincount(place)
    start = np.cumsum(sizes) - sizes
    one, other = near.T
    pair, number = _spread(np.arange(len(near)), sizes[one] * sizes[other])
    number -= pair + 1
    first, second = start[one[pair]] + number // sizes[other[pair]], start[other[pair]] + number % sizes[other[pair]]
    once = (one[pair] != other[pair]) | (first < second)
    return by_place[first[once]], by_place[second[once]], values[pair[once]]


def _count_later(day, reach):
    """How many events follow each within so many days; dates are sorted, so that they follow it directly."""
    return np.searchsorted(day, day + reach, side="right") - np.arange(len(day)) - 1


def _spread(numbers, times):
    """Each number so many times and, beside it, the numbers that follow it."""
    first = np.repeat(numbers, times)
    return first, first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(times) - times, times)


def _compare(observed, permuted):
    """Observed counts against their permutations, one row a cell."""
    expected = permuted.mean(axis=0)
    ratio = observed / np.where(expected > 0, expected, np.nan)
    p_value = (1 + (permuted >= observed).sum(axis=0)) / (1 + len(permuted))
    return pd.DataFrame({"observed": observed, "expected": expected, "ratio": ratio, "p_value": p_value})


def _compare_sum(observed, permuted):
    """All cells taken together."""
    return _compare(observed.sum(keepdims=True), permuted.sum(axis=1, keepdims=True)).iloc[0]


def _name_bands(edges, unit, same):
    """Bands as text; days are whole, so a band of them begins the day after the last one's end."""
    words = [f"same {same}" if edges[0] == 0 else f"up to {edges[0]:g} {unit}"]
    for low, high in pairwise(edges):
        start = f"{low + 1:g}" if unit == "days" else f"{low:g}" if low else f"other {same}, up"
        words.append(f"{start} to {high:g} {unit}")
    return words
