"""Where: launch areas, distances and bearings, and the base map.

Positions are WGS 84 points with an honest radius, ``precision_km``; distances are geodesic.
"""

import os
import re
import unicodedata
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pyogrio.errors import DataSourceError
from pyproj import Geod
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from . import blanks, tables
from .files import check_settled

GEOD = Geod(ellps="WGS84")
BASE_MAP = tables.DATA_DIR / "raw" / "base_map.geojson"
REGION = (35.0, 28.5, 50.0, 38.5)  # west, south, east, north: what the base map covers, degrees
REGION_WORDS = "{} to {} degrees north, {} to {} east".format(*(f"{REGION[edge]:g}" for edge in (1, 3, 0, 2)))
STATUS = pd.Series({
    "measured": "area and site have a position",
    "no position of the place": "a known place without coordinates",
    "no position of the site": "the site has none in the region",
    "not matched": "no place or site has the name",
    "not reported": "no source names an area",
})  # fmt: skip
# How far the two rockets named most often fly, km, and who says so.
ROCKET_RANGES = pd.DataFrame({
    "rocket": ["107 mm", "122 mm"],
    "range_km": [8.0, 20.0],
    "source": [
        "StrategyPage, Iraq, 11 July 2001",
        "Human Rights Watch (2007), Civilians under Assault: Hezbollah's Rocket Attacks on Israel in the 2006 War, "
        "table of rockets (standard rocket)",
    ],
}).set_index("rocket")  # fmt: skip
_ARTICLE = re.compile(r"^(?:al|el|ad|ar|as|asch|ash|at|az)[- ]")  # the Arabic article, which sources use or drop
# Words before a name that make it a landmark and not the area itself: "west of the Green Zone", "5 km from Taji".
_LANDMARK = re.compile(
    r"(?:(?:north|south|east|west)[\w-]* of|(?:km|kilomet\w+|miles?) from) (?:the )?(?:a[ldrstz]|el|asc?h)?-?$"
)
_MEASURES = ("distance_km", "uncertainty_km", "distance_low", "distance_high", "bearing", "bearing_within")


def gazetteer(places: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Every name that a launch area can be matched to.

    Parameters
    ----------
    places, sites : GeoDataFrame
        As :func:`helpers.load_places` and :func:`helpers.load_sites` return them.

    Returns
    -------
    GeoDataFrame
        Indexed by ``name`` (folded, longest first): ``area_id``, ``precision_km``, ``geometry``. A name or an id that
        a place and a site share is the place's.

    Examples
    --------
    >>> table = gpd.GeoDataFrame({"name": ["Dora (Baghdad)"], "aliases": ["al-Dawra"], "precision_km": [4.0]},
    ...                          geometry=gpd.points_from_xy([44.4], [33.3]))
    >>> gazetteer(table.assign(place_id="dora"), table.assign(site_id="dora"))["area_id"].to_dict()
    {'al-dawra': 'dora', 'dawra': 'dora', 'dora': 'dora'}
    """
    sites = sites[~sites["site_id"].isin(places["place_id"])]
    areas = [places.rename(columns={"place_id": "area_id"}), sites.rename(columns={"site_id": "area_id"})]
    listed = pd.concat([table[["area_id", "name", "aliases", "precision_km", "geometry"]] for table in areas])
    listed["name"] = [sorted(_names(row)) for row in listed.fillna({"aliases": ""}).to_dict("records")]
    listed = listed.explode("name").drop_duplicates("name")
    # Longest first, so that a pattern of all names finds "abu ghraib base" before "abu ghraib".
    return listed.sort_values("name", key=lambda names: -names.str.len(), kind="stable").set_index("name")


def _names(row):
    """Every name of a place: its name up to a bracket or comma, its aliases, and each without the Arabic article."""
    given = [*re.split(r" \(|,", row["name"])[0].split(" / "), *row["aliases"].split("|")]
    names = {_fold(name).strip() for name in given} - {""}
    return names | {_ARTICLE.sub("", name) for name in names}


def _fold(text):
    """Text without accents and capitals, so that "Ālbū Kamāl" and "albu kamal" are one name."""
    marks_apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in marks_apart if not unicodedata.combining(letter)).casefold()


def match_area(text: str, names: gpd.GeoDataFrame) -> list[str]:
    """The places that a text names, whole words only, capitals and accents aside.

    A name that the text uses as a landmark ("west of the Green Zone", "five miles from Taji") is passed over.

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
    >>> names = pd.DataFrame({"area_id": ["green_zone", "dora"]}, index=["green zone", "dora"])
    >>> match_area("Dora, Baghdad", names), match_area("a house west of the Green Zone", names)
    (['dora'], [])
    """
    folded = _fold(text)
    pattern = rf"(?<!\w)(?:{'|'.join(map(re.escape, names.index))})(?!\w)"
    found = [match[0] for match in re.finditer(pattern, folded) if not _LANDMARK.search(folded[: match.start()])]
    return list(dict.fromkeys(names.loc[found, "area_id"]))


def as_points(incidents: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Incidents with their points in longitude and latitude, in a column ``geometry``.

    Parameters
    ----------
    incidents : GeoDataFrame
        With points in any coordinate system; where none is given they are read as longitude and latitude.

    Returns
    -------
    GeoDataFrame
        A copy.

    Raises
    ------
    ValueError
        Where there is no geometry, where it holds anything but points, or where points without a coordinate system
        cannot be longitude and latitude.

    Examples
    --------
    >>> points = gpd.GeoSeries(gpd.points_from_xy([500_000], [3_700_000]), name="where", crs="EPSG:32638")
    >>> as_points(gpd.GeoDataFrame(geometry=points)).geometry.x.round(2).tolist()
    [45.0]
    """
    geometries = incidents.columns[incidents.dtypes.astype("str") == "geometry"]
    name = getattr(incidents, "active_geometry_name", None)
    if name not in geometries:
        there = ", ".join(map(str, incidents.columns))
        raise ValueError(f"a GeoDataFrame with points in the column geometry is needed; the data have {there}")
    points = incidents[name]
    others = points[points.geom_type.notna() & (points.geom_type != "Point")]
    if len(others):
        kinds = ", ".join(sorted(others.geom_type.unique()))
        raise ValueError(f"the column {name} must hold points alone; {len(others)} are no points: {kinds}")
    if points.crs is None and ((points.x.abs() > 180) | (points.y.abs() > 90)).any():
        raise ValueError(f"the column {name} has no coordinate system and is not longitude and latitude; set its crs")
    points = points.set_crs(tables.CRS) if points.crs is None else points.to_crs(tables.CRS)
    return incidents.assign(geometry=points).set_geometry("geometry")


def in_region(points: gpd.GeoSeries) -> pd.Series:
    """Which points lie on the base map. A missing point does not; nor does one whose coordinates are swapped.

    Parameters
    ----------
    points : GeoSeries
        WGS 84.

    Returns
    -------
    Series of bool

    Examples
    --------
    >>> in_region(gpd.GeoSeries(gpd.points_from_xy([44.4, 33.3], [33.3, 44.4]))).tolist()
    [True, False]
    """
    west, south, east, north = REGION
    return points.x.between(west, east) & points.y.between(south, north)


def kilometres_to(points: gpd.GeoSeries, shape: BaseGeometry) -> pd.Series:
    """How far points lie from a shape; 0 within it.

    Parameters
    ----------
    points : GeoSeries
        WGS 84; none missing.
    shape : shapely geometry
        Of the same coordinates. Its nearest point is sought in degrees, which makes a distance longer by a fifth at
        most in the region.

    Returns
    -------
    Series of float

    Examples
    --------
    >>> points = gpd.GeoSeries(gpd.points_from_xy([44.0, 45.5], [33.0, 33.0]))
    >>> square = gpd.GeoSeries.from_wkt(["POLYGON ((43 32, 45 32, 45 34, 43 34, 43 32))"])[0]
    >>> kilometres_to(points, square).round(1).tolist()
    [0.0, 46.7]
    """
    lines = points.shortest_line(shape)
    return pd.Series([GEOD.geometry_length(line) / 1000 for line in lines], points.index, dtype="float")


def launch_distances(
    incidents: gpd.GeoDataFrame, places: gpd.GeoDataFrame | None = None, sites: gpd.GeoDataFrame | None = None
) -> pd.DataFrame:
    """Distance and bearing from the launch area to the site struck.

    Where the accounts of an incident name several places, the one known most precisely is measured, and the range of
    distances covers all.

    Parameters
    ----------
    incidents : GeoDataFrame
        With ``launch_area`` and, for the site's precision, ``site_id``; points as for :func:`as_points`.
    places, sites : GeoDataFrame, optional
        As for :func:`gazetteer`; the repository's by default.

    Returns
    -------
    DataFrame
        Indexed like ``incidents``: ``launch_area``; ``areas``, ids of the places named, ``|``-separated; ``area_id``,
        the one measured; ``distance_km``, ``uncertainty_km``, ``distance_low``, ``distance_high``; ``bearing`` of the
        fire in degrees clockwise from true north, ``bearing_within`` so many either side; ``status``, of ``STATUS``.

    Notes
    -----
    The two precisions are radii, so the distance may be off by their sum, and the bearing by the angle under which
    that sum is seen; where the two circles overlap, any bearing is possible. Geodesics: Karney (2013), Algorithms for
    geodesics, Journal of Geodesy 87, as PROJ implements it.

    Examples
    --------
    >>> table = gpd.GeoDataFrame({"name": ["Dora", "Embassy"], "aliases": "", "precision_km": [4.0, 0.5]},
    ...                          geometry=gpd.points_from_xy([44.392, 44.396], [33.251, 33.299]), crs="EPSG:4326")
    >>> places, sites = table[:1].assign(place_id="dora"), table[1:].assign(site_id="embassy")
    >>> found = launch_distances(sites.assign(launch_area="Dora, Baghdad"), places, sites)
    >>> found[["area_id", "distance_km", "uncertainty_km", "bearing"]].round(1).to_numpy().tolist()
    [['dora', 5.3, 4.5, 4.0]]
    """
    places = tables.load_places() if places is None else places
    sites = tables.load_sites() if sites is None else sites
    names = gazetteer(places, sites)
    areas = names.drop_duplicates("area_id").set_index("area_id")
    about = pd.DataFrame(incidents).reindex(columns=["launch_area", "site_id"])
    points = as_points(incidents).geometry
    about["site"] = points.where(in_region(points))
    about["precision"] = about["site_id"].map(sites.set_index("site_id")["precision_km"]).astype(float)
    launches = [_launch(row, names, areas) for row in about.itertuples()]
    return pd.DataFrame(launches, incidents.index, ["launch_area", "areas", "area_id", *_MEASURES, "status"])


def _launch(row, names, areas):
    """One incident's row of :func:`launch_distances`."""
    reported = isinstance(row.launch_area, str)
    # The site struck is no launch area, though its name may stand in one: "fields around Taji base".
    matched = [area for area in match_area(row.launch_area, names) if area != row.site_id] if reported else []
    launch = {"launch_area": row.launch_area, "areas": "|".join(matched), "area_id": None}
    if not matched:
        return {**launch, "status": "not matched" if reported else "not reported"}
    known = areas.loc[matched].sort_values("precision_km", kind="stable")
    known = known[in_region(known.geometry)]
    if known.empty or row.site is None:
        return {**launch, "status": "no position of the place" if known.empty else "no position of the site"}
    found = [_measure(area.geometry, row.site, area.precision_km, row.precision) for area in known.itertuples()]
    span = pd.DataFrame(found).agg({"distance_low": "min", "distance_high": "max"})
    return {**launch, "area_id": known.index[0], **found[0], **span, "status": "measured"}


def _measure(start, end, start_precision, end_precision):
    """Geodesic distance and bearing between two points that are known to within a radius (km) each."""
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


def load_base_map(path: str | Path | None = None) -> gpd.GeoDataFrame:
    """The countries of the region, for orientation.

    Parameters
    ----------
    path : path, optional
        GeoJSON; by default the repository's.

    Returns
    -------
    GeoDataFrame
        ``name`` and ``geometry``, WGS 84.

    Raises
    ------
    DataError
        If it is not GeoJSON of countries, with names and valid polygons, and of cities, with names and points in
        the region.

    Examples
    --------
    >>> load_base_map()["name"].head(3).tolist()
    ['Azerbaijan', 'Iran', 'Iraq']
    """
    return _read_base_map(path)[0]


def load_cities(path: str | Path | None = None) -> gpd.GeoDataFrame:
    """The cities of the base map, for orientation, the most populous first.

    Parameters
    ----------
    path : path, optional
        GeoJSON; by default the repository's.

    Returns
    -------
    GeoDataFrame
        ``name`` and ``geometry``, WGS 84; no row where the base map holds countries alone.

    Raises
    ------
    DataError
        As :func:`load_base_map`.

    Examples
    --------
    >>> load_cities()["name"].head(3).tolist()
    ['Baghdad', 'Aleppo', 'Mosul']
    """
    return _read_base_map(path)[1]


def _read_base_map(path):
    """Countries and cities of a base map."""
    path = path or BASE_MAP
    check_settled(path)
    try:
        with warnings.catch_warnings(record=True) as said:  # of a ring that is not closed
            warnings.simplefilter("always")
            features = gpd.read_file(path)[["name", "geometry"]].to_crs(tables.CRS)
        points = features[features.geom_type == "Point"]
        cities = points[in_region(points.geometry)].reset_index(drop=True)
        whole = features.geom_type.isin(["Polygon", "MultiPolygon"]) & features.is_valid & ~features.is_empty
        countries = features[whole].reset_index(drop=True)
        named = all(isinstance(name, str) and _is_plain(name) for name in features["name"])
        usable = len(countries) + len(cities) == len(features) and named and cities["name"].is_unique and not said
    except (DataSourceError, GEOSException, KeyError, ValueError, AttributeError):
        usable = False
    if not usable or countries.empty:
        wanted = (
            "GeoJSON of countries with a name and valid polygons, and of cities as points in the region; "
            "names of plain text, of cities each once"
        )
        raise tables.DataError([tables.Fault(str(path), 1, "", "not a base map", wanted)])
    return countries, cities


def _is_plain(name):
    return name != "" and name.isprintable() and blanks.clean(name) == name


def base_map_faults(path: Path) -> list[tables.Fault]:
    """The fault of a base map, if there is a file and it is none.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of Fault

    Examples
    --------
    >>> base_map_faults(Path("no_such_file.geojson"))
    []
    """
    try:
        if os.path.lexists(path):
            load_base_map(path)
        return []
    except tables.DataError as error:
        return error.faults
