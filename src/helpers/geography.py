"""Where: launch areas, distances and bearings.

Positions are WGS 84 points with an honest radius, ``precision_km``; distances are geodesic.
"""

import re
import unicodedata

import numpy as np
import pandas as pd
from pyproj import Geod

from . import tables

GEOD = Geod(ellps="WGS84")
REGION = (34.0, 28.0, 50.0, 39.0)  # west, south, east, north: what the base map covers, degrees
ARTICLE = re.compile(r"^(?:al|el|ad|ar|as|asch|ash|at|az)[- ]")  # the Arabic article, which sources use or drop
# Words before a name that make it a landmark and not the area itself: "west of the Green Zone", "5 km from Taji".
LANDMARK = re.compile(
    r"(?:(?:north|south|east|west)[\w-]* of|(?:km|kilomet\w+|miles?) from) (?:the )?(?:a[ldrstz]|el|asc?h)?-?$"
)
STATUS = {
    "measured": "the launch area and the site have a position",
    "no position of the place": "the launch area is a known place without coordinates",
    "no position of the site": "the site has no coordinates, or lies outside the region",
    "not matched": "no place or site has the name",
    "not told": "no source names a launch area",
}
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
    return pd.DataFrame([_launch(row, names, areas) for row in about.itertuples()], index=incidents.index)


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


def doubts(raw):
    """What the tables say of places that no map can use: what to look at, not what is forbidden.

    Parameters
    ----------
    raw : dict of DataFrame
        As :func:`helpers.tables.check_raw` returns them, without faults.

    Returns
    -------
    list of Fault
        Sites without coordinates, points outside the region (swapped, perhaps), launch areas that match no place.
    """
    located = {name: tables.with_points(raw[name]) for name in ("sites", "places")}
    names, reports = gazetteer(located["places"], located["sites"]), raw["reports"]
    told = reports["launch_area"].dropna()
    unknown = told[[not match_area(text, names) for text in told]]
    wanted = "the name or an alias of a row in places.csv or sites.csv"
    return [
        *(tables.Fault("sites", line, "latitude", "", "coordinates; without them the site is on no map")
          for line in raw["sites"].index[raw["sites"]["latitude"].isna()]),
        *(fault for name, table in located.items() for fault in _outside(name, table)),
        *(tables.Fault("reports", line, "launch_area", repr(text), wanted) for line, text in unknown.items()),
    ]  # fmt: skip


def _outside(name, table):
    west, south, east, north = REGION
    wanted = f"a point from {south:g} to {north:g} N and {west:g} to {east:g} E, which the maps show"
    for row in table[table.geometry.notna() & ~in_region(table.geometry)].itertuples():
        turned = west <= row.latitude <= east and south <= row.longitude <= north
        hint = "; are latitude and longitude swapped?" if turned else ""
        yield tables.Fault(name, row.Index, "latitude", f"{row.latitude:g}, {row.longitude:g}", wanted + hint)
