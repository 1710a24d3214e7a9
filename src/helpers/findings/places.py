"""Where attacks fell, and from where they came."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from .. import geography, tables
from .basics import ALPHA, about, number_text, p_text


@dataclass(frozen=True)
class Where:
    """Where attacks fell, and from where they came. See :func:`where`.

    Attributes
    ----------
    sites : GeoDataFrame
        One row per position and target, most struck first: ``place`` (its name), ``complex``, ``target``,
        ``incidents``, ``precision_km``, ``geometry``.
    launches : GeoDataFrame
        One row per incident whose launch area could be measured: what :func:`geography.launch_distances` says of it,
        with ``incident_id``, ``target``, ``place`` and ``area`` (names), ``area_point``, ``area_precision_km`` and
        ``geometry``, the site.
    launch_status : Series of int
        Incidents by what could be said of their launch area.
    unmatched : Series of str
        Launch areas that match no place, by ``incident_id``.
    n_incidents, n_unmapped : int
        Incidents; those without a position in the region.
    about : str
        n, period and data version, and how many are left off.
    """

    sites: pd.DataFrame
    launches: pd.DataFrame
    launch_status: pd.Series
    unmatched: pd.Series
    n_incidents: int
    n_unmapped: int
    about: str

    @property
    def text(self):
        """Where attacks fell, as sentences."""
        if self.sites.empty:
            return f"None of the {self.n_incidents} incidents has a position in the region: nothing can be mapped."
        first, counts = self.sites.iloc[0], self.sites["incidents"]
        half = int((counts.cumsum() < counts.sum() / 2).sum()) + 1
        left_off = (
            f"{self.n_unmapped} of {self.n_incidents} incidents have no position in the region and are on no map."
            if self.n_unmapped
            else "Every incident has a position in the region."
        )
        return (
            f"{counts.sum()} attacks fell on {len(counts)} sites, {counts.iloc[:half].sum()} of them on {half}; first "
            f"is {first['place']} with {first['incidents']}. {left_off}"
        )

    @property
    def launch_text(self):
        """From where attacks came, as sentences."""
        told = self.n_incidents - int(self.launch_status.get("not told", 0))
        words = f"Sources name a launch area for {told} of {self.n_incidents} incidents"
        if self.launches.empty:
            return f"{words}; none of these could be measured."
        distance = self.launches["distance_km"]
        return (
            f"{words}, and {len(distance)} of these are places with known positions. Fire came from "
            f"{number_text(distance.min())} to {number_text(distance.max())} km away, in the middle case "
            f"{number_text(distance.median())} km, each known to within "
            f"{number_text(self.launches['uncertainty_km'].min())} km at best. "
            f"{self._within_text()}"
        )

    def _within_text(self):
        """How many distances fit the published ranges of rockets, as sentences."""
        low, high = self.launches["distance_low"], self.launches["distance_high"]
        ranges = geography.ROCKET_RANGES["range_km"]
        told = []
        for rocket, km in ranges.items():
            within, beyond = int((high <= km).sum()), int((low > km).sum())
            open_ = len(low) - within - beyond
            told.append(f"{km:g} km ({rocket}), {within} surely within, {beyond} surely beyond and {open_} open")
        return f"Given both positions' precision, against a range of {'; of '.join(told)}."


def where(data, places=None, sites=None):
    """Where attacks fell, and from where they came.

    Parameters
    ----------
    data : GeoDataFrame
        Incidents; without ``site_id`` those of one position are one site.
    places, sites : GeoDataFrame, optional
        As for :func:`geography.launch_distances`.

    Returns
    -------
    Where
    """
    places = tables.load_places() if places is None else places
    sites = tables.load_sites() if sites is None else sites
    data = data.reset_index(drop=True)
    struck = _with_places(data, sites)
    mapped = struck[geography.in_region(struck.geometry)]
    measured = geography.launch_distances(data, places, sites)
    status = measured["status"].value_counts()
    unmatched = measured.loc[measured["status"] == "not matched", "launch_area"]
    left_off = len(struck) - len(mapped)
    return Where(
        sites=_by_site(mapped),
        launches=_launches(struck, measured, places, sites),
        launch_status=status,
        unmatched=unmatched.set_axis(struck.loc[unmatched.index, "incident_id"]),
        n_incidents=len(data),
        n_unmapped=left_off,
        about=about(data) + left_off_text(left_off),
    )


def left_off_text(n):
    """How many incidents a map leaves off, as the end of its source line; nothing where it shows all.

    >>> left_off_text(2), left_off_text(0)
    (' Left off for want of a position in the region: 2.', '')
    """
    return f" Left off for want of a position in the region: {n}." if n else ""


def _with_places(data, sites):
    """Incidents with a name for their place, its precision and a target, whatever columns they came with."""
    here = pd.Series(
        [f"{north:.3f}, {east:.3f}" for north, east in zip(data.geometry.y, data.geometry.x, strict=True)], data.index
    )
    known = data["site_id"] if "site_id" in data else pd.Series(None, index=data.index, dtype="str")
    return data.assign(
        place=data["site_name"].astype("object").fillna(here) if "site_name" in data else here,
        complex=data["complex"].astype("object").fillna(here) if "complex" in data else here,
        target=data["target"].astype("object").fillna("unknown") if "target" in data else "unknown",
        precision_km=known.map(sites.set_index("site_id")["precision_km"]).astype(float),
    )


def _by_site(mapped):
    columns = ["place", "complex", "target"]
    found = mapped.groupby(columns, sort=True).agg(
        incidents=("incident_id", "size"), precision_km=("precision_km", "first"), geometry=("geometry", "first")
    )
    found = gpd.GeoDataFrame(found.reset_index(), geometry="geometry", crs=tables.CRS)
    return found.sort_values(["incidents", "place"], ascending=[False, True], ignore_index=True)


def _launches(struck, measured, places, sites):
    """The incidents whose launch area was measured, with both ends."""
    areas = geography.gazetteer(places, sites).drop_duplicates("area_id").set_index("area_id")
    names = pd.concat([places.set_index("place_id")["name"], sites.set_index("site_id")["name"]])
    names = names[~names.index.duplicated()]
    found = measured[measured["status"] == "measured"]
    ends = struck.loc[found.index, ["incident_id", "place", "target", "geometry"]]
    about_areas = found["area_id"].map(names).str.replace(r" \(.*", "", regex=True)
    return ends.join(found).assign(
        area=about_areas,
        area_point=gpd.GeoSeries(found["area_id"].map(areas["geometry"]), index=found.index, crs=tables.CRS),
        area_precision_km=found["area_id"].map(areas["precision_km"]),
    )


def ranges_text():
    """How far rockets fly, and who says so, as a sentence."""
    rows = geography.ROCKET_RANGES.iterrows()
    return f"Published ranges: {'; '.join(f'{name} rockets {row.range_km:g} km ({row.source})' for name, row in rows)}."


def near_repeat_text(found):
    """Are attacks near in space also near in time, as sentences.

    Parameters
    ----------
    found : near_repeat.NearRepeat or None

    Returns
    -------
    str
    """
    if found is None:
        return "Without positions nothing can be said of attacks near in space."
    evidence = "evidence" if found.p_value <= ALPHA else "no evidence"
    distance, days = found.table.index[-1]
    n_places = f"{found.n_events} attacks share {found.n_places} coordinates"
    return (
        f"There is {evidence} that attacks near in space are near in time: {found.observed} pairs lie within "
        f"{distance.split(' to ')[-1]} and {days.split(' to ')[-1]} of each other, against "
        f"{number_text(found.expected)} expected with dates permuted within each year "
        f"({p_text(found.p_value)}, {found.n_permutations:,} permutations). {_apart_text(found)}"
        f"As {n_places}, near in space means the same site or its neighbour: the test asks whether a site struck once "
        "is struck again soon, and cannot speak of attacks that spread over ground."
    )


def _apart_text(found):
    """The same without pairs of one day, as a sentence; nothing where one day is no band of its own."""
    if found.excluding_same_day is None:
        return ""
    return (
        f"Without pairs of one day, which are coded as one attack where the site is one, it is "
        f"{found.excluding_same_day['observed']:.0f} against {number_text(found.excluding_same_day['expected'])} "
        f"({p_text(found.excluding_same_day['p_value'])}). "
    )


def window_sites(found, data, sites=None):
    """Attacks by site inside the headline window and in the rest of each anniversary's year.

    Parameters
    ----------
    found : Anniversary
    data : GeoDataFrame
        The incidents it was found in.
    sites : GeoDataFrame, optional
        For the precision of positions; the repository's by default.

    Returns
    -------
    GeoDataFrame
        ``anniversary``, ``inside`` (bool), and the columns of ``Where.sites``.
    """
    struck = _with_places(data, tables.load_sites() if sites is None else sites)
    struck = struck[geography.in_region(struck.geometry)].merge(
        found.offsets[["incident_id", "anniversary", "days"]], on="incident_id"
    )
    parts = [
        _by_site(rows).assign(anniversary=year, inside=inside)
        for (year, inside), rows in struck.groupby(["anniversary", struck["days"].abs() <= found.window])
    ]
    return pd.concat(parts, ignore_index=True) if parts else _by_site(struck).assign(anniversary=0, inside=False)
