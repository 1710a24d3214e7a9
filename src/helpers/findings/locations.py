"""Where did attacks fall, and from where did they come?"""

import geopandas as gpd
import pandas as pd

from .. import geography, near_repeat, tables
from .basics import ALPHA, finding, is_coded, require_columns, source_line


@finding
def locations(
    incidents: gpd.GeoDataFrame, places: gpd.GeoDataFrame | None = None, sites: gpd.GeoDataFrame | None = None
) -> dict:
    """Where attacks fell, and from where they came.

    Parameters
    ----------
    incidents : GeoDataFrame
        With ``incident_id``, ``date`` and points as for :func:`helpers.geography.as_points`. Without ``site_id`` those
        of one position are one site.
    places, sites : GeoDataFrame, optional
        As for :func:`helpers.geography.launch_distances`.

    Returns
    -------
    dict
        ``sites``, one row per position and target, most struck first. ``launches``, one row per incident whose launch
        area could be measured: :func:`helpers.geography.launch_distances` with the names and points of both ends.
        ``launch_status``, incidents by what could be said of their launch area; ``unmatched``, areas that match no
        place; ``n_reported``, incidents with a launch area; ``half``, how many sites hold half of the attacks, and
        ``in_half``, how many attacks; ``ranges``, how many launches lie within each rocket's range.

    Examples
    --------
    >>> point = gpd.points_from_xy([44.4, 44.4], [33.3, 33.3])
    >>> days = pd.to_datetime(["2022-01-03", "2022-01-05"])
    >>> rows = gpd.GeoDataFrame({"incident_id": ["a", "b"], "date": days}, geometry=point, crs="EPSG:4326")
    >>> locations(rows)["sites"][["place", "incidents"]].values.tolist()
    [['33.300, 44.400', 2]]
    """
    places = tables.load_places() if places is None else places
    sites = tables.load_sites() if sites is None else sites
    require_columns(incidents, ["incident_id", "date"], "a list of places and launch areas")
    incidents = incidents.reset_index(drop=True)
    struck = _with_places(incidents, sites)
    mapped = struck[geography.in_region(struck.geometry)]
    measured = geography.launch_distances(incidents, places, sites)
    launches = _launches(struck, measured, places, sites)
    by_site, n_unmapped = _by_site(mapped), len(struck) - len(mapped)
    half = int((by_site["incidents"].cumsum() < by_site["incidents"].sum() / 2).sum()) + 1
    unmatched = measured.loc[measured["status"] == "not matched", "launch_area"]
    return {
        "page": "locations",
        "sites": by_site,
        "launches": launches,
        "launch_status": measured["status"].value_counts(),
        "unmatched": unmatched.set_axis(struck.loc[unmatched.index, "incident_id"]),
        "n_incidents": len(incidents),
        "n_reported": int((measured["status"] != "not reported").sum()),
        "region": geography.REGION_WORDS,
        "n_mapped": len(mapped),
        "n_unmapped": n_unmapped,
        "half": half,
        "in_half": int(by_site["incidents"].iloc[:half].sum()),
        "distances": launches["distance_km"].agg(["min", "median", "max"]),
        "uncertainty_km": launches["uncertainty_km"].min(),
        "ranges": _within_ranges(launches),
        "source_line": source_line(incidents) + _left_off(n_unmapped),
    }


def _left_off(n):
    """How many incidents a map leaves off, as the end of its source line; nothing where it shows all."""
    return f" Left off for want of a position in the region: {n}." if n else ""


def _with_places(incidents, sites):
    """Incidents with a name for their place, its precision and a target, whatever columns they came with."""
    incidents = geography.as_points(incidents)
    points = incidents.geometry
    here = pd.Series([f"{north:.3f}, {east:.3f}" for north, east in zip(points.y, points.x, strict=True)], points.index)
    told = incidents.reindex(columns=["site_id", "site_name", "complex", "target"]).astype("object")
    return incidents.assign(
        place=told["site_name"].fillna(here),
        complex=told["complex"].fillna(here),
        target=told["target"].fillna("unknown"),
        precision_km=told["site_id"].map(sites.set_index("site_id")["precision_km"]).astype(float),
    )


def _by_site(mapped):
    rows = mapped.groupby(["place", "complex", "target"]).agg(
        incidents=("date", "size"), precision_km=("precision_km", "first"), geometry=("geometry", "first")
    )
    rows = gpd.GeoDataFrame(rows.reset_index(), geometry="geometry", crs=tables.CRS)
    return rows.sort_values(["incidents", "place"], ascending=[False, True], ignore_index=True)


def _launches(struck, measured, places, sites):
    """The incidents whose launch area was measured, with both ends."""
    areas = pd.DataFrame(pd.concat([places.set_index("place_id"), sites.set_index("site_id")]))
    areas = areas.loc[~areas.index.duplicated(), ["name", "geometry", "precision_km"]]
    areas = areas.set_axis(["area", "area_point", "area_precision_km"], axis=1)
    known = measured[measured["status"] == "measured"]
    ends = struck.loc[known.index, ["incident_id", "place", "target", "geometry"]].join(known)
    launches = ends.join(areas, on="area_id").reset_index(drop=True)
    return launches.assign(area=launches["area"].str.replace(r" \(.*", "", regex=True))


def _within_ranges(launches):
    """How many distances fit the published range of each rocket, given both positions' precision."""
    ranges = geography.ROCKET_RANGES.rename(columns={"range_km": "km"}).reset_index()
    within = ranges["km"].map(lambda km: (launches["distance_high"] <= km).sum())
    beyond = ranges["km"].map(lambda km: (launches["distance_low"] > km).sum())
    ranges = ranges.assign(within=within, beyond=beyond, indeterminate=len(launches) - within - beyond)
    return ranges.to_dict("records")


@finding
def window_sites(
    anniversary: dict, incidents: gpd.GeoDataFrame, sites: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """Attacks by site inside the headline window and in the rest of each anniversary's year.

    Parameters
    ----------
    anniversary : dict
    incidents : GeoDataFrame
    sites : GeoDataFrame, optional
        For the precision of positions; the repository's by default.

    Returns
    -------
    GeoDataFrame
        ``anniversary``, ``inside`` (bool), and the columns of the sites of :func:`locations`.

    Examples
    --------
    >>> from helpers import findings
    >>> days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-10-01"])
    >>> points = gpd.points_from_xy([44.4] * 3, [33.3] * 3)
    >>> rows = gpd.GeoDataFrame({"incident_id": list("abc"), "date": days}, geometry=points, crs="EPSG:4326")
    >>> found = findings.anniversary(rows)
    >>> window_sites(found, rows)[["anniversary", "inside", "incidents"]].values.tolist()
    [[2021, True, 1]]
    """
    struck = _with_places(incidents, tables.load_sites() if sites is None else sites)
    require_columns(incidents, ["incident_id"], "mapping attacks by year")
    offsets = anniversary["offsets"][["incident_id", "anniversary", "days"]]
    struck = struck[geography.in_region(struck.geometry)].merge(offsets, on="incident_id")
    parts = [
        _by_site(rows).assign(anniversary=year, inside=inside)
        for (year, inside), rows in struck.groupby(["anniversary", struck["days"].abs() <= anniversary["window"]])
    ]
    if not parts:
        raise ValueError("no attack can be mapped by year")
    return pd.concat(parts, ignore_index=True)


@finding
def space_time(incidents: gpd.GeoDataFrame) -> dict:
    """Are attacks near in space also near in time?

    Parameters
    ----------
    incidents : GeoDataFrame

    Returns
    -------
    dict
        ``test`` by :func:`helpers.near_repeat.near_repeat`; ``near``, whether its p-value is at most 5%; ``distance``
        and ``days``, its largest bands in words; ``coded``, whether the incidents are hand-coded.

    Examples
    --------
    >>> points = gpd.points_from_xy([44.4] * 3, [33.3] * 3)
    >>> days = pd.to_datetime(["2022-01-03", "2022-01-05", "2022-08-01"])
    >>> space_time(gpd.GeoDataFrame({"date": days}, geometry=points, crs="EPSG:4326"))["days"]
    '14 days'
    """
    test = near_repeat.near_repeat(incidents)
    distance, days = (words.split(" to ")[-1] for words in test.table.index[-1])
    return {
        "page": "locations",
        "test": test,
        "near": test.p_value <= ALPHA,
        "distance": distance,
        "days": days,
        "coded": is_coded(incidents),
        "source_line": source_line(incidents),
    }
