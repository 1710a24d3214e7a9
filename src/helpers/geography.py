"""Where: launch areas, distances and bearings.

Positions are WGS 84 points with an honest radius, ``precision_km``; distances are geodesic.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
from pyogrio.errors import DataSourceError
from pyproj import Geod

from . import tables

GEOD = Geod(ellps="WGS84")
SEED = 20200103
BASE_MAP = tables.DATA_DIR / "raw" / "base_map.geojson"
REGION = (35.0, 28.5, 50.0, 38.5)  # west, south, east, north: what the base map covers, degrees
ARTICLE = re.compile(r"^(?:al|el|ad|ar|as|asch|ash|at|az)[- ]")  # the Arabic article, which sources use or drop
# Words before a name that make it a landmark and not the area itself: "west of the Green Zone", "5 km from Taji".
LANDMARK = re.compile(
    r"(?:(?:north|south|east|west)[\w-]* of|(?:km|kilomet\w+|miles?) from) (?:the )?(?:a[ldrstz]|el|asc?h)?-?$"
)
STATUS = pd.Series({
    "measured": "area and site have a position",
    "no position of the place": "a known place without coordinates",
    "no position of the site": "the site has none in the region",
    "not matched": "no place or site has the name",
    "not told": "no source names an area",
})  # fmt: skip
# How far the two rockets named most often fly, km, and who says so.
ROCKET_RANGES = pd.DataFrame(
    {
        "range_km": [8.0, 20.0],
        "source": [
            "StrategyPage, Iraq, 11 July 2001",
            "Human Rights Watch (2007), Civilians under Assault: Hezbollah's Rocket Attacks on Israel in the 2006 War, "
            "table of rockets (standard rocket)",
        ],
    },
    index=pd.Index(["107 mm", "122 mm"], name="rocket"),
)
MEASURES = ("distance_km", "uncertainty_km", "distance_low", "distance_high", "bearing", "bearing_within")
UNMEASURED = {"area_id": None, **dict.fromkeys(MEASURES, np.nan)}


def _folded(text):
    """Text without accents and capitals, so that "Ālbū Kamāl" and "albu kamal" are one name."""
    marks_apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in marks_apart if not unicodedata.combining(letter)).casefold()


def _names(row):
    """Every name of a place: its name up to a bracket or comma, its aliases, and each without the Arabic article."""
    told = [*re.split(r" \(|,", row["name"])[0].split(" / "), *row["aliases"].split("|")]
    names = {_folded(name).strip() for name in told} - {""}
    return names | {ARTICLE.sub("", name) for name in names}


def gazetteer(places=None, sites=None):
    """Every name that a launch area can be matched to.

    Parameters
    ----------
    places, sites : GeoDataFrame, optional
        As :func:`helpers.load_places` and :func:`helpers.load_sites` return them; the repository's by default.

    Returns
    -------
    GeoDataFrame
        Indexed by ``name`` (folded, longest first): ``area_id``, ``precision_km``, ``geometry``. A name or an id that
        a place and a site share is the place's.
    """
    places, sites = _tables(places, sites)
    sites = sites[~sites["site_id"].isin(places["place_id"])]
    areas = [places.rename(columns={"place_id": "area_id"}), sites.rename(columns={"site_id": "area_id"})]
    listed = pd.concat([table[["area_id", "name", "aliases", "precision_km", "geometry"]] for table in areas])
    listed["name"] = [sorted(_names(row)) for row in listed.fillna({"aliases": ""}).to_dict("records")]
    listed = listed.explode("name").drop_duplicates("name")
    return listed.sort_values("name", key=lambda names: -names.str.len(), kind="stable").set_index("name")


def _tables(places, sites):
    return (tables.load_places() if places is None else places), (tables.load_sites() if sites is None else sites)


def match_area(text, names):
    """The places that a text names, whole words only, capitals and accents aside.

    A name that the text uses as a landmark ("west of the Green Zone", "five miles from Taji") is not where it was
    fired from, and is passed over.

    Parameters
    ----------
    text : str
        A launch area in the coder's words.
    names : GeoDataFrame
        As :func:`gazetteer` returns it.

    Returns
    -------
    list of str
        ``area_id`` of each, in the order of the text.

    Examples
    --------
    >>> names = gazetteer()
    >>> match_area("between Sheikh Amir and Tarjalah, Bartella", names)
    ['sheikh_amir', 'bartella']
    >>> match_area("a house west of the Green Zone", names)
    []
    """
    folded = _folded(text)
    pattern = rf"(?<!\w)(?:{'|'.join(map(re.escape, names.index))})(?!\w)"
    found = [match[0] for match in re.finditer(pattern, folded) if not LANDMARK.search(folded[: match.start()])]
    return list(dict.fromkeys(names.loc[found, "area_id"]))


def in_region(points):
    """Which points lie on the base map. A missing point does not; nor does one whose coordinates are swapped.

    Parameters
    ----------
    points : GeoSeries
        WGS 84.

    Returns
    -------
    Series of bool
    """
    west, south, east, north = REGION
    return points.x.between(west, east) & points.y.between(south, north)


def launch_distances(incidents, places=None, sites=None):
    """Distance and bearing from the launch area to the site struck.

    Areas are free text and are matched to ``places.csv``, then ``sites.csv``, by name and alias. Where an incident's
    accounts name several places, the one known most precisely is measured, and the range of distances covers all.
    The two precisions are radii, so the distance may be off by their sum, and the bearing by the angle under which
    that sum is seen; where the two circles overlap, any bearing is possible.

    Parameters
    ----------
    incidents : GeoDataFrame
        With ``launch_area`` and, for the site's precision, ``site_id``; without these columns nothing is measured.
    places, sites : GeoDataFrame, optional
        As for :func:`gazetteer`.

    Returns
    -------
    DataFrame
        Indexed like ``incidents``: ``launch_area``; ``areas`` (ids of the matched places, ``|``-separated);
        ``area_id``, the one measured; ``distance_km``, geodesic; ``uncertainty_km``; ``distance_low`` and
        ``distance_high``, km; ``bearing``, the direction of fire at the launch area in degrees clockwise from true
        north, and ``bearing_within``, degrees either side; ``status``, one of ``STATUS``.

    Examples
    --------
    >>> from helpers import load_incidents
    >>> found = launch_distances(load_incidents(scope="article"))
    >>> columns = ["area_id", "distance_km", "uncertainty_km", "bearing"]
    >>> found.loc[found["status"] == "measured", columns].round(1).values.tolist()
    [['dora', 5.3, 4.5, 4.1]]
    """
    places, sites = _tables(places, sites)
    names = gazetteer(places, sites)
    areas = names.drop_duplicates("area_id").set_index("area_id")
    nothing = pd.Series(None, index=incidents.index, dtype="str")
    about = pd.DataFrame({
        "launch_area": incidents.get("launch_area", nothing),
        "site_id": incidents.get("site_id", nothing),
        "site": incidents.geometry.where(in_region(incidents.geometry)),
    })  # fmt: skip
    about["precision"] = about["site_id"].map(sites.set_index("site_id")["precision_km"]).astype(float)
    launches = [_launch(row, names, areas) for row in about.itertuples()]
    columns = ["launch_area", "areas", *UNMEASURED, "status"]
    return pd.DataFrame(launches, incidents.index, columns)


def _launch(row, names, areas):
    """One incident's row of :func:`launch_distances`."""
    told = isinstance(row.launch_area, str)
    matched = [area for area in match_area(row.launch_area, names) if area != row.site_id] if told else []
    launch = {"launch_area": row.launch_area, "areas": "|".join(matched), **UNMEASURED}
    if not matched:
        return {**launch, "status": "not matched" if told else "not told"}
    known = areas.loc[matched].sort_values("precision_km", kind="stable")
    known = known[in_region(known.geometry)]
    if known.empty or row.site is None:
        return {**launch, "status": "no position of the place" if known.empty else "no position of the site"}
    found = [measure(area.geometry, row.site, area.precision_km, row.precision) for area in known.itertuples()]
    found = pd.DataFrame(found)
    span = {"distance_low": found["distance_low"].min(), "distance_high": found["distance_high"].max()}
    return {**launch, "area_id": known.index[0], **found.iloc[0], **span, "status": "measured"}


def measure(start, end, start_precision, end_precision):
    """Geodesic distance and bearing between two points that are known to within a radius each.

    Parameters
    ----------
    start, end : Point
        WGS 84.
    start_precision, end_precision : float
        Radii, km.

    Returns
    -------
    dict of float
        ``distance_km``, ``uncertainty_km``, ``distance_low``, ``distance_high``, ``bearing``, ``bearing_within``.

    References
    ----------
    Karney (2013), Algorithms for geodesics, Journal of Geodesy 87, as PROJ implements it.
    """
    forward, _, metres = GEOD.inv(start.x, start.y, end.x, end.y)
    distance, within = metres / 1000, start_precision + end_precision
    return {
        "distance_km": distance,
        "uncertainty_km": within,
        "distance_low": max(distance - within, 0.0),
        "distance_high": distance + within,
        "bearing": forward % 360,
        "bearing_within": 180.0 if within >= distance else np.degrees(np.arcsin(within / distance)),
    }


# --- the base map ---------------------------------------------------------------------------------------------------


def load_base_map(path=BASE_MAP):
    """The countries of the region, for orientation.

    Parameters
    ----------
    path : path, optional
        GeoJSON; the repository's, which ``data/raw/base_map.md`` describes, by default.

    Returns
    -------
    GeoDataFrame
        ``name`` and ``geometry``, WGS 84.

    Raises
    ------
    DataError
        If it is not GeoJSON with names and polygons that are valid.
    """
    try:
        countries = gpd.read_file(path)[["name", "geometry"]].to_crs(tables.CRS)
        polygons = (
            len(countries) and countries.geom_type.isin(["Polygon", "MultiPolygon"]).all() and countries.is_valid.all()
        )
    except (DataSourceError, KeyError, ValueError, AttributeError):
        polygons = False
    if not polygons:
        wanted = "GeoJSON of countries with a name and valid polygons; scripts/base_map.py writes it"
        raise tables.DataError([tables.Fault(str(path), 1, "", "not a base map", wanted)])
    return countries


def base_map_faults(path):
    """The fault of a base map, if there is a file and it is none, as a list."""
    try:
        if path.exists():
            load_base_map(path)
        return []
    except tables.DataError as error:
        return error.faults


# --- near in space and near in time ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class NearRepeat:
    """Are attacks near in space also near in time? See :func:`near_repeat`.

    Attributes
    ----------
    table : DataFrame
        Indexed by ``distance`` and ``days``, the bands as text: ``observed`` pairs, ``expected`` (mean over the
        permutations), ``ratio`` and ``p_value``.
    observed, expected, p_value : int, float, float
        All pairs up to the largest distance and the largest number of days: Knox's test.
    apart : Series or None
        The same without pairs of one day (``observed``, ``expected``, ``p_value``), where that is the first band:
        data that code all attacks on one site on one day as one cannot hold such pairs, but permuted dates can.
    n_events, n_left_out, n_places, n_permutations : int
        Events; events without a usable position; distinct positions; permutations.
    """

    table: pd.DataFrame
    observed: int
    expected: float
    p_value: float
    apart: pd.Series | None
    n_events: int
    n_left_out: int
    n_places: int
    n_permutations: int


def near_repeat(incidents, distances=(0, 10), days=(0, 7, 14), n_permutations=9_999, rng=SEED):
    """Knox's test of space-time interaction, and the near-repeat table.

    Pairs of events are counted by their distance and by the days between them; the dates are then permuted within
    each calendar year and the pairs counted again. Sites open and close, which alone makes attacks near in space near
    in time (Kulldorff and Hjalmars, 1999); within a year less of that is left, though not nothing.

    Parameters
    ----------
    incidents : GeoDataFrame
        With ``date`` and points. It is left as it was.
    distances, days : sequence of float
        Upper edges of the bands, km and days, rising, both ends included: an edge of 0 is the same point, or the
        same day. Ties count as pairs like all others.
    n_permutations : int
        For a p-value of 0.0001 at best, 9,999. The time they take grows with the number of pairs near in time, and so
        with the square of that of events: seconds for 2,000, minutes for 10,000.
    rng : numpy.random.Generator or int
        Or a seed.

    Returns
    -------
    NearRepeat

    Raises
    ------
    ValueError
        For edges that do not rise, or fewer than two events with a position.

    References
    ----------
    Knox (1964), The detection of space-time interactions, Applied Statistics 13, 25-30. Kulldorff and Hjalmars (1999),
    The Knox method and other tests for space-time interaction, Biometrics 55, 544-552. Townsley, Johnson and Ratcliffe
    (2008), Space time dynamics of insurgent activity in Iraq, Security Journal 21, 139-146.

    Examples
    --------
    >>> from helpers import load_incidents
    >>> found = near_repeat(load_incidents(), n_permutations=99)
    >>> found.observed, int(found.table.loc[("same place", "same day"), "observed"])
    (41, 0)
    """
    if min(np.diff(distances, prepend=-1)) <= 0 or min(np.diff(days, prepend=-1)) <= 0:
        raise ValueError(f"edges must rise from 0 or more; distances are {distances}, days {days}")
    events = incidents[in_region(incidents.geometry) & incidents["date"].notna()].sort_values("date")
    if len(events) < 2:
        raise ValueError(f"{len(events)} of {len(incidents)} incidents have a position; two at least are needed")
    place, band_of = _distance_bands(events.geometry, distances)
    first, second, day_band = _day_pairs(events["date"], days)
    ends = np.cumsum(events.groupby(events["date"].dt.year).size().to_numpy())[:-1]

    n_places, n_cells = len(band_of), len(distances) * len(days)
    cell_of = (band_of * len(days)).ravel()

    def count(places):
        cells = cell_of.take(places.take(first) * n_places + places.take(second)) + day_band
        return np.bincount(cells, minlength=n_cells)[:n_cells]

    observed = count(place)
    permuted = _permuted(count, place, ends, n_permutations, np.random.default_rng(rng))
    index = pd.MultiIndex.from_product([_bands(distances, "km", "place"), _bands(days, "days", "day")])
    table = _compared(observed, permuted).set_index(index.set_names(["distance", "days"]))
    knox = _all_of(observed, permuted)
    later = np.arange(n_cells) % len(days) > 0
    apart = _all_of(observed[later], permuted[:, later]) if days[0] == 0 and len(days) > 1 else None
    return NearRepeat(table, int(knox["observed"]), knox["expected"], knox["p_value"], apart, len(events),
                      len(incidents) - len(events), len(band_of), n_permutations)  # fmt: skip


def _all_of(observed, permuted):
    """The cells taken together."""
    return _compared(observed.sum(keepdims=True), permuted.sum(axis=1, keepdims=True)).iloc[0]


def _distance_bands(points, edges):
    """Each event's place as a number, and the band of the geodesic distance between any two places."""
    place = pd.factorize(pd.MultiIndex.from_arrays([points.x, points.y]))[0]
    distinct = points.groupby(place).first()
    x, y = distinct.x.to_numpy(), distinct.y.to_numpy()
    metres = GEOD.inv(*np.broadcast_arrays(x[:, None], y[:, None], x, y))[2]
    return place, np.searchsorted(edges, metres / 1000, side="left")


def _day_pairs(dates, edges):
    """Every pair of sorted events no further apart than the last edge, and the band of the days between them."""
    day = (dates.dt.normalize() - dates.min().normalize()).dt.days.to_numpy()
    number = np.arange(len(day))
    partners = np.searchsorted(day, day + edges[-1], side="right") - number - 1
    first = np.repeat(number, partners)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(partners) - partners, partners)
    return first, second, np.searchsorted(edges, day[second] - day[first], side="left")


def _permuted(count, place, ends, n_permutations, rng):
    """The counts with places shuffled over the dates of each year. Shuffling dates over places is the same."""
    counts = np.empty((n_permutations, len(count(place))), dtype=np.int64)
    for row in range(n_permutations):
        counts[row] = count(np.concatenate([rng.permutation(year) for year in np.split(place, ends)]))
    return counts


def _compared(observed, permuted):
    expected = permuted.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(expected > 0, observed / expected, np.nan)
    p_value = (1 + (permuted >= observed).sum(axis=0)) / (1 + len(permuted))
    return pd.DataFrame({"observed": observed, "expected": expected, "ratio": ratio, "p_value": p_value})


def _bands(edges, unit, same):
    """Bands as text; days are whole, so a band of them begins the day after the last one's end.

    >>> _bands((0, 7, 14), "days", "day"), _bands((5, 10), "km", "place")
    (['same day', '1 to 7 days', '8 to 14 days'], ['up to 5 km', '5 to 10 km'])
    """
    words = [f"same {same}" if edges[0] == 0 else f"up to {edges[0]:g} {unit}"]
    for low, high in pairwise(edges):
        start = f"{low + 1:g}" if unit == "days" else f"{low:g}" if low else f"other {same}, up"
        words.append(f"{start} to {high:g} {unit}")
    return words
