"""Are attacks near in space also near in time? Knox's test, with dates permuted within each year."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd

from . import geography

SEED = 20200103


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
        With ``date`` and points.
    distances, days : sequence of float
        Upper edges of the bands, km and days, rising and included: 0 is the same point, or the same day.
    n_permutations : int
        Seconds for 2,000 events, minutes for 10,000.
    rng : numpy.random.Generator or int
        Or a seed.

    Returns
    -------
    NearRepeat

    Raises
    ------
    ValueError
        For edges that do not rise, or fewer than two events with a position.

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
    usable = geography.in_region(incidents.geometry) & incidents["date"].notna()
    events = incidents[usable].sort_values("date")
    if len(events) < 2:
        raise ValueError(f"{len(events)} of {len(incidents)} incidents have a position; two at least are needed")
    place, distance_band = _distance_bands(events.geometry, distances)
    first, second, day_band = _day_pairs(events["date"], days)
    n_cells = len(distances) * len(days)
    # A pair's cell in the flat table; pairs that are further apart than any band lie beyond it and are cut off.
    cell_of = (distance_band * len(days)).ravel()

    def count(places):
        pairs = places.take(first) * len(distance_band) + places.take(second)
        return np.bincount(cell_of.take(pairs) + day_band, minlength=n_cells)[:n_cells]

    observed, rng = count(place), np.random.default_rng(rng)
    # Shuffling places over the dates of a year is the same as shuffling dates over places.
    by_year = np.split(place, np.flatnonzero(np.diff(events["date"].dt.year)) + 1)
    shuffles = (np.concatenate([rng.permutation(year) for year in by_year]) for _ in range(n_permutations))
    permuted = np.array([count(shuffled) for shuffled in shuffles])
    bands = [_name_bands(distances, "km", "place"), _name_bands(days, "days", "day")]
    table = _compare(observed, permuted).set_index(pd.MultiIndex.from_product(bands, names=["distance", "days"]))
    knox = _compare_sum(observed, permuted)
    later = np.arange(n_cells) % len(days) > 0
    return NearRepeat(
        table=table,
        observed=int(knox["observed"]),
        expected=knox["expected"],
        p_value=knox["p_value"],
        excluding_same_day=_compare_sum(observed[later], permuted[:, later]) if days[0] == 0 and later.any() else None,
        n_events=len(events),
        n_left_out=len(incidents) - len(events),
        n_places=len(distance_band),
        n_permutations=n_permutations,
    )


def _distance_bands(points, edges):
    """Each event's place as a number, and the band of the geodesic distance between any two places."""
    distinct, place = np.unique(points.get_coordinates(), axis=0, return_inverse=True)
    x, y = distinct.T
    metres = geography.GEOD.inv(*np.broadcast_arrays(x[:, None], y[:, None], x, y))[2]
    return place, np.searchsorted(edges, metres / 1000, side="left")


def _day_pairs(dates, edges):
    """Every pair of sorted events no further apart than the last edge, and the band of the days between them."""
    day = (dates.dt.normalize() - dates.min().normalize()).dt.days.to_numpy()
    number = np.arange(len(day))
    # Each event's partners follow it directly, as dates are sorted: so many of them, counted from the next event on.
    partners = np.searchsorted(day, day + edges[-1], side="right") - number - 1
    first = np.repeat(number, partners)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(partners) - partners, partners)
    return first, second, np.searchsorted(edges, day[second] - day[first], side="left")


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
